"""Times as people write them."""

import time
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from binarycop.journal.parse_time import parse_time
from tests.tried import Kind, tried

NOW = datetime(2026, 5, 4, 16, 30, 15, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine is in Berlin: summer time from March 29 to October 25, 2026."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-03 17:00", "2026-05-03T17:00:00+02:00"),
        ("2026-05-03", "2026-05-03T00:00:00+02:00"),
        ("2026-05-03T17:00:00+00:00", "2026-05-03T17:00:00+00:00"),
        ("2026-01-03 17:00", "2026-01-03T17:00:00+01:00"),
        ("today", "2026-05-04T00:00:00+02:00"),
        ("yesterday", "2026-05-03T00:00:00+02:00"),
        ("7:05", "2026-05-04T07:05:00+02:00"),
        ("17:00:01", "2026-05-04T17:00:01+02:00"),
        ("90s", "2026-05-04T16:28:45+00:00"),
        ("10min ago", "2026-05-04T16:20:15+00:00"),
        ("2h", "2026-05-04T14:30:15+00:00"),
        ("3 d ago", "2026-05-01T16:30:15+00:00"),
    ],
)
def test_a_time_is_parsed(text: str, expected: str) -> None:
    assert parse_time(text, NOW).isoformat() == expected


@tried(Kind.JOURNAL, "--since across a change of the clocks", "the offset of its own day")
@pytest.mark.parametrize(
    ("text", "expected"), [("yesterday", "2026-10-24T00:00:00+02:00"), ("1:00", "2026-10-25T01:00:00+02:00")]
)
def test_on_the_day_on_which_the_clocks_change_each_time_has_its_own_offset(text: str, expected: str) -> None:
    evening = datetime(2026, 10, 25, 18, 0, tzinfo=timezone.utc)  # 19:00 of winter time
    assert parse_time(text, evening).isoformat() == expected


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-13-01", "-2h", "9999999999999d", "2m", "0001-01-01"])
def test_anything_else_is_refused_with_the_right_formats(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; write '2026-05-04 18:30'"):
        parse_time(text, NOW)
