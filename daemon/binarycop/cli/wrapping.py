"""Text in lines of a terminal: broken between words, but not between a number and its unit."""

import re
import textwrap

_GLUE = "\u2007"
"""A space at which no line is broken; no printed text contains one (``printable``)."""

_BEFORE_UNIT = re.compile(r"(?<=[0-9]) (?=(?:px|ms|s|min|h|d|Hz|kHz|MHz|KiB|MiB|GiB|MB|GB|°C|lx|%)(?!\w))")


def wrap(text: str, columns: int, *, begin: str = "", indent: str = "", cuts_words: bool = True) -> list[str]:
    """The text in lines of at most so many columns; none of an empty text.

    begin, indent: what the first line and all others begin with. cuts_words: a word that is longer than a line is cut.
    """
    lines = textwrap.wrap(
        kept_together(text, _BEFORE_UNIT),
        columns,
        initial_indent=begin,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=cuts_words,
    )
    return [line.replace(_GLUE, " ") for line in lines]


def kept_together(text: str, spaces: "re.Pattern[str] | str" = " ") -> str:
    """The text with these spaces, or all of them, replaced so that ``wrap`` breaks no line there."""
    return re.sub(spaces, _GLUE, text)
