"""What a person sees of a running service: one moving line on a terminal, plain lines elsewhere."""

import shutil
import sys
from typing import TextIO

from binarycop.gate.machine import Phase
from binarycop.journal.writers import print_to_stderr
from binarycop.service.lane import Snapshot

_CLEAR_LINE = "\r\x1b[K"


class Console:
    """Shows snapshots on ``stream``. Lines printed through ``print_line`` do not tear the moving line."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._moves = self._stream.isatty()
        self._shown: list[object] = []

    def show(self, snapshots: list[Snapshot], latency_ms: float | None) -> None:
        """Show all lanes as they stand; latency from capture to lines."""
        if self._moves:
            text = "   ".join(_line(one) for one in snapshots) + _latency(latency_ms)
            # A line that wraps could not be taken back.
            self._stream.write(_CLEAR_LINE + text[: shutil.get_terminal_size().columns - 1])
            self._stream.flush()
            return
        news: list[object] = [(one.gate, one.person, one.status, one.phase, one.cause) for one in snapshots]
        if news != self._shown:
            self._shown = news
            for one in snapshots:
                print(_line(one) + _latency(latency_ms), file=self._stream, flush=True)

    def print_line(self, line: str) -> None:
        """A line of the journal, on standard error."""
        self.clear()
        print_to_stderr(line)

    def clear(self) -> None:
        """Take the moving line away."""
        if self._moves:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()


def _line(one: Snapshot) -> str:
    gate = "open" if one.cause else "closed"
    why = f" ({one.cause.value})" if one.cause else f" ({one.phase.value})" if one.phase is not Phase.IDLE else ""
    person = f"person {one.person}" if one.person is not None else "nobody"
    return f"{one.gate}: frame {one.frame:4d}  {person:<9}  {one.status.value:<10}  gate {gate + why:<19}"


def _latency(latency_ms: float | None) -> str:
    return f"  {latency_ms:6.1f} ms" if latency_ms is not None else ""
