"""Events that repeat: the first ones are written one by one, the others are counted and reported at a bounded rate."""

from dataclasses import dataclass

from binarycop.clock import Clock
from binarycop.journal.events import Event
from binarycop.journal.fields import Value
from binarycop.journal.writers import OutputJournal, WriterJournal

WINDOW_S = 10.0
MOST_IN_WINDOW = 10
MOST_IN_LATER_WINDOW = 1


@dataclass
class _Window:
    """The events since ``start_s``. most: how many are written one by one. last: the newest one that was not."""

    start_s: float
    most: int
    written: int = 0
    held: int = 0
    last: dict[str, Value] | None = None


class RepeatLimiter:
    """Decides for each event of each gate whether it is written at once or held.

    In a window of ``WINDOW_S`` the first ``MOST_IN_WINDOW`` are written. After a window with more events, the next
    window is for a single entry. So every person's decision has its entry, and a bouncing input does not fill the
    journal. The held events become one count when the window ends, and the newest of them is written after it: the
    journal's last entry always has the present state. Every event is either written or counted.
    """

    def __init__(self) -> None:
        self._windows: dict[tuple[str, Event], _Window] = {}

    def admit(self, event: Event, gate: str, values: dict[str, Value], now_s: float) -> bool:
        """Whether to write it now; if not, it is held."""
        window = self._windows.setdefault((gate, event), _Window(now_s, MOST_IN_WINDOW))
        if window.written < window.most:
            window.written += 1
            return True
        window.held, window.last = window.held + 1, values
        return False

    def due(self, now_s: float, *, is_end: bool = False) -> list[tuple[Event, str, dict[str, Value]]]:
        """The entries for what was held in the windows that are over; with ``is_end`` in all windows."""
        entries: list[tuple[Event, str, dict[str, Value]]] = []
        for (gate, event), window in list(self._windows.items()):
            age_s = now_s - window.start_s
            if age_s < WINDOW_S and not is_end:
                continue
            if window.last is None:
                del self._windows[gate, event]
                continue
            if window.held > 1:
                counted: dict[str, Value] = {
                    "what": event.spec.name,
                    "count": window.held - 1,
                    "seconds": round(age_s, 1),
                }
                entries.append((Event.REPEATED, gate, counted))
            entries.append((event, gate, window.last))
            has_more = window.written + window.held > MOST_IN_WINDOW
            self._windows[gate, event] = _Window(now_s, MOST_IN_LATER_WINDOW if has_more else MOST_IN_WINDOW)
        return entries


class LimitedJournal:
    """A journal in which repeated events are counted. Call ``flush`` after each step of the loop."""

    def __init__(self, journal: OutputJournal, clock: Clock) -> None:
        self._journal, self._clock = journal, clock
        self._limiter = RepeatLimiter()

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        if self._limiter.admit(event, gate, values, self._clock.now_s()):
            self._journal.write(event, gate, **values)

    @property
    def has_writer(self) -> bool:
        """Whether the entries go to the journal's writer."""
        return isinstance(self._journal, WriterJournal)

    def flush(self) -> None:
        """Write what is due."""
        self._write_held(is_end=False)
        self._journal.flush()

    def close(self) -> None:
        """Write everything that is held, due or not, and what waits in the journal."""
        self._write_held(is_end=True)
        self._journal.close()

    def _write_held(self, *, is_end: bool) -> None:
        for event, gate, values in self._limiter.due(self._clock.now_s(), is_end=is_end):
            self._journal.write(event, gate, **values)
