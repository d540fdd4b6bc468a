"""One lane, from a frame to its lines: detect, track, vote, step the gate, drive the lines, write the journal."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from binarycop.clock import Clock
from binarycop.detection.crop import crop
from binarycop.frames.base import Frame
from binarycop.gate import inputs as gate_inputs
from binarycop.gate import machine
from binarycop.gate.config import GateConfig
from binarycop.gate.events import GateEventKind
from binarycop.geometry import CropGeometry
from binarycop.journal.events import Event
from binarycop.journal.writers import Journal, Value
from binarycop.lines.lane_io import LaneIo
from binarycop.service.faults import FaultReason, FaultSet
from binarycop.service.journal_entries import Counters, gate_entry, verdict_entry
from binarycop.service.lane_journal import LaneJournal
from binarycop.service.person_votes import PersonVotes
from binarycop.service.snapshot import LaneSnapshot
from binarycop.settings.schema import LaneSettings
from binarycop.tracking.tracker import Tracker
from binarycop.verdict import Verdict


class Lane:
    """One gate with its tracker, its state machine and its lines. One thread uses it.

    Each frame goes through ``detect``, ``vote`` and ``actuate``. Without a new frame, ``advance_time`` and ``actuate``
    let time pass.

    geometry, margin: from the bundle's manifest. bundle: its name and version, for the journal. clock: the clock of the
    frames' ``captured_s``, for the latency of a decision; None for a recording, which has its own time.
    """

    def __init__(
        self,
        settings: LaneSettings,
        tracker: Tracker,
        lane_io: LaneIo,
        journal: Journal,
        geometry: CropGeometry,
        margin: int,
        bundle: str,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.counters = Counters()
        self._tracker, self._io = tracker, lane_io
        self._geometry, self._calibrated_margin = geometry, margin
        self._margin = settings.verdict.effective_margin(margin)
        self._bundle, self._journal = bundle, LaneJournal(journal, settings.name, clock)
        self._config, self._gate = GateConfig.from_settings(settings), machine.State()
        self._front: PersonVotes | None = None
        self._faults = FaultSet()
        self._fire = self._override = False
        self._frame = 0

    def detect(self, frame: Frame, now_s: float) -> NDArray[np.uint8] | None:
        """Find and track faces; returns the front person's crop, (32, 32, 3) uint8 RGB, or None if nobody is visible.

        Raises DetectorError.
        """
        self._frame = frame.number
        self._journal.start_frame(frame.captured_s)
        self.counters.frames += 1
        front = self._tracker.step(frame, now_s)
        self._check_detector(now_s)
        self._set_person(front.person, now_s)
        if front.box is None:
            self.counters.without_face += 1
            return None
        return crop(frame.pixels, front.box, self._geometry)

    def vote(self, scores: Sequence[int], now_s: float) -> None:
        """Count the scores of the crop from ``detect``, and give the gate the verdict if there is one."""
        self.counters.scored += 1
        if self._front is None:
            return
        verdict = self._front.add(scores, now_s, self.settings.verdict, self._margin)
        if verdict is None:
            return
        if verdict.status is not self._front.announced:
            self._announce(self._front, verdict)
        self._step(gate_inputs.VerdictReached(verdict.status, verdict.at_s), now_s)

    def actuate(self, now_s: float) -> None:
        """Read the inputs, let time pass, drive the lines, and only then write the journal, which may be slow.

        Raises LineError if a line cannot be read or driven.
        """
        inputs, gate = self._io.read(now_s), self.settings.gate
        if inputs.fire != self._fire:
            self._fire = inputs.fire
            self.log(Event.FIRE, state="active" if inputs.fire else "over")
            self._step(gate_inputs.FireChanged(inputs.fire), now_s)
        if inputs.override != self._override:
            self._override = inputs.override
            self.log(Event.OVERRIDE, state="active" if inputs.override else "over")
            self._step(gate_inputs.OverrideChanged(gate.override_s if inputs.override else 0.0), now_s)
        if inputs.ready != self._gate.ready:
            self._step(gate_inputs.ReadyChanged(inputs.ready), now_s)
        for _ in range(inputs.passages):
            self._step(gate_inputs.PassageReported(), now_s)
        self._step(gate_inputs.Tick(), now_s)
        signals = self.settings.signals.row_for(machine.display_status(self._gate))
        self._io.drive(machine.permission(self._gate, self._config, now_s) is not None, signals.lamps, now_s)
        self._journal.write()

    def advance_time(self, now_s: float) -> None:
        """Without a new frame: a person whose track is lost for too long leaves."""
        self._check_detector(now_s)
        self._set_person(self._tracker.advance_time(now_s).person, now_s)

    def due_s(self, now_s: float) -> float | None:
        """The next time after ``now_s`` at which the lane needs a step without a frame; None if it needs none."""
        times_s = (machine.due_s(self._gate, now_s), self._tracker.due_s())
        return min((time_s for time_s in times_s if time_s is not None and time_s > now_s), default=None)

    def apply_settings(self, settings: LaneSettings) -> None:
        """Use new settings from the next step on. Source, detector, lines and the gate's state stay."""
        self.settings = settings
        self._tracker.apply_settings(settings.faces)
        self._margin = settings.verdict.effective_margin(self._calibrated_margin)
        self._config = GateConfig.from_settings(settings)

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults that are not over, in words."""
        return self._faults.texts

    def set_fault(self, reason: FaultReason, *, active: bool) -> None:
        """Begin or end a fault. The gate learns of it in ``apply_faults``."""
        event = self._faults.update(reason, active=active)
        if event is not None:
            self.log(event, reason=reason.value)

    def apply_faults(self, now_s: float) -> None:
        """Tell the gate whether there is a fault. A fault resets identities and votes."""
        has_fault = bool(self._faults)
        if has_fault == self._gate.fault:
            return
        self._step(gate_inputs.FaultChanged(has_fault), now_s)
        if has_fault:
            self._reset_person(now_s)

    def log(self, event: Event, **values: Value) -> None:
        """Add an entry that is written to the journal in the next ``actuate``."""
        self._journal.add((event, values))

    def detector_busy_s(self, now_s: float) -> float:
        """For how many seconds the detector has been busy with one frame; 0 if it is not busy."""
        return self._tracker.waiting_s(now_s)

    def snapshot(self, now_s: float) -> LaneSnapshot:
        """How the lane stands now."""
        person, status = self._front.person if self._front else None, machine.display_status(self._gate)
        cause = machine.permission(self._gate, self._config, now_s)
        return LaneSnapshot(self.settings.name, self._frame, person, status, self._gate.phase, cause)

    @property
    def is_relay_on(self) -> bool:
        """Whether the relay's coil is energised."""
        return self._io.is_relay_on

    def discard_passages(self) -> None:
        """Ignore the passages that the inputs reported while they were not driven."""
        self._io.discard_passages()

    def close(self) -> None:
        """Switch the relay off and close the lines; can be called twice. The tracker stays open."""
        self._io.close()

    def _check_detector(self, now_s: float) -> None:
        self.set_fault(FaultReason.NO_DETECTION, active=self._tracker.is_late(now_s))

    def _reset_person(self, now_s: float) -> None:
        """Whoever is in front from now on gets a new number, and new votes."""
        self._tracker.reset_identities()
        self._set_person(None, now_s)

    def _set_person(self, person: int | None, now_s: float) -> None:
        before = self._front
        if person == (before.person if before else None):
            return
        self._front = None if person is None else PersonVotes(person)
        if before is not None:
            self._person_left(before, now_s)
        if person is not None:
            # Numbers only grow, so a person who is in front for the second time is not counted twice.
            self.counters.persons = max(self.counters.persons, person)
            self.log(Event.PERSON, person=person)
            self._step(gate_inputs.PersonArrived(person), now_s)

    def _person_left(self, votes: PersonVotes, now_s: float) -> None:
        self.counters.undecided += votes.is_undecided
        if votes.announced is None:
            self._announce(votes, votes.undecided(now_s))
        self._step(gate_inputs.PersonLeft(), now_s)
        self.log(Event.LEFT, person=votes.person)

    def _announce(self, votes: PersonVotes, verdict: Verdict) -> None:
        votes.announced = verdict.status
        self._journal.add(verdict_entry(votes.person, verdict))

    def _step(self, gate_input: gate_inputs.GateInput, now_s: float) -> None:
        before = self._gate.phase
        self._gate, events = machine.step(self._gate, gate_input, self._config, now_s)
        for event in events:
            verdict = self._front.current_verdict if self._front else None
            self._journal.add(gate_entry(event, verdict, self._bundle, before, self._gate.phase))
            self.counters.count(event)
            if event.kind is GateEventKind.PASSED and not event.inferred:
                # The lane reports that they are through, so somebody else is in front now.
                self._reset_person(now_s)
            elif event.kind in (GateEventKind.NOT_PASSED, GateEventKind.WITHDRAWN) and self._front is not None:
                self._front.discard()
