"""The list of GPIO levels that ``gate-release`` drives once the daemon is gone: one LINE=LEVEL per text line."""

from collections.abc import Sequence
from pathlib import Path

from binarycop import atomic
from binarycop.errors import LineError
from binarycop.settings.lines import LineSettings
from binarycop.settings.schema import LaneSettings

_FACTORY = "gpiochip"
_FILE_NAME = "release"


def content(lanes: Sequence[LaneSettings], factory: str) -> str:
    """The list: relays and lamps at their physical inactive levels, relays first.

    Empty for a pin factory other than ``gpiochip``, as its pins are not lines that ``gate-release`` can drive.
    """
    if factory != _FACTORY:
        return ""
    relays = [lane.lines.permission for lane in lanes]
    lamps = [lamp for lane in lanes for lamp in lane.lines.lamps.values()]
    return "".join(_entry(output) for output in (*relays, *lamps))


def write(folder: Path, lanes: Sequence[LaneSettings], factory: str) -> None:
    """Write the file into ``folder`` in one step. Raises LineError."""
    file = folder / _FILE_NAME
    try:
        # World-readable: root in the overlay's unit lacks CAP_DAC_OVERRIDE.
        atomic.write_file(file, content(lanes, factory).encode(), mode=0o644)
    except OSError as error:
        raise LineError(str(file), f"the list for gate-release cannot be written: {error.strerror}") from error


def _entry(output: LineSettings) -> str:
    return f"{output.pin.removeprefix('/dev/')}={0 if output.active_high else 1}\n"
