"""The journal of one lane: entries wait here until the lane's lines are driven, since a journal may be slow."""

from dataclasses import dataclass

from binarycop.clock import Clock
from binarycop.journal.events import Event
from binarycop.journal.writers import Journal, Value
from binarycop.service.journal_entries import DECISIONS, JournalEntry


@dataclass(frozen=True)
class WrittenEntry:
    """An entry as it was written, and when."""

    event: Event
    values: dict[str, Value]
    at_s: float


class LaneJournal:
    """Collects the entries of one step, and then writes them.

    gate: the name of the gate in each entry. clock: the clock of the frames' ``captured_s``; None if there is none.
    """

    def __init__(self, journal: Journal, gate: str, clock: Clock | None) -> None:
        self._journal, self._gate, self._clock = journal, gate, clock
        self._entries: list[JournalEntry] = []
        self._captured_s: float | None = None
        self._latency: dict[str, Value] = {}
        self.verdict: WrittenEntry | None = None  # the newest one, and the newest decision; only if there is a clock
        self.decision: WrittenEntry | None = None

    def start_frame(self, captured_s: float) -> None:
        """The entries of this step are about a frame that was captured at ``captured_s``."""
        self._captured_s = captured_s

    def end_frame(self) -> None:
        """The lines have just been driven, which ends the latency of a decision."""
        captured_s, self._captured_s = self._captured_s, None
        self._latency = {}
        if self._clock is not None and captured_s is not None:
            self._latency = {"latency_ms": round((self._clock.now_s() - captured_s) * 1000, 1)}

    def add(self, entry: JournalEntry) -> None:
        """Add an entry."""
        self._entries.append(entry)

    def write(self) -> None:
        """Write all entries."""
        for event, values in self._entries:
            written = {**values, **(self._latency if event in DECISIONS else {})}
            self._journal.write(event, self._gate, **written)
            if self._clock is not None and event is Event.VERDICT:
                self.verdict = WrittenEntry(event, written, self._clock.now_s())
            elif self._clock is not None and event in DECISIONS:
                self.decision = WrittenEntry(event, written, self._clock.now_s())
        self._entries.clear()
