"""Times as people write them."""

from datetime import datetime, timedelta, timezone

import pytest

from binarycop.journal.parse_time import parse_time

NOW = datetime(2026, 5, 4, 18, 30, 15, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-03 17:00", "2026-05-03T17:00:00+02:00"),
        ("2026-05-03", "2026-05-03T00:00:00+02:00"),
        ("2026-05-03T17:00:00+00:00", "2026-05-03T17:00:00+00:00"),
        ("today", "2026-05-04T00:00:00+02:00"),
        ("yesterday", "2026-05-03T00:00:00+02:00"),
        ("7:05", "2026-05-04T07:05:00+02:00"),
        ("17:00:01", "2026-05-04T17:00:01+02:00"),
        ("90s", "2026-05-04T18:28:45+02:00"),
        ("10min ago", "2026-05-04T18:20:15+02:00"),
        ("2h", "2026-05-04T16:30:15+02:00"),
        ("3 d ago", "2026-05-01T18:30:15+02:00"),
    ],
)
def test_a_time_is_parsed(text: str, expected: str) -> None:
    assert parse_time(text, NOW).isoformat() == expected


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-13-01", "-2h", "9999999999999d", "2m"])
def test_anything_else_is_refused_with_the_right_formats(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; write '2026-05-04 18:30'"):
        parse_time(text, NOW)
