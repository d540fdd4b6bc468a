"""The pin factory ``mock``: lines that exist only in memory, under any name. For the demo, replay and tests."""

from time import monotonic

from gpiozero import Device
from gpiozero.exc import GPIOPinInUse, PinUnsupported
from gpiozero.pins import BoardInfo, Factory, PinInfo
from gpiozero.pins.mock import MockPin

_MAX_STATES = 1000


class MockLine(MockPin):  # type: ignore[misc]
    """gpiozero's mock pin, with a limit on how many states it remembers."""

    def _change_state(self, value: float) -> bool:
        changed = bool(super()._change_state(value))
        del self.states[:-_MAX_STATES]
        return changed


class MockLines(Factory):  # type: ignore[misc]
    """Creates a line for every name, and gives each to one device at a time.

    ``pin(name)`` always returns the same ``MockLine``. Its ``drive_high`` and ``drive_low`` simulate the speed gate.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, MockLine] = {}
        self._devices: dict[str, Device] = {}

    def pin(self, name: str) -> MockLine:
        """The line with this name, or with gpiozero's own name for it (``GPIO0``, …)."""
        if name not in self._lines:
            number = len({line.info.name for line in self._lines.values()})
            info = PinInfo(
                number, f"GPIO{number}", frozenset({name, f"GPIO{number}"}), "", number + 1, 1, frozenset({"gpio"})
            )
            self._lines[name] = self._lines[info.name] = MockLine(self, info)
        return self._lines[name]

    def reserve_pins(self, requester: Device, *names: str) -> None:
        """Reserve lines for a device. Raises GPIOPinInUse if another device has one of them."""
        for name in names:
            pin_name = self.pin(name).info.name
            device = self._devices.get(pin_name)
            if device is not None and device is not requester:
                raise GPIOPinInUse(f"line {name} is already in use")
            self._devices[pin_name] = requester

    def release_pins(self, reserver: Device, *names: str) -> None:
        """Release the lines that ``reserver`` has; ignore others."""
        for name in names:
            pin_name = self.pin(name).info.name
            if self._devices.get(pin_name) is reserver:
                del self._devices[pin_name]

    def release_all(self, reserver: Device) -> None:
        """Release every line that ``reserver`` has."""
        self.release_pins(reserver, *[name for name, device in self._devices.items() if device is reserver])

    def ticks(self) -> float:
        """The time now, in seconds of the monotonic clock."""
        return monotonic()

    def ticks_diff(self, later: float, earlier: float) -> float:
        """Seconds between two ``ticks``."""
        return later - earlier

    def close(self) -> None:
        """Close every line."""
        for line in set(self._lines.values()):
            line.close()
        self._lines.clear()
        self._devices.clear()

    def _get_board_info(self) -> BoardInfo:
        raise PinUnsupported("mock lines are not on a board")
