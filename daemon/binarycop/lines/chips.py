"""The GPIO chips of this machine, and which line a name means."""

import errno
import fcntl
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from gpiozero.exc import BadPinFactory, PinError, PinInvalidPin, PinMultiplePins

from binarycop.lines.chardev import Chip, ChipInfo, Ioctl, LineInfo

DEV = Path("/dev")


class LineNotPermitted(PinError, PermissionError):  # type: ignore[misc]
    """This process may not open a chip; ``chip`` is its device."""

    def __init__(self, chip: Path) -> None:
        self.chip = chip
        super().__init__(f"no permission for {chip}: this user must be in the group gpio (see udev rules)")


@dataclass(frozen=True)
class LineAddress:
    """Where a line is: its chip's name and its offset there, and every name that means it."""

    chip: str
    offset: int
    names: frozenset[str]

    def __str__(self) -> str:
        return f"{self.chip}:{self.offset}"


@dataclass(frozen=True)
class ChipLines:
    """A chip with all its lines."""

    info: ChipInfo
    lines: tuple[LineInfo, ...]

    def names(self, line: LineInfo) -> frozenset[str]:
        """What a line of this chip may be called."""
        chips = {self.info.name, f"/dev/{self.info.name}", self.info.label} - {""}
        return frozenset({f"{chip}:{line.offset}" for chip in chips} | ({line.name} - {""}))


@dataclass(frozen=True)
class Chips:
    """What was found in /dev: chips with their lines, and devices that may not be opened."""

    known: tuple[ChipLines, ...]
    forbidden: tuple[Path, ...]

    def find(self, name: str) -> LineAddress:
        """The one line called ``name``: a line's name, ``chip:offset`` or ``label:offset``.

        Raises PinInvalidPin where there is none (similar names are listed), PinMultiplePins where there are more,
        LineNotPermitted where it may be on a chip that this user may not open.
        """
        found = [(chip, line) for chip in self.known for line in chip.lines if name in chip.names(line)]
        if len(found) > 1:
            places = [f"{chip.info.name}:{line.offset} ({chip.info.label})" for chip, line in found]
            raise PinMultiplePins(f"{name!r} is ambiguous: {' and '.join(places)}; say which as chip:offset")
        if found:
            [(chip, line)] = found
            return LineAddress(chip.info.name, line.offset, chip.names(line))
        if self.forbidden:
            raise LineNotPermitted(self.forbidden[0])
        raise PinInvalidPin(f"there is no line {name!r}{self._say_near(name)}")

    def _say_near(self, name: str) -> str:
        if not self.known:
            return ": this machine has no GPIO chip"
        names = {line.name for chip in self.known for line in chip.lines if line.name}
        near = get_close_matches(name, sorted(names), n=4, cutoff=0.5)
        if near:
            return f"; similar names: {', '.join(near)}"
        ranges = ", ".join(f"{chip.info.name}:0 to {chip.info.lines - 1} ({chip.info.label})" for chip in self.known)
        return f"; there are {ranges}"


def devices(dev: Path = DEV) -> list[Path]:
    """The chips' device files, in the order of their names."""
    return sorted(dev.glob("gpiochip*"))


def read_chips(dev: Path = DEV, ioctl: Ioctl = fcntl.ioctl) -> Chips:
    """Look at every chip; takes a few microseconds per line. Raises BadPinFactory where the kernel is too old."""
    known: dict[str, ChipLines] = {}
    forbidden = []
    for path in devices(dev):
        try:
            with Chip(path, ioctl) as chip:
                info = chip.info()
                # Some systems link /dev/gpiochip4 to gpiochip0; the kernel's own name tells.
                known[info.name] = ChipLines(info, tuple(chip.line(offset) for offset in range(info.lines)))
        except PermissionError:
            forbidden.append(path)
        except OSError as error:
            if error.errno == errno.EINVAL:
                raise BadPinFactory("this kernel lacks the GPIO ABI v2: Linux 5.10 or newer is needed") from error
            if error.errno not in (errno.ENODEV, errno.ENXIO, errno.ENOENT):  # gone meanwhile
                raise
    return Chips(tuple(known.values()), tuple(forbidden))
