"""The words for a level."""

import pytest

from binarycop.lines.level import level_words


@pytest.mark.parametrize(
    ("is_input", "is_active", "words"),
    [(False, True, "on"), (False, False, "off"), (True, True, "active"), (True, False, "inactive")],
)
def test_an_output_is_on_or_off_and_an_input_active_or_inactive(is_input: bool, is_active: bool, words: str) -> None:
    assert level_words(is_active=is_active, is_input=is_input) == words
