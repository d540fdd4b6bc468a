"""The pin factory of a lane with the GPIO chips that it reaches, for a person to read."""

from dataclasses import dataclass

from gpiozero.exc import BadPinFactory

from binarycop.errors import FactoryError
from binarycop.lines.chardev import ChipInfo
from binarycop.lines.chips import Chips, read_chips
from binarycop.settings.lines import MOCK

_GPIOCHIP = "gpiochip"


@dataclass(frozen=True)
class Wires:
    """What a lane's lines go through.

    factory: the pin factory's name. chips: those that this process may open. denied: the device files of the others.
    """

    gate: str
    factory: str
    chips: tuple[ChipInfo, ...]
    denied: tuple[str, ...]

    @classmethod
    def of(cls, gate: str, factory: str, chips: Chips) -> "Wires":
        """Of the chips that were found."""
        return cls(gate, factory, tuple(chip.info for chip in chips.opened), tuple(map(str, chips.denied)))

    @property
    def drives(self) -> bool:
        """Whether any wire is driven or read at all."""
        return self.factory != MOCK

    @property
    def words(self) -> str:
        """``gpiochip: gpiochip0 (zynq_gpio, 118 lines)``."""
        if not self.drives:
            return f"{MOCK}: drives nothing, reads no wire"
        if self.factory != _GPIOCHIP:
            return f"{self.factory}: of another package"
        found = [f"{chip.name} ({chip.label}, {chip.lines} lines)" for chip in self.chips]
        found += [f"{path} (access denied)" for path in self.denied]
        return f"{self.factory}: {', '.join(found) or 'no chip'}"


def find_chips(factory: str) -> Chips:
    """The GPIO chips that a factory reaches; none unless it is ``gpiochip``.

    Raises FactoryError if the kernel is too old.
    """
    if factory != _GPIOCHIP:
        return Chips((), ())
    try:
        return read_chips()
    except BadPinFactory as error:
        raise FactoryError(factory, str(error)) from error
