"""One lane's lines, held so that no other program can drive them. Every output stays inactive: the relay is off."""

from contextlib import ExitStack
from types import TracebackType

from gpiozero.pins import Factory

from binarycop.errors import LineError
from binarycop.lines.wiring_test import WiringTest
from binarycop.settings.schema import LaneSettings, wires_of

_RELAY = "permission"


class HeldLines:
    """Holds them until it is closed. It has no way to drive one.

    Raises LineError for the first line that cannot be opened; those that are open are then closed.
    """

    def __init__(self, lane: LaneSettings, factory: Factory) -> None:
        with ExitStack() as opened:
            self._lines = opened.enter_context(WiringTest(lane, factory))
            _check(lane, self._lines)
            self._opened = opened.pop_all()

    def __enter__(self) -> "HeldLines":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_relay_on(self) -> bool:
        """What the relay's line reads."""
        return any(report.active is True for report in self._lines.reports() if report.name == _RELAY)

    def close(self) -> None:
        """Release the lines."""
        self._opened.close()


def _check(lane: LaneSettings, lines: WiringTest) -> None:
    """Raises LineError for the first line that is not open."""
    pins = {path.removeprefix("lines."): wire.pin for path, wire in wires_of(lane)}
    for report in lines.reports():
        if report.problem:
            raise LineError(pins[report.name], report.problem)
