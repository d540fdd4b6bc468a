"""One lane from frame to wires: find, follow, judge, step the gate, drive the lines, then tell the journal."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from binarycop import verdict
from binarycop.clock import Clock
from binarycop.faces.crop import CropGeometry, crop
from binarycop.faces.pursuit import Pursuit
from binarycop.frames.base import Frame
from binarycop.gate import events, machine
from binarycop.gate.events import Cause, Happening, Outcome
from binarycop.journal.events import Event
from binarycop.journal.writers import Journal, Value
from binarycop.lines.wires import Wires
from binarycop.settings.schema import LaneSettings
from binarycop.wearing import Finding

_EVENTS = {
    Outcome.PERMIT: Event.PERMIT,
    Outcome.REFUSE: Event.REFUSE,
    Outcome.REMIND: Event.REMIND,
    Outcome.PASSED: Event.PASSED,
    Outcome.NOT_PASSED: Event.NOT_PASSED,
    Outcome.TAILGATE: Event.TAILGATE,
    Outcome.FORCED: Event.FORCED,
    Outcome.WITHDRAWN: Event.WITHDRAWN,
}
_DECISIONS = (Event.PERMIT, Event.REFUSE, Event.REMIND)
_NO_ANSWER = "no answer from the finder"


@dataclass
class Tally:
    """What has been counted since the start: ``frames`` is the sum of the three that stand under it.

    judged: frames whose crop got scores; nobody: without a face; unscored: with one, while there was no classifier.
    """

    frames: int = 0
    judged: int = 0
    nobody: int = 0
    unscored: int = 0
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
    finding: Finding
    phase: machine.Phase
    cause: Cause | None


class Lane:
    """One gate's state, and its way through the rooms. One thread uses it.

    geometry and margin come from the bundle, whose name the journal has beside each decision. clock: the one by which
    frames were captured, to tell how long a decision took from there to the lines; None in a recording's own time.
    Each frame goes ``look``, ``judge``, ``settle``; where there is no frame, ``settle`` alone lets time pass.
    """

    def __init__(
        self,
        settings: LaneSettings,
        pursuit: Pursuit,
        wires: Wires,
        journal: Journal,
        geometry: CropGeometry,
        margin: int,
        bundle: str,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.tally = Tally()
        self._pursuit, self._wires, self._journal = pursuit, wires, journal
        self._geometry, self._calibrated_margin = geometry, margin
        self._margin = settings.verdict.least_margin(margin)
        self._bundle, self._clock = bundle, clock
        self._rules = machine.Rules.of(settings)
        self._gate = machine.State()
        self._person: int | None = None
        self._poll: verdict.Poll | None = None
        self._told: Finding | None = None
        self._frame = 0
        self._captured_s: float | None = None
        self._faults: set[str] = set()
        self._fire = self._override = False
        self._pending: list[tuple[Event, dict[str, Value]]] = []

    def look(self, frame: Frame, now_s: float) -> NDArray[np.uint8] | None:
        """Find and follow; returns the crop to classify, (32, 32, 3) uint8 RGB, or None where nobody is.

        Raises FinderError.
        """
        self._frame, self._captured_s = frame.number, frame.captured_s
        self.tally.frames += 1
        sighting = self._pursuit.step(frame, now_s)
        self._watch_finder(now_s)
        self._meet(sighting.person, now_s)
        if sighting.box is None:
            self.tally.nobody += 1
            return None
        return crop(frame.pixels, sighting.box, self._geometry)

    def judge(self, scores: Sequence[int], now_s: float) -> None:
        """Count the scores of the crop that ``look`` gave."""
        self.tally.judged += 1
        person = self._person
        if person is None:
            return
        self._poll = verdict.step(self._poll, person, scores, now_s, self.settings.verdict, self._margin)
        said = self._poll.verdict
        if said is None:
            return
        if said.finding is not self._told:
            self._announce(said)
        self._step(events.Judged(said.finding, said.at_s), now_s)

    def settle(self, now_s: float) -> None:
        """Read the lane's inputs, let time pass, drive the wires, and only then write the journal.

        Raises LineError where a wire cannot be driven.
        """
        inputs = self._wires.read()
        if inputs.fire != self._fire:
            self._fire = inputs.fire
            self._say(Event.FIRE, state="active" if inputs.fire else "over")
            self._step(events.Fire(inputs.fire), now_s)
        if inputs.override != self._override:
            self._override = inputs.override
            self._say(Event.OVERRIDE, state="active" if inputs.override else "over")
            self._step(events.Override(self.settings.gate.override_s if inputs.override else 0.0), now_s)
        if inputs.ready != self._gate.ready:
            self._step(events.Ready(inputs.ready), now_s)
        for _ in range(inputs.passages):
            self._step(events.Passed(), now_s)
        self._step(events.Tick(), now_s)
        permitted = machine.permission(self._gate, self._rules, now_s) is not None
        self._wires.show(permitted, self.settings.signals.of(machine.shows(self._gate)).lamps, now_s)
        latency = self._latency()
        for event, values in self._pending:
            more = latency if event in _DECISIONS else {}
            self._journal.write(event, self.settings.name, **values, **more)
        self._pending.clear()

    def adopt(self, settings: LaneSettings) -> None:
        """Go on by other settings, from the next step on; sources, finder, wires and the gate's state stay."""
        self.settings = settings
        self._pursuit.adopt(settings.faces)
        self._margin = settings.verdict.least_margin(self._calibrated_margin)
        self._rules = machine.Rules.of(settings)

    @property
    def faults(self) -> tuple[str, ...]:
        """What has failed and is not well again."""
        return tuple(sorted(self._faults))

    def fault(self, reason: str, *, active: bool) -> None:
        """Note that something failed, or works again; the gate hears of it in ``apply_faults``."""
        if active == (reason in self._faults):
            return
        (self._faults.add if active else self._faults.discard)(reason)
        self._say(Event.FAULT if active else Event.FAULT_OVER, reason=reason)

    def apply_faults(self, now_s: float) -> None:
        """Tell the gate whether any fault is left; whoever was in front is looked at anew afterwards."""
        if bool(self._faults) == self._gate.fault:
            return
        self._step(events.Fault(bool(self._faults)), now_s)
        if self._faults:
            self._forget(now_s)

    def note(self, event: Event, **values: Value) -> None:
        """Have the journal told something of this lane at the next ``settle``."""
        self._say(event, **values)

    def due_s(self, now_s: float) -> float | None:
        """When after ``now_s`` the lane wants to ``settle`` though no frame has come; None for never."""
        times = [machine.due_s(self._gate, now_s), self._pursuit.due_s()]
        return min((one for one in times if one is not None and one > now_s), default=None)

    def let_go(self, now_s: float) -> None:
        """Notice without a frame that the person in front has been out of sight for too long."""
        self._watch_finder(now_s)
        self._meet(self._pursuit.let_time_pass(now_s).person, now_s)

    def finder_busy_s(self, now_s: float) -> float:
        """How long the finder has been at one frame, 0 where it is not."""
        return self._pursuit.waiting_s(now_s)

    def snapshot(self, now_s: float) -> Snapshot:
        """The lane as it stands."""
        return Snapshot(
            self.settings.name,
            self._frame,
            self._person,
            machine.shows(self._gate),
            self._gate.phase,
            machine.permission(self._gate, self._rules, now_s),
        )

    @property
    def is_energised(self) -> bool:
        """Whether the relay's coil is."""
        return self._wires.coil

    def overlook_passages(self) -> None:
        """Forget what the inputs reported while nobody could drive them. Raises LineError."""
        self._wires.read()

    def close(self) -> None:
        """Release the coil and give the wires back; may be called twice. The finder is let go in ``stop_looking``."""
        self._wires.close()

    def stop_looking(self, timeout_s: float) -> bool:
        """Let the finder go, once the coil is released: False where it hangs and is left behind."""
        return self._pursuit.close(timeout_s)

    def _watch_finder(self, now_s: float) -> None:
        self.fault(_NO_ANSWER, active=self._pursuit.is_late(now_s))

    def _forget(self, now_s: float) -> None:
        """Whoever is in front next is looked at as somebody new."""
        self._pursuit.forget()
        self._meet(None, now_s)

    def _meet(self, person: int | None, now_s: float) -> None:
        before, self._person = self._person, person
        if person == before:
            return
        if before is not None:
            self._see_off(before, now_s)
        if person is not None:
            # Who was in front before is not counted again.
            self.tally.persons = max(self.tally.persons, person)
            self._say(Event.PERSON, person=person)
            self._step(events.Seen(person), now_s)

    def _see_off(self, person: int, now_s: float) -> None:
        poll, self._poll = self._poll, None
        if self._told in (None, Finding.UNDECIDED):
            self.tally.undecided += 1
        if self._told is None:
            frames = len(poll.ballots) if poll else 0
            self._announce(verdict.Verdict(Finding.UNDECIDED, now_s, 0, frames, 0.0), person)
        self._told = None
        self._step(events.Left(), now_s)
        self._say(Event.LEFT, person=person)

    def _announce(self, said: verdict.Verdict, person: int | None = None) -> None:
        self._told = said.finding
        self._say(
            Event.VERDICT,
            person=person or self._person,
            **{"class": said.finding.value},
            votes=said.votes,
            frames=said.frames,
            margin=round(said.margin, 1),
        )

    def _step(self, event: events.Event, now_s: float) -> None:
        before = self._gate.phase.value
        self._gate, happened = machine.step(self._gate, event, self._rules, now_s)
        for one in happened:
            self._take(one, {"before": before, "after": self._gate.phase.value}, now_s)

    def _take(self, one: Happening, values: dict[str, Value], now_s: float) -> None:
        values |= {"person": one.person, "class": one.finding.value}
        if one.cause is not None:
            values["cause"] = one.cause.value
        if one.outcome is Outcome.PASSED:
            values["by"] = "leaving" if one.inferred else "line"
        event = _EVENTS[one.outcome]
        if event in _DECISIONS:
            values["bundle"] = self._bundle
            said = self._poll.verdict if self._poll else None
            if said is not None:
                values |= {"votes": said.votes, "frames": said.frames, "margin": round(said.margin, 1)}
        self._say(event, **values)
        if one.outcome is Outcome.PERMIT:
            self.tally.permits += 1
        elif one.outcome is Outcome.REFUSE:
            self.tally.refusals += 1
        elif one.outcome is Outcome.PASSED:
            self.tally.passed += 1
            if not one.inferred:
                # The lane says they are through: whoever is in front now is looked at as somebody new.
                self._forget(now_s)
        elif one.outcome in (Outcome.NOT_PASSED, Outcome.WITHDRAWN):
            self._poll = None

    def _latency(self) -> dict[str, Value]:
        """From the capture of the frame that this step was about to now, when the lines are driven."""
        captured_s, self._captured_s = self._captured_s, None
        if self._clock is None or captured_s is None:
            return {}
        return {"latency_ms": round((self._clock.now_s() - captured_s) * 1000, 1)}

    def _say(self, event: Event, **values: Value) -> None:
        self._pending.append((event, values))
