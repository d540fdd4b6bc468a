"""Simulated GPIO chips: made through configfs, read and driven through sysfs, never through the daemon's code."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

CONFIGFS = Path("/sys/kernel/config/gpio-sim")
PLATFORM = Path("/sys/devices/platform")


@dataclass(frozen=True)
class SimLine:
    """One line seen from outside, as a relay or a lane's contact sees it."""

    place: Path

    def level(self) -> bool:
        """The line's level now."""
        return (self.place / "value").read_bytes().strip() == b"1"

    def drive(self, level: bool) -> None:
        """Pull the line, as the lane does. Its level follows, unless the board drives it."""
        (self.place / "pull").write_bytes(b"pull-up" if level else b"pull-down")

    def pull(self) -> str:
        """``up`` or ``down``."""
        return (self.place / "pull").read_text().strip().removeprefix("pull-")

    def wait_for(self, level: bool, within_s: float, while_true: Callable[[], bool] = lambda: True) -> float:
        """The monotonic time at which the line was first seen at ``level``.

        AssertionError after ``within_s``, or as soon as ``while_true`` is not.
        """
        until_s = monotonic() + within_s
        with open(self.place / "value", "rb") as value:
            while os.pread(value.fileno(), 1, 0) != b"01"[level : level + 1]:
                assert while_true(), f"{self.place.name} was not {int(level)} before its process ended"
                assert monotonic() < until_s, f"{self.place.name} was not {int(level)} within {within_s:.0f} s"
                sleep(0.0005)
        return monotonic()


@dataclass(frozen=True)
class SimChip:
    """One simulated chip."""

    name: str
    label: str
    place: Path
    names: tuple[str, ...]

    def line(self, which: str | int) -> SimLine:
        """A line by its name or offset."""
        offset = which if isinstance(which, int) else self.names.index(which)
        return SimLine(self.place / f"sim_gpio{offset}")


@dataclass(frozen=True)
class Simulator:
    """A gpio-sim device with its chips."""

    config: Path
    chips: tuple[SimChip, ...]

    def line(self, name: str) -> SimLine:
        """A line by a name that only one chip has."""
        [chip] = [chip for chip in self.chips if name in chip.names]
        return chip.line(name)

    def unplug(self) -> None:
        """Remove the chips, as when a USB adapter is unplugged."""
        (self.config / "live").write_text("0")


def plug_in(device: str, chips: dict[str, tuple[str, ...]]) -> Simulator:
    """Make chips by label, each with a line per name (empty for none)."""
    config = CONFIGFS / device
    banks = {}
    for index, (label, names) in enumerate(chips.items()):
        banks[label] = bank = config / f"bank{index}"
        bank.mkdir(parents=True)
        (bank / "num_lines").write_text(str(len(names)))
        (bank / "label").write_text(label)
        for offset, name in enumerate(names):
            if name:
                (bank / f"line{offset}").mkdir()
                (bank / f"line{offset}" / "name").write_text(name)
    (config / "live").write_text("1")
    platform = PLATFORM / (config / "dev_name").read_text().strip()
    made = []
    for label, bank in banks.items():
        chip = (bank / "chip_name").read_text().strip()
        made.append(SimChip(chip, label, platform / chip, chips[label]))
        assert Path("/dev", chip).is_char_device(), f"there is no /dev/{chip}"
    return Simulator(config, tuple(made))
