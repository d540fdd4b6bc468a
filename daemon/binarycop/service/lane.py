"""One lane from frame to wires: find, follow, judge, step the gate, drive the lines, then tell the journal."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from binarycop import verdict
from binarycop.classes import GateStatus
from binarycop.clock import Clock
from binarycop.detection.crop import crop
from binarycop.frames.base import Frame
from binarycop.gate import inputs as gate_inputs
from binarycop.gate import machine
from binarycop.gate.config import GateConfig
from binarycop.gate.events import Cause, GateEvent, GateEventKind
from binarycop.geometry import CropGeometry
from binarycop.journal.events import Event
from binarycop.journal.writers import Journal, Value
from binarycop.lines.lane_io import LaneIo
from binarycop.settings.schema import LaneSettings
from binarycop.tracking.tracker import Tracker

_EVENTS = {
    GateEventKind.PERMIT: Event.PERMIT,
    GateEventKind.REFUSE: Event.REFUSE,
    GateEventKind.REMIND: Event.REMIND,
    GateEventKind.PASSED: Event.PASSED,
    GateEventKind.NOT_PASSED: Event.NOT_PASSED,
    GateEventKind.TAILGATE: Event.TAILGATE,
    GateEventKind.FORCED: Event.FORCED,
    GateEventKind.WITHDRAWN: Event.WITHDRAWN,
}
_DECISIONS = (Event.PERMIT, Event.REFUSE, Event.REMIND)
_NO_ANSWER = "no answer from the finder"


@dataclass
class Counters:
    """What has been counted since the start: ``frames`` is the sum of the three that stand under it.

    scored: frames whose crop got scores; without_face: without a face; unscored: with one, while there was no classifier.
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


@dataclass(frozen=True)
class Snapshot:
    """A lane at one moment, for a person to look at."""

    gate: str
    frame: int
    person: int | None
    status: GateStatus
    phase: machine.Phase
    cause: Cause | None


class Lane:
    """One gate's state, and its way through the rooms. One thread uses it.

    geometry and margin come from the bundle, whose name the journal has beside each decision. clock: the one by which
    frames were captured, to tell how long a decision took from there to the lines; None in a recording's own time.
    Each frame goes ``detect``, ``vote``, ``actuate``; where there is no frame, ``actuate`` alone lets time pass.
    """

    def __init__(
        self,
        settings: LaneSettings,
        pursuit: Tracker,
        wires: LaneIo,
        journal: Journal,
        geometry: CropGeometry,
        margin: int,
        bundle: str,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.counters = Counters()
        self._pursuit, self._wires, self._journal = pursuit, wires, journal
        self._geometry, self._calibrated_margin = geometry, margin
        self._margin = settings.verdict.effective_margin(margin)
        self._bundle, self._clock = bundle, clock
        self._rules = GateConfig.of(settings)
        self._gate = machine.State()
        self._person: int | None = None
        self._poll: verdict.VoteWindow | None = None
        self._told: GateStatus | None = None
        self._frame = 0
        self._captured_s: float | None = None
        self._faults: set[str] = set()
        self._fire = self._override = False
        self._pending: list[tuple[Event, dict[str, Value]]] = []

    def detect(self, frame: Frame, now_s: float) -> NDArray[np.uint8] | None:
        """Find and follow; returns the crop to classify, (32, 32, 3) uint8 RGB, or None where nobody is.

        Raises DetectorError.
        """
        self._frame, self._captured_s = frame.number, frame.captured_s
        self.counters.frames += 1
        sighting = self._pursuit.step(frame, now_s)
        self._watch_detector(now_s)
        self._person_changed(sighting.person, now_s)
        if sighting.box is None:
            self.counters.without_face += 1
            return None
        return crop(frame.pixels, sighting.box, self._geometry)

    def vote(self, scores: Sequence[int], now_s: float) -> None:
        """Count the scores of the crop that ``detect`` gave."""
        self.counters.scored += 1
        person = self._person
        if person is None:
            return
        self._poll = verdict.step(self._poll, person, scores, now_s, self.settings.verdict, self._margin)
        said = self._poll.verdict
        if said is None:
            return
        if said.status is not self._told:
            self._announce(said)
        self._step(gate_inputs.VerdictReached(said.status, said.at_s), now_s)

    def actuate(self, now_s: float) -> None:
        """Read the lane's inputs, let time pass, drive the wires, and only then write the journal.

        Raises LineError where a wire cannot be driven.
        """
        inputs = self._wires.read()
        if inputs.fire != self._fire:
            self._fire = inputs.fire
            self._log(Event.FIRE, state="active" if inputs.fire else "over")
            self._step(gate_inputs.FireChanged(inputs.fire), now_s)
        if inputs.override != self._override:
            self._override = inputs.override
            self._log(Event.OVERRIDE, state="active" if inputs.override else "over")
            self._step(gate_inputs.OverrideChanged(self.settings.gate.override_s if inputs.override else 0.0), now_s)
        if inputs.ready != self._gate.ready:
            self._step(gate_inputs.ReadyChanged(inputs.ready), now_s)
        for _ in range(inputs.passages):
            self._step(gate_inputs.PassageReported(), now_s)
        self._step(gate_inputs.Tick(), now_s)
        permitted = machine.permission(self._gate, self._rules, now_s) is not None
        self._wires.drive(permitted, self.settings.signals.of(machine.display_status(self._gate)).lamps, now_s)
        latency = self._latency()
        for event, values in self._pending:
            more = latency if event in _DECISIONS else {}
            self._journal.write(event, self.settings.name, **values, **more)
        self._pending.clear()

    def apply_settings(self, settings: LaneSettings) -> None:
        """Go on by other settings, from the next step on; sources, finder, wires and the gate's state stay."""
        self.settings = settings
        self._pursuit.apply_settings(settings.faces)
        self._margin = settings.verdict.effective_margin(self._calibrated_margin)
        self._rules = GateConfig.of(settings)

    @property
    def faults(self) -> tuple[str, ...]:
        """What has failed and is not well again."""
        return tuple(sorted(self._faults))

    def fault(self, reason: str, *, active: bool) -> None:
        """Note that something failed, or works again; the gate hears of it in ``apply_faults``."""
        if active == (reason in self._faults):
            return
        (self._faults.add if active else self._faults.discard)(reason)
        self._log(Event.FAULT if active else Event.FAULT_OVER, reason=reason)

    def apply_faults(self, now_s: float) -> None:
        """Tell the gate whether any fault is left; whoever was in front is looked at anew afterwards."""
        if bool(self._faults) == self._gate.fault:
            return
        self._step(gate_inputs.FaultChanged(bool(self._faults)), now_s)
        if self._faults:
            self._forget(now_s)

    def log(self, event: Event, **values: Value) -> None:
        """Have the journal told something of this lane at the next ``actuate``."""
        self._log(event, **values)

    def due_s(self, now_s: float) -> float | None:
        """When after ``now_s`` the lane wants to ``actuate`` though no frame has come; None for never."""
        times = [machine.due_s(self._gate, now_s), self._pursuit.due_s()]
        return min((one for one in times if one is not None and one > now_s), default=None)

    def advance_time(self, now_s: float) -> None:
        """Notice without a frame that the person in front has been out of sight for too long."""
        self._watch_detector(now_s)
        self._person_changed(self._pursuit.advance_time(now_s).person, now_s)

    def detector_busy_s(self, now_s: float) -> float:
        """How long the finder has been at one frame, 0 where it is not."""
        return self._pursuit.waiting_s(now_s)

    def snapshot(self, now_s: float) -> Snapshot:
        """The lane as it stands."""
        return Snapshot(
            self.settings.name,
            self._frame,
            self._person,
            machine.display_status(self._gate),
            self._gate.phase,
            machine.permission(self._gate, self._rules, now_s),
        )

    @property
    def is_energised(self) -> bool:
        """Whether the relay's coil is."""
        return self._wires.coil

    def discard_passages(self) -> None:
        """Forget what the inputs reported while nobody could drive them. Raises LineError."""
        self._wires.read()

    def close(self) -> None:
        """Release the coil and give the wires back; may be called twice. The finder is let go in ``close_detector``."""
        self._wires.close()

    def close_detector(self, timeout_s: float) -> bool:
        """Let the finder go, once the coil is released: False where it hangs and is left behind."""
        return self._pursuit.close(timeout_s)

    def _watch_detector(self, now_s: float) -> None:
        self.fault(_NO_ANSWER, active=self._pursuit.is_late(now_s))

    def _forget(self, now_s: float) -> None:
        """Whoever is in front next is looked at as somebody new."""
        self._pursuit.reset_identities()
        self._person_changed(None, now_s)

    def _person_changed(self, person: int | None, now_s: float) -> None:
        before, self._person = self._person, person
        if person == before:
            return
        if before is not None:
            self._person_left(before, now_s)
        if person is not None:
            # Who was in front before is not counted again.
            self.counters.persons = max(self.counters.persons, person)
            self._log(Event.PERSON, person=person)
            self._step(gate_inputs.PersonArrived(person), now_s)

    def _person_left(self, person: int, now_s: float) -> None:
        poll, self._poll = self._poll, None
        if self._told in (None, GateStatus.UNDECIDED):
            self.counters.undecided += 1
        if self._told is None:
            frames = len(poll.votes) if poll else 0
            self._announce(verdict.Verdict(GateStatus.UNDECIDED, now_s, 0, frames, 0.0), person)
        self._told = None
        self._step(gate_inputs.PersonLeft(), now_s)
        self._log(Event.LEFT, person=person)

    def _announce(self, said: verdict.Verdict, person: int | None = None) -> None:
        self._told = said.status
        self._log(
            Event.VERDICT,
            person=person or self._person,
            **{"class": said.status.value},
            votes=said.votes,
            frames=said.frames,
            margin=round(said.margin, 1),
        )

    def _step(self, event: gate_inputs.GateInput, now_s: float) -> None:
        before = self._gate.phase.value
        self._gate, happened = machine.step(self._gate, event, self._rules, now_s)
        for one in happened:
            self._record(one, {"before": before, "after": self._gate.phase.value}, now_s)

    def _record(self, one: GateEvent, values: dict[str, Value], now_s: float) -> None:
        values |= {"person": one.person, "class": one.status.value}
        if one.cause is not None:
            values["cause"] = one.cause.value
        if one.kind is GateEventKind.PASSED:
            values["by"] = "leaving" if one.inferred else "line"
        event = _EVENTS[one.kind]
        if event in _DECISIONS:
            values["bundle"] = self._bundle
            said = self._poll.verdict if self._poll else None
            if said is not None:
                values |= {"votes": said.votes, "frames": said.frames, "margin": round(said.margin, 1)}
        self._log(event, **values)
        if one.kind is GateEventKind.PERMIT:
            self.counters.permits += 1
        elif one.kind is GateEventKind.REFUSE:
            self.counters.refusals += 1
        elif one.kind is GateEventKind.PASSED:
            self.counters.passed += 1
            if not one.inferred:
                # The lane says they are through: whoever is in front now is looked at as somebody new.
                self._forget(now_s)
        elif one.kind in (GateEventKind.NOT_PASSED, GateEventKind.WITHDRAWN):
            self._poll = None

    def _latency(self) -> dict[str, Value]:
        """From the capture of the frame that this step was about to now, when the lines are driven."""
        captured_s, self._captured_s = self._captured_s, None
        if self._clock is None or captured_s is None:
            return {}
        return {"latency_ms": round((self._clock.now_s() - captured_s) * 1000, 1)}

    def _log(self, event: Event, **values: Value) -> None:
        self._pending.append((event, values))
