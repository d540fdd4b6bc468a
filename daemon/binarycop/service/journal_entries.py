"""Journal entries and counters of one lane, made from the events of its gate."""

from collections.abc import Mapping
from dataclasses import dataclass

from binarycop.gate.events import GateEvent, GateEventKind
from binarycop.gate.state import Phase
from binarycop.journal.events import Event
from binarycop.journal.writers import Value
from binarycop.verdict import Verdict

JournalEntry = tuple[Event, dict[str, Value]]
"""An entry of the journal with its values, before it is written."""

DECISIONS = (Event.PERMIT, Event.REFUSE, Event.REMIND)
"""The events that have their reasons: votes, bundle, and the latency from the frame's capture to the lines."""

_WITH_EVIDENCE = (Event.REFUSE, Event.REMIND)

_EVENTS = {
    GateEventKind.PERMIT: Event.PERMIT,
    GateEventKind.REFUSE: Event.REFUSE,
    GateEventKind.REMIND: Event.REMIND,
    GateEventKind.PASSED: Event.PASSED,
    GateEventKind.NOT_PASSED: Event.NOT_PASSED,
    GateEventKind.TAILGATE: Event.TAILGATE,
    GateEventKind.FORCED: Event.FORCED,
    GateEventKind.WITHDRAWN: Event.WITHDRAWN,
    GateEventKind.LIMIT_REACHED: Event.LIMIT_REACHED,
    GateEventKind.OVERRIDE_REFUSED: Event.OVERRIDE_REFUSED,
}


@dataclass
class Counters:
    """Counts since the start.

    frames: the sum of scored, without_face and without_scores. scored: frames whose crop got scores. without_face:
    frames in which nobody is visible. without_scores: frames with a face while there was no classifier.
    most_interval_s: the longest mean time between frames while they came too seldom for a verdict; 0: they never did.
    """

    frames: int = 0
    scored: int = 0
    without_face: int = 0
    without_scores: int = 0
    persons: int = 0
    permits: int = 0
    refusals: int = 0
    undecided: int = 0
    passed: int = 0
    most_interval_s: float = 0.0

    def count_frame(self, *, is_visible: bool, has_scores: bool) -> None:
        """Count a frame. is_visible: somebody's face is in it. has_scores: its crop got scores."""
        self.frames += 1
        self.scored += has_scores
        self.without_face += not is_visible
        self.without_scores += is_visible and not has_scores

    def count(self, event: GateEvent) -> None:
        """Count what the gate did."""
        self.permits += event.kind is GateEventKind.PERMIT
        self.refusals += event.kind is GateEventKind.REFUSE
        self.passed += event.kind is GateEventKind.PASSED


def gate_entry(
    event: GateEvent,
    verdict: Verdict | None,
    bundle: str,
    before: Phase,
    after: Phase,
    evidence: Mapping[str, Value] | None = None,
) -> JournalEntry:
    """The entry for an event of the gate.

    verdict, evidence: of the person in front, now. bundle: name and version. before, after: the gate's phases.
    """
    kind = _EVENTS[event.kind]
    values: dict[str, Value] = {
        "before": before.value,
        "after": after.value,
        "person": event.person,
        "class": event.status.value,
    }
    if event.cause is not None:
        values["cause"] = event.cause.value
    if event.reason:
        values["reason"] = event.reason
    if event.kind is GateEventKind.PASSED:
        values["by"] = "leaving" if event.inferred else "line"
    if kind in DECISIONS:
        values["bundle"] = bundle
        if verdict is not None:
            values |= _votes(verdict)
    if kind in _WITH_EVIDENCE and evidence is not None:
        values |= evidence
    return kind, values


def verdict_entry(person: int, verdict: Verdict, evidence: Mapping[str, Value]) -> JournalEntry:
    """The entry for a new verdict."""
    return Event.VERDICT, {"person": person, "class": verdict.status.value, **_votes(verdict), **evidence}


def _votes(verdict: Verdict) -> dict[str, Value]:
    return {"votes": verdict.votes, "frames": verdict.frames, "margin": round(verdict.margin, 1)}
