"""A line's level in the words of an operator: an output is on or off, an input active or inactive."""


def level_words(*, is_active: bool, is_input: bool) -> str:
    """The level, whichever voltage that is (``active_high``)."""
    if is_input:
        return "active" if is_active else "inactive"
    return "on" if is_active else "off"
