"""Times as people write them after --since and --until."""

import re
from datetime import datetime, timedelta

_FORMATS = "write '2026-05-04 18:30', '2026-05-04', '18:30', today, yesterday, or a time ago: 90s, 10min, 2h, 3d"

_UNITS_S = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_AGO = re.compile(r"(\d+)\s*(s|min|h|d)(\s+ago)?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def parse_time(text: str, now: datetime) -> datetime:
    """The time that ``text`` means at ``now``, in the time zone of ``now`` unless ``text`` has its own.

    Raises ValueError; its message lists the formats.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        if text == "today":
            return today
        if text == "yesterday":
            return today - timedelta(days=1)
        if ago := _AGO.fullmatch(text):
            return now - timedelta(seconds=int(ago[1]) * _UNITS_S[ago[2]])
        if clock := _CLOCK.fullmatch(text):
            return today.replace(hour=int(clock[1]), minute=int(clock[2]), second=int(clock[3] or 0))
        time = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a time; {_FORMATS}") from error
    return time if time.tzinfo else time.replace(tzinfo=now.tzinfo)
