"""What a file is instead, by its first bytes."""

import time

import pytest

from binarycop.file_kind import lost_kind


@pytest.mark.parametrize("comment", [b"<!---->", b"<!-- a - b -- c -->\n", b"<!--->-->"])
def test_a_web_page_begins_behind_any_comments(comment: bytes) -> None:
    assert "a web page" in lost_kind(b"\n" + 3 * comment + b"<!DOCTYPE html>")
    assert not lost_kind(3 * comment + b"<EDKSYSTEM>")


def test_a_file_of_nothing_but_comments_takes_no_longer_than_others() -> None:
    began_s = time.process_time()
    assert not lost_kind(b"<!---->" * 500)
    assert not lost_kind(b"<!--" * 1000)
    assert time.process_time() - began_s < 1
