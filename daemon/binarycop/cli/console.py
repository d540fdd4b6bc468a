"""A running daemon on a terminal: one line that is updated in place. In a pipe or file: a line for each change."""

import shutil
import sys
from collections.abc import Mapping
from typing import TextIO

from binarycop.gate.state import Phase
from binarycop.journal.writers import print_to_stderr
from binarycop.printable import printable
from binarycop.service.snapshot import LaneSnapshot

_CLEAR_LINE = "\r\x1b[K"
_MANY = {"permits": "permitted", "refusals": "refused"}
_ONE = _MANY | {"frames": "frame", "persons": "person"}


class Console:
    """Shows snapshots on ``stream``. A line of ``print_line`` never mixes with the line that is updated."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._is_terminal = self._stream.isatty()
        self._shown: dict[str, object] = {}

    def show(self, snapshots: list[LaneSnapshot], latency_ms: float | None) -> None:
        """Show how all lanes are. latency_ms: from the capture of the newest frame to the lines."""
        if self._is_terminal:
            text = printable("   ".join(_line(lane) for lane in snapshots) + _latency(latency_ms))
            # A line that wraps could not be cleared.
            self._stream.write(_CLEAR_LINE + text[: shutil.get_terminal_size().columns - 1])
            self._stream.flush()
            return
        for lane in snapshots:
            state = (lane.person, lane.status_words, lane.phase, lane.cause)
            if self._shown.get(lane.gate) != state:
                self._shown[lane.gate] = state
                print(printable(_line(lane) + _latency(latency_ms)), file=self._stream, flush=True)

    def print_line(self, line: str) -> None:
        """Print a line of the journal on standard error."""
        self.clear()
        print_to_stderr(line)

    def clear(self) -> None:
        """Clear the line that is updated."""
        if self._is_terminal:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()


def counts_text(counts: Mapping[str, int]) -> str:
    """The counts of a run for a person to read."""
    return ", ".join(
        f"{count} {_ONE.get(name, name) if count == 1 else _MANY.get(name, name)}" for name, count in counts.items()
    )


def latency_text(latency_ms: dict[str, float | None]) -> str:
    """The percentiles of a run for a person to read."""
    if latency_ms["p50"] is None:
        return "no latency: there was no frame"
    return f"latency p50 {latency_ms['p50']} ms, p99 {latency_ms['p99']} ms"


def _line(lane: LaneSnapshot) -> str:
    why = f" ({lane.cause.value})" if lane.cause else f" ({lane.phase.value})" if lane.phase is not Phase.IDLE else ""
    person = f"person {lane.person}" if lane.person is not None else "nobody"
    permission = f"permission {'on' if lane.cause else 'off'}{why}"
    return f"{lane.gate}: frame {lane.frame:4d} {person:<9} {lane.status_words:<13} {permission:<27}"


def _latency(latency_ms: float | None) -> str:
    return f" {latency_ms:5.1f} ms" if latency_ms is not None else ""
