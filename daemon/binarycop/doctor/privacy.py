"""Takes out of a text what could name a person, a place or one machine. Pure: the machine's own names are handed in."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

LEFT_OUT = "(left out)"

_MAC = re.compile(r"\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\b")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_LONG_ADDRESS = re.compile(r"(?<![0-9A-Za-z:])(?:[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f:]*[0-9A-Fa-f]\b")
_SHORT_ADDRESS = re.compile(r"(?<![0-9A-Za-z:])(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}\b")  # with ::
_ID = re.compile(r"\b[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}\b")
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b")
_BY_ID = re.compile(r"(/dev/v4l/by-id/)[^\s,;'\"]+")
_AT_HOME = r"/(?:home|media|mnt|root|run/media|Users)/"
_HOME = re.compile(rf"({_AT_HOME})(?!\(left out\))[^\s,;'\"]+|/root\b(?!/)")
_QUOTED = re.compile(rf"(['\"])({_AT_HOME})[^'\"]+\1")  # such a path may have spaces
_WHOLE = re.compile(rf"({_AT_HOME}).+", re.DOTALL)
# A drop-in's name may be that of a site, with spaces.
_DROP_IN = re.compile(r"(?<![\w.-])([\w.-]+\.d/)(?:[^,;:'\"/]*?\.(?:yaml|conf)\b|[^\s,;:'\"]+)")
_DROP_INS = re.compile(r"(with the drop-ins ).+")
_LEAST_NAME = 3


@dataclass(frozen=True)
class Names:
    """What is this machine's own: host name, users, serial numbers, the gates' names. Short ones cannot be searched.

    paths: of the settings. In a text, the end of a path with spaces could not be seen otherwise.
    """

    own: frozenset[str] = frozenset()
    gates: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


def without_names(text: str, names: Names) -> str:
    """The text without addresses, serial numbers, home folders, and these names; gates are numbered."""
    for path in _longest_first(names.paths):
        text = text.replace(path, _WHOLE.sub(rf"\1{LEFT_OUT}", path))
    text = _QUOTED.sub(rf"\1\2{LEFT_OUT}\1", text)
    for pattern in (_MAC, _ID, _LONG_ADDRESS, _SHORT_ADDRESS, _ADDRESS, _MAIL):
        text = pattern.sub(LEFT_OUT, text)
    for pattern in (_BY_ID, _DROP_IN, _DROP_INS):
        text = pattern.sub(rf"\1{LEFT_OUT}", text)
    text = _HOME.sub(lambda match: f"{match[1] or '/'}{LEFT_OUT}", text)
    text = _numbered(text, names.gates)
    for name in _longest_first(names.own):
        text = _word(re.escape(name)).sub(LEFT_OUT, text)
    return text


def tree_without_names(tree: Any, names: Names) -> Any:
    """Settings as dicts, lists, texts and numbers, without these names. As YAML, a name could be quoted or folded."""
    if isinstance(tree, dict):
        return {without_names(key, names): tree_without_names(value, names) for key, value in tree.items()}
    if isinstance(tree, list):
        return [tree_without_names(value, names) for value in tree]
    return without_names(tree, names) if isinstance(tree, str) else tree


def _numbered(text: str, gates: Sequence[str]) -> str:
    """All names at once: one may be the beginning of another, or look like one of our numbers."""
    numbers = {gate.lower(): f"gate-{number}" for number, gate in enumerate(gates, 1) if gate != "gate"}  # the default
    words = "|".join(map(re.escape, sorted(numbers, key=len, reverse=True)))
    return _word(words).sub(lambda match: numbers.get(match[0].lower(), LEFT_OUT), text) if words else text


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted((name for name in names if len(name) >= _LEAST_NAME), key=len, reverse=True)


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE)
