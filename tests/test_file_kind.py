"""What a file is instead, by its first bytes."""

import time

import pytest

from binarycop.file_kind import HEAD_BYTES, TEXT, file_kind, lost_kind


@pytest.mark.parametrize("comment", [b"<!---->", b"<!-- a - b -- c -->\n", b"<!--->-->"])
def test_a_web_page_begins_behind_any_comments(comment: bytes) -> None:
    assert "a web page" in lost_kind(b"\n" + 3 * comment + b"<!DOCTYPE html>")
    assert not lost_kind(3 * comment + b"<EDKSYSTEM>")


def test_a_file_of_nothing_but_comments_takes_no_longer_than_others() -> None:
    began_s = time.process_time()
    assert not lost_kind(b"<!---->" * 500)
    assert not lost_kind(b"<!--" * 1000)
    assert time.process_time() - began_s < 1


@pytest.mark.parametrize("text", ["a gate", "\tnotes\r\n", "a" + "é" * HEAD_BYTES, "aa" + "€" * HEAD_BYTES])
def test_a_text_is_one_also_if_its_beginning_ends_within_a_character(text: str) -> None:
    assert file_kind(text.encode()) == TEXT


@pytest.mark.parametrize("data", [b"a\x00b", b"a\x1b[2K", b"\xff\xfea", b"a\xe9b"])
def test_control_characters_and_other_encodings_are_no_text(data: bytes) -> None:
    assert file_kind(data) == ""
