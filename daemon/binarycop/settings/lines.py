"""Settings of ``lines``: the wires of a gate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from binarycop.classes import LABELS
from binarycop.settings.field import bounded


class Bias(Enum):
    """The pull of an input where its chip has one; Zynq's GPIO controllers ignore it without a word."""

    NONE = "none"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class LineSettings:
    """One wire: the pin's name as its factory knows it; active_high false inverts it."""

    pin: str
    active_high: bool = True


@dataclass(frozen=True)
class InputSettings:
    """One wire from the lane; active_high false for a contact that opens, or pulls low, to say yes."""

    pin: str
    active_high: bool = True
    bias: Bias = Bias.NONE
    debounce_s: float = bounded(0.01, 0, 1)


def _default_lamps() -> Mapping[str, LineSettings]:
    return MappingProxyType({label: LineSettings(f"LD{index}") for index, label in enumerate(LABELS)})


@dataclass(frozen=True)
class LinesSettings:
    """A lane's wires.

    factory: ``mock``, or a gpiozero pin factory by its entry point's name; auto is mock off the board, and on a
    board an error before a live camera. heartbeat: toggled at each step of
    the gate, for a dead-man timer between the permission and its pin.
    """

    factory: str = "auto"
    permission: LineSettings = LineSettings("RELAY")
    lamps: Mapping[str, LineSettings] = field(default_factory=_default_lamps)
    heartbeat: LineSettings | None = None
    passed: InputSettings | None = None
    ready: InputSettings | None = None
    fire: InputSettings | None = None
    override: InputSettings | None = None
