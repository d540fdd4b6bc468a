"""A running daemon on a terminal: a line for each gate, painted in place. In a pipe or file: a line for each change."""

import sys
import time
from collections.abc import Callable, Mapping

from binarycop.classes import GateStatus
from binarycop.cli.screen import Screen
from binarycop.cli.terminal import Line, Span, Terminal, Words, bold, dim, fail, ok, warn
from binarycop.gate.state import Phase
from binarycop.journal.writers import print_to_stderr
from binarycop.service.snapshot import LaneSnapshot

_MANY = {"permits": "permitted", "refusals": "refused"}
_ONE = _MANY | {"frames": "frame", "persons": "person"}
_STYLES: Mapping[GateStatus, Callable[[str], Span]] = {
    GateStatus.CORRECT: ok,
    GateStatus.NOBODY: dim,
    GateStatus.UNDECIDED: warn,
    GateStatus.FAULT: fail,
}
"""How a status looks; all others say how the mask is worn wrongly, and are bold."""


class Console:
    """Shows snapshots. A line of ``print_line`` never mixes with those that are painted.

    clock: the time of day in words.
    """

    def __init__(
        self, terminal: Terminal | None = None, clock: Callable[[], str] = lambda: time.strftime("%H:%M:%S")
    ) -> None:
        self._terminal, self._clock = terminal or Terminal(), clock
        self._screen = Screen(self._terminal)
        self._shown: dict[str, object] = {}

    def show(self, snapshots: list[LaneSnapshot], latency_ms: float | None) -> None:
        """Show the state of all lanes. latency_ms: from the capture of the newest frame to the lines."""
        if self._terminal.can_repaint:
            widest = max((len(lane.gate) for lane in snapshots), default=0)
            latency = "" if latency_ms is None else f"  latency {latency_ms:5.1f} ms"
            foot = (bold(self._clock()), latency, dim("  Ctrl-C ends"))
            self._screen.show([*(_painted(lane, widest) for lane in snapshots), foot])
            return
        for lane in snapshots:
            state = (lane.person, lane.status_words, lane.phase, lane.cause)
            if self._shown.get(lane.gate) != state:
                self._shown[lane.gate] = state
                self._terminal.print(f"{self._clock()} {_line(lane, latency_ms)}")
                self._terminal.stream.flush()

    def print_line(self, line: str) -> None:
        """Print a line of the journal on standard error, wrapped between words if that is a terminal."""
        self.clear()
        for part in Terminal(sys.stderr).wrapped(line).split("\n"):
            print_to_stderr(part)

    def clear(self) -> None:
        """Clear what is painted. At the end it must be called, since the cursor is hidden until then."""
        self._screen.clear()


def counts_text(counts: Mapping[str, int]) -> str:
    """The counts of a run for a person to read."""
    return ", ".join(
        f"{count} {_ONE.get(name, name) if count == 1 else _MANY.get(name, name)}" for name, count in counts.items()
    )


def latency_text(latency_ms: dict[str, float | None]) -> str:
    """The percentiles of a run for a person to read, with three digits."""
    p50_ms, p99_ms = latency_ms["p50"], latency_ms["p99"]
    if p50_ms is None or p99_ms is None:
        return "no latency: there was no frame"
    return f"latency p50 {_three_digits(p50_ms)} ms, p99 {_three_digits(p99_ms)} ms"


def _three_digits(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def _painted(lane: LaneSnapshot, widest: int) -> Line:
    status = _STYLES.get(lane.status, bold)(f"{lane.status_words:<13} ")
    permission: Words = ok(_permission(lane)) if lane.cause else _permission(lane)
    person = "" if lane.status is GateStatus.NOBODY else _person(lane)
    return (f"{lane.gate:<{widest}}  {person:<9} {_face(lane):>7}  ", status, permission)


def _line(lane: LaneSnapshot, latency_ms: float | None) -> str:
    latency = f"{latency_ms:.1f} ms" if latency_ms is not None else ""
    status = "" if lane.status is GateStatus.NOBODY else lane.status_words
    words = (f"frame {lane.frame}", _person(lane), _face(lane), status, _permission(lane), latency)
    return f"{lane.gate}: {', '.join(word for word in words if word)}"


def _person(lane: LaneSnapshot) -> str:
    return f"person {lane.person}" if lane.person is not None else "nobody"


def _face(lane: LaneSnapshot) -> str:
    return f"{lane.face_px:.0f} px" if lane.face_px is not None else ""


def _permission(lane: LaneSnapshot) -> str:
    why = f" ({lane.cause.value})" if lane.cause else f" ({lane.phase.value})" if lane.phase is not Phase.IDLE else ""
    return f"permission {'on' if lane.cause else 'off'}{why}"
