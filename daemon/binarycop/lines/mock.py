"""The pin factory ``mock``: lines that exist only in memory, under any name. For the demo, replay and tests."""

from gpiozero.exc import PinUnsupported
from gpiozero.pins import BoardInfo, PinInfo
from gpiozero.pins.mock import MockPin

from binarycop.lines.line_factory import LineFactory

_MAX_STATES = 1000


class MockLine(MockPin):  # type: ignore[misc]
    """gpiozero's mock pin, with a limit on how many states it remembers."""

    def _change_state(self, value: float) -> bool:
        changed = bool(super()._change_state(value))
        del self.states[:-_MAX_STATES]
        return changed


class MockLines(LineFactory):
    """Creates a line for every name.

    ``pin(name)`` returns a ``MockLine``. Its ``drive_high`` and ``drive_low`` simulate the speed gate.
    """

    def _look_up(self, name: str) -> PinInfo:
        if name in self._infos:
            return self._infos[name]
        number = len({info.name for info in self._infos.values()})
        names = frozenset({name, f"GPIO{number}"})
        return PinInfo(number, f"GPIO{number}", names, "", number + 1, 1, frozenset({"gpio"}))

    def _make_pin(self, info: PinInfo) -> MockLine:
        return MockLine(self, info)

    def _get_board_info(self) -> BoardInfo:
        raise PinUnsupported("mock lines are not on a board")
