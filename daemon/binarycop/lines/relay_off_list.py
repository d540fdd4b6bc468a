"""The list of GPIO levels that ``gate-release`` drives once the daemon is gone: one LINE=LEVEL per text line.

Root writes it before each start of the daemon (``binarycop relay-off-list``), since root also reads it. The daemon only
checks that it is the list of its own settings.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from binarycop import atomic
from binarycop.errors import LineError
from binarycop.settings.lines import LineSettings
from binarycop.settings.schema import LaneSettings

MAX_BYTES = 4096
"""The longest list that gate-release takes."""
MAX_ENTRY_BYTES = 127
"""The longest entry that gate-release takes."""

_FACTORY = "gpiochip"
_WHO = "binarycop-relay-off-list.service writes it before each start"


def content(lanes: Sequence[LaneSettings], factory: str) -> str:
    """The list: relays and lamps at their physical inactive levels, relays first.

    Empty for a pin factory other than ``gpiochip``, as its pins are not lines that ``gate-release`` can drive. Raises
    LineError for a pin that a list cannot have.
    """
    if factory != _FACTORY:
        return ""
    relays = [lane.lines.permission for lane in lanes]
    lamps = [lamp for lane in lanes for lamp in lane.lines.lamps.values()]
    return "".join(_entry(output) for output in (*relays, *lamps))


def write(file: Path, lanes: Sequence[LaneSettings], factory: str) -> None:
    """Write the list in one step; if that fails, the old list stays. Raises LineError.

    The folder must belong to this user, and nobody else may have the right to write it: gate-release trusts the list.
    """
    data = content(lanes, factory).encode()
    if len(data) > MAX_BYTES:
        raise LineError(str(file), f"the list would have {len(data)} bytes; gate-release takes {MAX_BYTES} at most")
    try:
        folder = file.parent.stat()
        if folder.st_uid != os.geteuid() or folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise LineError(str(file), "other users can write its folder; give it to root, with mode 0755")
        # World-readable: root in the overlay's unit lacks CAP_DAC_OVERRIDE, and the daemon checks the list.
        atomic.write_file(file, data, mode=0o644)
    except OSError as error:
        if isinstance(error, LineError):
            raise
        raise LineError(str(file), f"the list for gate-release cannot be written: {error.strerror}") from error


def check(file: Path, lanes: Sequence[LaneSettings], factory: str) -> None:
    """Check that ``gate-release`` has the list of these settings. Raises LineError if not.

    Without it the daemon must not drive a relay: after the daemon's death nothing would switch that relay off.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise LineError(str(file), f"the list for gate-release cannot be read: {error.strerror}; {_WHO}") from error
    if data != content(lanes, factory).encode():
        raise LineError(str(file), f"the list for gate-release is not that of these settings; {_WHO}")


def _entry(output: LineSettings) -> str:
    entry = f"{output.pin.removeprefix('/dev/')}={0 if output.active_high else 1}"
    if len(entry.encode()) > MAX_ENTRY_BYTES or "\n" in entry or "\0" in entry:
        raise LineError(repr(output.pin), f"a pin is one line of at most {MAX_ENTRY_BYTES - 2} bytes")
    return f"{entry}\n"
