"""Opens the gpiozero pin factory that ``lines.factory`` names."""

from importlib.metadata import entry_points
from pathlib import Path

from gpiozero.exc import BadPinFactory
from gpiozero.pins import Factory

from binarycop.errors import FactoryError
from binarycop.lines.mock import MockLines
from binarycop.settings.lines import AUTO, MOCK

GROUP = "gpiozero_pin_factories"
# Not /proc/device-tree: the unit does not see it (ProcSubset=pid).
_BOARD = Path("/sys/firmware/devicetree/base/compatible")


def resolve(name: str, *, is_live: bool, board: Path = _BOARD) -> str:
    """The name of the pin factory that ``lines.factory`` means; ``auto`` is ``mock`` for a recording and on a PC.

    board: a file of the device tree; a PC has none. Raises FactoryError for ``auto`` with a live camera on a board: a
    gate that drives no lines must not look as if it did.
    """
    if name != AUTO:
        return name
    if not is_live or not board.exists():
        return MOCK
    names = board.read_bytes().decode("ascii", "replace").strip("\0").replace("\0", ", ")
    reason = f"no pin factory is configured on this board ({names}); set lines.factory to gpiochip, or to mock"
    raise FactoryError(AUTO, reason)


def open_factory(name: str) -> Factory:
    """Open ``mock``, or a pin factory that a package has registered under gpiozero's entry points.

    Raises FactoryError, also for gpiozero's own factories: from the silicon revision in /proc/cpuinfo they misidentify
    a Zynq as a Raspberry Pi 1 B, and may map memory of other devices.
    """
    if name == MOCK:
        return MockLines()
    installed = {entry.name: entry for entry in entry_points(group=GROUP)}
    usable = {key: entry for key, entry in installed.items() if not entry.value.startswith("gpiozero.")}
    if name in installed and name not in usable:
        raise FactoryError(name, "is a factory for Raspberry Pi boards, and would misidentify this board")
    if name not in usable:
        names = ", ".join([AUTO, MOCK, *sorted(usable)])
        raise FactoryError(name, f"there is no such pin factory (lines.factory); installed are {names}")
    try:
        return usable[name].load()()
    except (ImportError, OSError, BadPinFactory) as error:
        raise FactoryError(name, f"does not start: {error}") from error
