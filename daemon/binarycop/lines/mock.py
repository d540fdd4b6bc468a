"""The pin factory ``mock``: lines by any name that exist only here. For the demo, replay and tests."""

from time import monotonic

from gpiozero import Device
from gpiozero.exc import GPIOPinInUse, PinUnsupported
from gpiozero.pins import BoardInfo, Factory, PinInfo
from gpiozero.pins.mock import MockPin

_STATES_MOST = 1000


class MockLine(MockPin):  # type: ignore[misc]
    """gpiozero's mock pin with a bounded memory of its states."""

    def _change_state(self, value: float) -> bool:
        changed = bool(super()._change_state(value))
        del self.states[:-_STATES_MOST]
        return changed


class MockLines(Factory):  # type: ignore[misc]
    """Makes a line of every name it is asked for, and lends each to one device at a time.

    ``pin(name)`` gives the same ``MockLine`` again, whose ``drive_high`` and ``drive_low`` play the lane.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, MockLine] = {}
        self._holders: dict[str, Device] = {}

    def pin(self, name: str) -> MockLine:
        """The line of that name; gpiozero's own name for it (``GPIO0``, …) finds it too."""
        if name not in self._lines:
            number = len({line.info.name for line in self._lines.values()})
            info = PinInfo(
                number, f"GPIO{number}", frozenset({name, f"GPIO{number}"}), "", number + 1, 1, frozenset({"gpio"})
            )
            self._lines[name] = self._lines[info.name] = MockLine(self, info)
        return self._lines[name]

    def reserve_pins(self, requester: Device, *names: str) -> None:
        """Raises GPIOPinInUse where another device holds one of the lines."""
        for name in names:
            own = self.pin(name).info.name
            holder = self._holders.get(own)
            if holder is not None and holder is not requester:
                raise GPIOPinInUse(f"line {name} is already in use")
            self._holders[own] = requester

    def release_pins(self, reserver: Device, *names: str) -> None:
        """Give lines back; those not held are let be."""
        for name in names:
            own = self.pin(name).info.name
            if self._holders.get(own) is reserver:
                del self._holders[own]

    def release_all(self, reserver: Device) -> None:
        """Give back every line that ``reserver`` holds."""
        self.release_pins(reserver, *[name for name, holder in self._holders.items() if holder is reserver])

    def ticks(self) -> float:
        """Now, in seconds of the monotonic clock."""
        return monotonic()

    def ticks_diff(self, later: float, earlier: float) -> float:
        """Seconds between two ``ticks``."""
        return later - earlier

    def close(self) -> None:
        """Let every line go."""
        for line in set(self._lines.values()):
            line.close()
        self._lines.clear()
        self._holders.clear()

    def _get_board_info(self) -> BoardInfo:
        raise PinUnsupported("mock lines are on no board")
