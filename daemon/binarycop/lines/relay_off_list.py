"""What ``gate-release`` is told to do when the daemon is gone: a file with one LINE=LEVEL each."""

from collections.abc import Sequence
from pathlib import Path

from binarycop.errors import LineError
from binarycop.settings.lines import LineSettings
from binarycop.settings.schema import LaneSettings

_FACTORY = "gpiochip"
_NAME = "release"


def relay_off_list(lanes: Sequence[LaneSettings], factory: str) -> str:
    """Every output at its released level, the relays first; empty for a factory whose pins are no lines of a chip."""
    if factory != _FACTORY:
        return ""
    relays = [lane.lines.permission for lane in lanes]
    lamps = [lamp for lane in lanes for lamp in lane.lines.lamps.values()]
    return "".join(_line(one) for one in (*relays, *lamps))


def write(folder: Path, lanes: Sequence[LaneSettings], factory: str) -> None:
    """Put the file into ``folder``, whole or not at all. Raises LineError."""
    new = folder / f"{_NAME}.new"
    try:
        new.write_text(relay_off_list(lanes, factory))
        # For the overlay's unit, whose root has no right to what is closed to others.
        new.chmod(0o644)
        new.replace(folder / _NAME)
    except OSError as error:
        raise LineError(str(new), f"the list for gate-release cannot be written: {error.strerror}") from error


def _line(one: LineSettings) -> str:
    return f"{one.pin.removeprefix('/dev/')}={0 if one.active_high else 1}\n"
