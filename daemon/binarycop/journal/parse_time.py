"""Times as people write them after --since and --until."""

import re
from datetime import datetime, timedelta

_FORMATS = "write '2026-05-04 18:30', '2026-05-04', '18:30', today, yesterday, or a time ago: 90s, 10min, 2h, 3d"

_UNITS_S = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_AGO = re.compile(r"(\d+)\s*(s|min|h|d)(\s+ago)?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def parse_time(text: str, now: datetime) -> datetime:
    """The time that ``text`` means at ``now``, in this machine's time zone unless ``text`` has its own.

    It has the UTC offset of its own day: a time in January has winter time, also in July. Raises ValueError; its
    message lists the formats.
    """
    # Without a time zone, so that ``astimezone`` gives each day its own offset.
    today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    try:
        if text == "today":
            return today.astimezone()
        if text == "yesterday":
            return (today - timedelta(days=1)).astimezone()
        if ago := _AGO.fullmatch(text):
            return now - timedelta(seconds=int(ago[1]) * _UNITS_S[ago[2]])
        if clock := _CLOCK.fullmatch(text):
            time = today.replace(hour=int(clock[1]), minute=int(clock[2]), second=int(clock[3] or 0))
        else:
            time = datetime.fromisoformat(text)
        return time if time.tzinfo else time.astimezone()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a time; {_FORMATS}") from error
