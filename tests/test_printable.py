"""Text from outside cannot move a terminal's cursor, hide itself, or begin a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gate: fire input active", "gate: fire input active"),
        ("Tür Süd, ゲート", "Tür Süd, ゲート"),
        ("\x1b[2J\x1b[H", "\\x1b[2J\\x1b[H"),
        ("one\ntwo\r\x08three\tfour", "one\\ntwo\\r\\x08three\\tfour"),
        ("\x9b2J\x7f\x00", "\\x9b2J\\x7f\\x00"),
        ("\u202epermit\u2066\u200b", "\\u202epermit\\u2066\\u200b"),
        ("\u2028line\u2029\x85", "\\u2028line\\u2029\\x85"),
        ("caf\udce9.jpg", "caf\\udce9.jpg"),
    ],
)
def test_what_is_not_printable_becomes_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_every_text_becomes_one_printable_line(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert printable(shown) == shown
