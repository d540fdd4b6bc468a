"""The GPIO chips of this machine, and the line that a name means."""

import errno
import fcntl
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from gpiozero.exc import BadPinFactory, PinError, PinInvalidPin, PinMultiplePins

from binarycop.lines.chardev import Chip, ChipInfo, Ioctl, LineInfo

DEV = Path("/dev")


class LineAccessDenied(PinError, PermissionError):  # type: ignore[misc]
    """This process may not open a GPIO chip. chip: the chip's device file."""

    def __init__(self, chip: Path) -> None:
        self.chip = chip
        super().__init__(f"access to {chip} is denied: this user must be in the group gpio (see udev rules)")


@dataclass(frozen=True)
class LineAddress:
    """A line by its chip's name and its offset there, and all names that mean it."""

    chip: str
    offset: int
    names: frozenset[str]

    def __str__(self) -> str:
        return f"{self.chip}:{self.offset}"


@dataclass(frozen=True)
class ChipLines:
    """A GPIO chip and all its lines."""

    info: ChipInfo
    lines: tuple[LineInfo, ...]

    def names(self, line: LineInfo) -> frozenset[str]:
        """All names by which a line of this chip can be found."""
        chips = {self.info.name, f"/dev/{self.info.name}", self.info.label} - {""}
        return frozenset({f"{chip}:{line.offset}" for chip in chips} | ({line.name} - {""}))


@dataclass(frozen=True)
class Chips:
    """The chips in /dev.

    opened: those that this process may open, with their lines. denied: the device files of the others.
    """

    opened: tuple[ChipLines, ...]
    denied: tuple[Path, ...]

    def find(self, name: str) -> LineAddress:
        """Find the one line that ``name`` means: a line's name, ``chip:offset`` or ``label:offset``.

        Raises PinInvalidPin if there is none (the message lists similar names), PinMultiplePins if there are several,
        LineAccessDenied if it may be on a chip that this process may not open.
        """
        matches = [(chip, line) for chip in self.opened for line in chip.lines if name in chip.names(line)]
        if len(matches) > 1:
            places = [f"{chip.info.name}:{line.offset} ({chip.info.label})" for chip, line in matches]
            raise PinMultiplePins(f"{name!r} is ambiguous: {' and '.join(places)}; write it as chip:offset")
        if matches:
            [(chip, line)] = matches
            return LineAddress(chip.info.name, line.offset, chip.names(line))
        if self.denied:
            raise LineAccessDenied(self.denied[0])
        raise PinInvalidPin(f"there is no line {name!r}{self._hint(name)}")

    def _hint(self, name: str) -> str:
        if not self.opened:
            return ": this machine has no GPIO chip"
        names = {line.name for chip in self.opened for line in chip.lines if line.name}
        similar = get_close_matches(name, sorted(names), n=4, cutoff=0.5)
        if similar:
            return f"; similar names: {', '.join(similar)}"
        ranges = ", ".join(f"{chip.info.name}:0 to {chip.info.lines - 1} ({chip.info.label})" for chip in self.opened)
        return f"; there are {ranges}"


def devices(dev: Path = DEV) -> list[Path]:
    """The device files of the chips, sorted by name."""
    return sorted(dev.glob("gpiochip*"))


def read_chips(dev: Path = DEV, ioctl: Ioctl = fcntl.ioctl) -> Chips:
    """Read every chip and its lines, in a few microseconds per line. Raises BadPinFactory if the kernel is too old."""
    opened: dict[str, ChipLines] = {}
    denied = []
    for path in devices(dev):
        try:
            with Chip(path, ioctl) as chip:
                info = chip.info()
                # Some systems link /dev/gpiochip4 to gpiochip0; the kernel's own name is unique.
                opened[info.name] = ChipLines(info, tuple(chip.line(offset) for offset in range(info.lines)))
        except PermissionError:
            denied.append(path)
        except OSError as error:
            if error.errno == errno.EINVAL:
                raise BadPinFactory("this kernel lacks the GPIO ABI v2: Linux 5.10 or newer is needed") from error
            if error.errno not in (errno.ENODEV, errno.ENXIO, errno.ENOENT):  # removed in the meantime
                raise
    return Chips(tuple(opened.values()), tuple(denied))
