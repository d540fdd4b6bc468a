"""Where the time of each frame goes: spans of named work, as a file that Perfetto and chrome://tracing show.

The format is Google's Trace Event Format, with complete events ("X") and the threads' names ("M"). A span has times and
the names of its stage, thread and gate, and nothing else.
"""

import json
import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from typing import NamedTuple, Protocol, TextIO

MAX_SPANS = 50_000
"""How many spans are kept, the newest ones: about two minutes of one gate at 30 Hz, 5 MB."""
_US_PER_S = 1e6


class Stage(Enum):
    """What is measured. A source's conversion is part of its capture; without threads, detection is one of tracking."""

    CAPTURE = "capture"
    CONVERT = "convert"
    TRACK = "track"
    DETECT = "detect"
    CROP = "crop"
    CLASSIFY = "classify"
    VOTE = "vote"
    GATE = "gate"
    LINES = "lines"
    JOURNAL = "journal"


class Tracer(Protocol):
    """Measures spans. Any thread may use it."""

    def of_gate(self, gate: str) -> "Tracer":
        """A tracer whose spans have the name of this gate."""

    def span(self, stage: Stage) -> AbstractContextManager[None]:
        """Measures its ``with`` block."""


class NoTracer:
    """Measures nothing."""

    def of_gate(self, gate: str) -> "NoTracer":
        """See ``Tracer.of_gate``."""
        return self

    def span(self, stage: Stage) -> AbstractContextManager[None]:
        """See ``Tracer.span``."""
        return _NOTHING


_NOTHING = nullcontext()
NO_TRACER = NoTracer()


class Span(NamedTuple):
    """One piece of work. gate: empty if it is for all gates. thread: its identifier and its name."""

    stage: Stage
    gate: str
    thread: tuple[int, str]
    begin_s: float
    end_s: float


class ChromeTracer:
    """Keeps the newest ``MAX_SPANS`` spans in memory. now_s: seconds of a monotonic clock."""

    def __init__(self, now_s: Callable[[], float], max_spans: int = MAX_SPANS) -> None:
        self._now_s, self._gate = now_s, ""
        self._spans: deque[Span] = deque(maxlen=max_spans)

    def of_gate(self, gate: str) -> "ChromeTracer":
        """See ``Tracer.of_gate``."""
        tracer = ChromeTracer(self._now_s)
        tracer._gate, tracer._spans = gate, self._spans
        return tracer

    def span(self, stage: Stage) -> "_OpenSpan":
        """See ``Tracer.span``."""
        return _OpenSpan(stage, self._gate, self._now_s, self._spans)

    def write(self, file: TextIO) -> None:
        """Write all spans that are kept, the earliest first; times are in microseconds since its begin."""
        spans = sorted(self._spans, key=lambda span: span.begin_s)
        zero_s = spans[0].begin_s if spans else 0.0
        threads = {thread: number for number, thread in enumerate(dict.fromkeys(span.thread for span in spans))}
        events = [
            {"ph": "M", "name": "thread_name", "pid": 0, "tid": number, "args": {"name": name}}
            for (_, name), number in threads.items()
        ]
        events += [
            {
                "ph": "X",
                "name": span.stage.value,
                "pid": 0,
                "tid": threads[span.thread],
                "ts": round((span.begin_s - zero_s) * _US_PER_S, 1),
                "dur": round((span.end_s - span.begin_s) * _US_PER_S, 1),
                "args": {"gate": span.gate} if span.gate else {},
            }
            for span in spans
        ]
        json.dump({"displayTimeUnit": "ms", "traceEvents": events}, file)


class _OpenSpan:
    """A span that has not ended yet."""

    __slots__ = ("_begin_s", "_gate", "_now_s", "_spans", "_stage")

    def __init__(self, stage: Stage, gate: str, now_s: Callable[[], float], spans: deque[Span]) -> None:
        self._stage, self._gate, self._now_s, self._spans = stage, gate, now_s, spans

    def __enter__(self) -> None:
        self._begin_s = self._now_s()

    def __exit__(self, *_: object) -> None:
        thread = threading.current_thread()
        end_s = self._now_s()
        self._spans.append(Span(self._stage, self._gate, (thread.ident or 0, thread.name), self._begin_s, end_s))
