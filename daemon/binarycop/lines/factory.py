"""From the name in ``lines.factory`` to a gpiozero pin factory."""

from importlib.metadata import entry_points
from pathlib import Path

from gpiozero.exc import BadPinFactory
from gpiozero.pins import Factory

from binarycop.errors import FactoryError
from binarycop.lines.mock import MockLines

GROUP = "gpiozero_pin_factories"
AUTO, MOCK = "auto", "mock"
_BOARD = Path("/sys/firmware/devicetree/base/compatible")  # /proc/device-tree is hidden from the unit (ProcSubset=pid)


def resolve(name: str, *, is_live: bool, board: Path = _BOARD) -> str:
    """The factory that ``lines.factory`` means. A recording never needs real wires; a PC has no device tree.

    Raises FactoryError where a live camera would decide on a board, and no factory was set: a gate whose wires
    are not driven must not look as if they were.
    """
    if name != AUTO:
        return name
    if not is_live or not board.exists():
        return MOCK
    names = board.read_bytes().decode("ascii", "replace").strip("\0").replace("\0", ", ")
    raise FactoryError(AUTO, f"none is set on this board ({names}); set lines.factory to gpiochip, or to mock")


def open_factory(name: str) -> Factory:
    """The mock factory, or one registered by a package under gpiozero's entry points.

    gpiozero's own are refused: they take a Zynq for a Raspberry Pi 1 B, by the silicon revision in
    /proc/cpuinfo, and may map memory that is not theirs. Raises FactoryError.
    """
    if name == MOCK:
        return MockLines()
    known = {entry.name: entry for entry in entry_points(group=GROUP)}
    foreign = {one: entry for one, entry in known.items() if not entry.value.startswith("gpiozero.")}
    if name in known and name not in foreign:
        raise FactoryError(name, "is a factory for Raspberry Pi boards, and would mistake this board for one")
    if name not in foreign:
        others = ", ".join([AUTO, MOCK, *sorted(foreign)])
        raise FactoryError(name, f"there is no such pin factory (lines.factory); installed are {others}")
    try:
        return foreign[name].load()()
    except (ImportError, OSError, BadPinFactory) as error:
        raise FactoryError(name, f"does not start: {error}") from error
