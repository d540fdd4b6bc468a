"""The state of the running daemon, as sent on the socket of ``binarycop status``. Words and numbers only.

A time that ends in ``_s`` is an age: in seconds before the status was made. ``Fields`` are those of a journal's
entry. No part of this has a score of a person, or a picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

HANGS_S = 3.0
"""The loop makes a status twice a second. An older status than this means that the loop has not stepped since."""

Fields = Mapping[str, str | int | float | bool | None]


class State(Enum):
    """The state of a gate, or of the daemon as a whole; the value is what people read."""

    IN_SERVICE = "in service"
    RECORDING_OVER = "recording over"  # no fault: its source was a recording, and no more people come
    STARTING = "starting"
    OUT_OF_ORDER = "out of order"
    HANGS = "hangs"

    @property
    def works(self) -> bool:
        """Whether this is what an operator wants to see."""
        return self in (State.IN_SERVICE, State.RECORDING_OVER)


@dataclass(frozen=True)
class LineLevel:
    """One wire. name: its key in the settings, such as ``lines.lamps.nose``. active: None if it cannot be read."""

    name: str
    pin: str
    is_input: bool
    active: bool | None


@dataclass(frozen=True)
class FrontPerson:
    """The person in front of a gate. status: the class, or how far the voting has got. evidence: as in the journal."""

    person: int
    status: str
    evidence: Fields


@dataclass(frozen=True)
class Entry:
    """An entry of a gate's journal. event: its name, such as ``refuse``. text: the sentence. fields: the entry's."""

    age_s: float
    event: str
    text: str
    fields: Fields


@dataclass(frozen=True)
class SourceStatus:
    """A gate's camera or recording.

    mode: what it sends, and what was requested if that differs; None until it was tried once. problem: why it gives no
    pictures now, in words; None if it gives some. rate_hz: over the newest 5 s; None in the first step. dropped: not
    processed. withheld: repeated an earlier picture. frame_age_s: of the newest picture, since its capture; since the
    start if there was none.
    """

    name: str
    mode: str | None
    problem: str | None
    rate_hz: float | None
    captured: int
    dropped: int
    withheld: int
    frame_age_s: float


@dataclass(frozen=True)
class GateReport:
    """One gate.

    state, causes: the faults in words. since_s: how long it has been in this state. permission: why it is on, None if
    it is off. every_ms: the mean time between processed frames, while it is longer than a verdict needs; None if it is
    not. needed_ms: the longest time that a verdict allows. face_age_s: since a face was last seen, None if there was
    none. verdict, decision: the newest ones; the former has what led to the latter. persons, permits, refusals,
    undecided, passed: counts since the start.
    """

    gate: str
    state: State
    causes: tuple[str, ...]
    since_s: float
    policy: str
    phase: str
    permission: str | None
    finder: str
    source: SourceStatus
    every_ms: int | None
    needed_ms: int
    face_age_s: float | None
    front: FrontPerson | None
    verdict: Entry | None
    decision: Entry | None
    lines: tuple[LineLevel, ...]
    persons: int
    permits: int
    refusals: int
    undecided: int
    passed: int


@dataclass(frozen=True)
class Origin:
    """What stays the same while the daemon runs.

    golden: how many golden vectors the backend reproduced at the start. factory: the pin factory. is_mock: the factory
    reads and drives no wire.
    """

    version: str
    bundle: str
    golden: int
    factory: str
    is_mock: bool
    pid: int


@dataclass(frozen=True)
class SettingsStatus:
    """loaded_s: since they were read, at the start or by a reload. waiting: keys whose new values need a restart.

    refused: why the last reload was refused; None if it was not.
    """

    loaded_s: float
    waiting: tuple[str, ...]
    refused: str | None


@dataclass(frozen=True)
class WatchdogStatus:
    """limit_s: systemd's WatchdogSec=, None without one. notified_s: since the last notification. stuck: stages."""

    limit_s: float | None
    notified_s: float | None
    stuck: tuple[str, ...]


@dataclass(frozen=True)
class Status:
    """The daemon. age_s: how old this status was when it was sent.

    backend: what classifies now; the emulator may have taken over. has_scores: it gives scores now. p50_ms, p99_ms:
    from the capture until the lines were driven, of the newest ``latencies`` frames; None before the first one.
    """

    origin: Origin
    age_s: float
    running_s: float
    is_ready: bool
    mode: str
    is_asleep: bool
    backend: str
    has_scores: bool
    p50_ms: float | None
    p99_ms: float | None
    latencies: int
    watchdog: WatchdogStatus
    settings: SettingsStatus
    gates: tuple[GateReport, ...]

    @property
    def state(self) -> State:
        """The worst of all gates; or that the loop hangs, or has not been ready yet."""
        if self.age_s > HANGS_S:
            return State.HANGS
        if any(gate.state is State.OUT_OF_ORDER for gate in self.gates):
            return State.OUT_OF_ORDER
        if not self.is_ready:
            return State.STARTING
        if all(gate.state is State.RECORDING_OVER for gate in self.gates):
            return State.RECORDING_OVER
        return State.IN_SERVICE


def seldom_words(every_ms: int, needed_ms: int) -> str:
    """Says that too few frames are processed, and how many a verdict needs; see ``GateReport``."""
    return f"one frame in {every_ms} ms is looked at; a verdict needs one in {needed_ms} ms"
