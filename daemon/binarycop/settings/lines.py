"""Settings of ``lines``: the wires of a gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from binarycop.classes import LABELS
from binarycop.settings.field import bounded, setting

AUTO, MOCK = "auto", "mock"
"""Two values of ``lines.factory``."""


class Bias(Enum):
    """The pull resistor that an input asks of its GPIO chip. Zynq's GPIO drivers ignore it without an error."""

    NONE = "none"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class LineSettings:
    """One output."""

    pin: str
    """The line as its pin factory names it: a kernel line name, ``chip:offset`` or ``label:offset`` (zynq_gpio:54)."""

    active_high: bool = True
    """false: active low, so the output is on at low level."""


@dataclass(frozen=True)
class InputSettings:
    """One input from the speed gate or the building."""

    pin: str
    """The line as its pin factory names it: a kernel line name, ``chip:offset`` or ``label:offset`` (zynq_gpio:54)."""

    active_high: bool = True
    """false: the input is active at low level, for a contact that opens or pulls low when it is active."""

    bias: Bias = Bias.NONE
    """Pull resistor of the GPIO chip. A Zynq has none: fit an external resistor."""

    debounce_s: float = bounded(0.01, 0, 1)
    """A level counts after it has been stable for this many seconds; 0 counts every edge."""


def _default_lamps() -> Mapping[str, LineSettings]:
    return MappingProxyType({label: LineSettings(f"LD{index}") for index, label in enumerate(LABELS)})


@dataclass(frozen=True)
class LinesSettings:
    """A lane's wires. null: it does not have this one."""

    factory: str = AUTO
    """The gpiozero pin factory: ``gpiochip`` (any Linux GPIO chip), ``mock``, or one that another package installs.

    auto is mock on a PC and for a recording. With a live camera on a board it is an error: no gate may run unwired.
    """

    permission: LineSettings = LineSettings("RELAY")
    """The relay's input."""

    lamps: Mapping[str, LineSettings] = setting(factory=_default_lamps)
    """Lamps by name; ``signals`` uses these names. A lane's own list replaces the board's four lamps."""

    heartbeat: LineSettings | None = None
    """Toggled at each step of the loop, for the overlay's dead-man timer."""

    max_on_s: float | None = bounded(None, 2, 3600)
    """The maximum on-time that is built into the overlay's dead-man timer, in seconds. null: it has none.

    This does not set the timer: write what the overlay was built with (``--max-on``).
    """

    feedback: InputSettings | None = None
    """The relay's own auxiliary contact, active while the coil is energised. It must follow within 0.2 s.

    Strongly advised with ``gate.contact: hold``, where a welded contact or a stuck line leaves the lane open.
    """

    passed: InputSettings | None = None
    """The speed gate gives a pulse for each passage. null: a person who leaves after a permission counts as passed."""

    ready: InputSettings | None = None
    """Active while the speed gate can take a permission. null: it always can."""

    fire: InputSettings | None = None
    """Active in a fire: see ``gate.fire_level``."""

    override: InputSettings | None = None
    """A key switch that gives permission: see ``gate.override_s``."""
