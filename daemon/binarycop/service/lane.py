"""One lane, from what it sees to its lines: vote, step the gate, drive the lines, write the journal."""

from collections.abc import Sequence
from math import inf

from binarycop.classes import Outcome
from binarycop.clock import Clock
from binarycop.frames.source_event import SourceEventKind
from binarycop.gate import inputs as gate_inputs
from binarycop.gate.config import GateConfig
from binarycop.gate.events import Cause, GateEventKind
from binarycop.gate.machine import step
from binarycop.gate.state import Grant, Phase, State, display_status, due_s, permission
from binarycop.gate.vote_interval import vote_interval_s
from binarycop.journal.events import Event
from binarycop.journal.writers import Journal, Value
from binarycop.lines.lane_io import LaneInputs, LaneIo
from binarycop.record import replace
from binarycop.service.faults import FaultReason, FaultSet
from binarycop.service.frame_rate import FrameRate
from binarycop.service.journal_entries import Counters, gate_entry, verdict_entry
from binarycop.service.lane_journal import LaneJournal
from binarycop.service.perception import LaneView, Sighting
from binarycop.service.person_votes import PersonVotes
from binarycop.service.sleep import Signs, Waker
from binarycop.service.snapshot import LaneDetails, LaneSnapshot
from binarycop.settings.gate import Fail
from binarycop.settings.schema import LaneSettings
from binarycop.trace import NO_TRACER, Stage, Tracer
from binarycop.verdict import Verdict

_REST_S = 0.01  # without news: the frames of other lanes do not cause a step of this lane each


class Lane:
    """One gate with its state machine and its lines. One thread uses it, which never waits for a frame.

    A step is ``see``, then ``drive``. It must be done often, even while no frame comes.

    view: asked for new identities and settings. margin: from the bundle's manifest. bundle: its name and version, for
    the journal. clock: read again right before the lines are driven, and for the latency of a decision; None for a
    recording, which has its own time. spares_votes: classify people only as often as the gate needs. source_end: the
    loop sets it when the lane's recording is over, and how.
    """

    def __init__(
        self,
        settings: LaneSettings,
        view: LaneView,
        lane_io: LaneIo,
        journal: Journal,
        margin: int,
        bundle: str,
        clock: Clock | None = None,
        tracer: Tracer = NO_TRACER,
        *,
        spares_votes: bool = False,
    ) -> None:
        self.settings, self._spares_votes = settings, spares_votes
        self.counters = Counters()
        self.source_end: SourceEventKind | None = None
        self._view, self._io, self._tracer = view, lane_io, tracer
        self._calibrated_margin = margin
        self._margin = settings.verdict.effective_margin(margin)
        self._clock, self._bundle, self._journal = clock, bundle, LaneJournal(journal, settings.name, clock)
        self._config, self._gate = GateConfig.from_settings(settings), State()
        self._front: PersonVotes | None = None
        self._front_due_s: float | None = None
        self._driven_grant: Grant | None = None
        self._faults = FaultSet()
        self._fire = self._override = self._has_new_input = False
        self._inputs: LaneInputs | None = None
        self._seen_s = -inf
        self._moved_s, self._has_face = -inf, False
        self._face_s: float | None = None
        self._frame, self._frame_rate = 0, FrameRate()

    def see(self, sighting: Sighting | None, now_s: float, *, is_asleep: bool = False) -> None:
        """Read the inputs, and take what the lane sees: who is in front, and the vote of that person's crop.

        sighting: None if there is nothing new. is_asleep: the service asks for few frames. Inputs and vote belong
        together: no new verdict is judged by old inputs, and no new input by an old verdict. Raises LineError if a line
        cannot be read.
        """
        self._seen_s = now_s
        if is_asleep:
            self._frame_rate.pause()
        elif sighting is not None and sighting.captured_s is not None:
            self._count_rate(sighting.captured_s)
        verdict = self._see_person(sighting, now_s) if sighting is not None else None
        front = self._front
        self._read_inputs(now_s)
        if verdict is not None and front is not None and front is self._front:
            # Votes are discarded if the permission that they gave has just ended.
            is_valid = front.current_verdict is verdict
            self._step(_reached(verdict) if is_valid else gate_inputs.VerdictLapsed(), now_s)
        if self._spares_votes:
            self._view.request_crop_interval(vote_interval_s(self._gate, self._config, self.settings.verdict))

    def is_due(self, sighting: Sighting | None, now_s: float) -> bool:
        """Whether the lane needs a step now: for a frame, a fault or a deadline, otherwise every ``_REST_S``."""
        if (sighting is not None and sighting.number is not None) or now_s - self._seen_s >= _REST_S:
            return True
        due_s = self.due_s(self._seen_s)
        return bool(self._faults) != self._gate.fault or (due_s is not None and due_s <= now_s)

    def signs(self, now_s: float) -> Signs:
        """The signs that keep the service awake, after ``see``: any doubt, and a relay that is about to be on."""
        is_relay_on = (permission(self._gate, self._config, now_s) is None) == (self.settings.gate.fail is Fail.OPEN)
        waker = None
        if self._faults:
            waker = Waker.FAULT
        elif self._has_face or self._front is not None:
            waker = Waker.FACE
        elif self._fire or self._override or self._has_new_input:
            waker = Waker.INPUT
        elif is_relay_on or self._gate.phase is not Phase.IDLE:
            waker = Waker.GATE
        return Signs(self._moved_s, waker)

    def drive(self, now_s: float) -> None:
        """Let time pass until now, and drive the lines.

        Raises LineError if a line cannot be driven.
        """
        # A permission ends by the clock: `now_s` can be old if the loop was late.
        now_s = now_s if self._clock is None else max(now_s, self._clock.now_s())
        self._step(gate_inputs.Tick(), now_s)
        signals = self.settings.signals.row_for(display_status(self._gate))
        cause = permission(self._gate, self._config, now_s)
        with self._tracer.span(Stage.LINES):
            self._io.drive(cause is not None, signals.lamps, now_s, renews=self._renews(cause))
        self._journal.end_frame()
        for detail in self._io.take_output_faults():
            self.log(Event.OUTPUT_DIFFERS, detail=detail)
        self.set_fault(FaultReason.OUTPUT, active=self._io.output_fault is not None)

    def write_journal(self) -> None:
        """Write the entries of this step. Call it after ``drive``, since a journal may be slow."""
        with self._tracer.span(Stage.JOURNAL):
            self._journal.write()

    def due_s(self, now_s: float) -> float | None:
        """The next time after ``now_s`` at which the lane needs a step without a frame; None if it needs none."""
        times_s = (due_s(self._gate, self._config, now_s), self._front_due_s)
        return min((time_s for time_s in times_s if time_s is not None and time_s > now_s), default=None)

    def apply_settings(self, settings: LaneSettings) -> None:
        """Use new settings from the next step on, also for a permission that is on. Source, detector and lines stay."""
        self.settings = settings
        self._view.request_settings(settings.faces)
        self._margin = settings.verdict.effective_margin(self._calibrated_margin)
        self._config = GateConfig.from_settings(settings)

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults that are not over, in words."""
        return self._faults.texts

    def set_fault(self, reason: FaultReason, *, active: bool) -> None:
        """Begin or end a fault. ``apply_faults`` passes it to the gate."""
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
        """Add an entry that the next ``write_journal`` writes."""
        self._journal.add((event, values))

    def snapshot(self, now_s: float) -> LaneSnapshot:
        """The state of the lane now."""
        status, cause = display_status(self._gate), permission(self._gate, self._config, now_s)
        front = (self._front.person, self._front.outcome, self._front.face_px) if self._front else (None, None, None)
        return LaneSnapshot(self.settings.name, self._frame, front[0], status, self._gate.phase, cause, *front[1:])

    def details(self) -> LaneDetails:
        """Further details of the lane's state now. It reads each wire."""
        front = self._front
        evidence = None if front is None else front.evidence.values(front.outcome, self._margin)
        journal = self._journal
        return LaneDetails(
            evidence, journal.verdict, journal.decision, self._face_s, self._io.levels(), self._frame_rate.seldom_s
        )

    @property
    def is_relay_on(self) -> bool:
        """Whether the relay's coil is energised."""
        return self._io.is_relay_on

    def discard_passages(self) -> None:
        """Ignore the passages that the inputs reported while they were not driven."""
        self._io.discard_passages()

    def close(self) -> None:
        """Switch the relay off and close the lines; can be called twice."""
        self._io.close()

    def _renews(self, cause: Cause | None) -> bool:
        """Whether the permission is not the one of the last step, or has no limit of its own."""
        before, self._driven_grant = self._driven_grant, self._gate.grant
        if cause in (Cause.VERDICT, Cause.REMINDED):
            # Without a grant nothing is renewed: then the dead-man timer ends a permission that goes on.
            return self._gate.grant is not None and (before is None or before.at_s != self._gate.grant.at_s)
        return cause is not None

    def _see_person(self, sighting: Sighting, now_s: float) -> Verdict | None:
        """Take who is in front, and their vote. Returns the verdict, which gives no permission yet, if there is one."""
        captured_s = sighting.captured_s
        if sighting.number is not None and captured_s is not None:
            self._frame = sighting.number
            self._journal.start_frame(captured_s)
            self.counters.count_frame(is_visible=sighting.box is not None, has_scores=sighting.scores is not None)
        self._moved_s, self._has_face = sighting.moved_s, sighting.has_face
        if sighting.has_face:
            self._face_s = now_s if captured_s is None else captured_s
        self.set_fault(FaultReason.NO_DETECTION, active=sighting.is_detector_late)
        for across, down in sighting.still_faces:
            self.log(Event.STILL_FACE, across=across, down=down)
        if sighting.resets != self._view.requested_resets:
            # It was made before a passage or a fault that gives the person in front a new number.
            return None
        self._front_due_s = sighting.due_s
        self._set_person(sighting.person, sighting.presence, now_s, sighting.gaps)
        if self._front is not None and self._front.see_gaps(sighting.gaps):
            self._step(gate_inputs.VerdictLapsed(), now_s)
        if self._front is not None and sighting.box is not None and sighting.light is not None:
            self._front.see_face(sighting.box.width_px, sighting.light)
        if self._front is None or sighting.scores is None or captured_s is None:
            return None
        return self._vote(self._front, sighting.scores, captured_s, now_s)

    def _count_rate(self, captured_s: float) -> None:
        """Report once when frames begin to come too seldom for a verdict, and when that is over."""
        needed_s = 1 / self.settings.verdict.needed_hz
        has_changed = self._frame_rate.add(captured_s, needed_s)
        seldom_s = self._frame_rate.seldom_s
        if seldom_s is not None:
            self.counters.most_interval_s = max(self.counters.most_interval_s, seldom_s)
        if not has_changed:
            return
        if seldom_s is None:
            self.log(Event.FRAMES_OFTEN)
        else:
            self.log(Event.FRAMES_SELDOM, every_ms=round(1000 * seldom_s), needed_ms=round(1000 * needed_s))

    def _read_inputs(self, now_s: float) -> None:
        with self._tracer.span(Stage.LINES):
            inputs = self._io.read(now_s)
        self._has_new_input, self._inputs = inputs != self._inputs, inputs
        if inputs.passages_lost:
            self.log(Event.PASSAGES_LOST, count=inputs.passages_lost)
        if self._gate.ready and not inputs.ready:
            # First, since every later step may give a permission.
            self._step(gate_inputs.ReadyChanged(False), now_s)
        if inputs.fire != self._fire:
            self._fire = inputs.fire
            self.log(Event.FIRE, state="active" if inputs.fire else "over")
            self._step(gate_inputs.FireChanged(inputs.fire), now_s)
        if inputs.override != self._override:
            self._override = inputs.override
            self.log(Event.OVERRIDE, state="active" if inputs.override else "over")
            self._step(gate_inputs.OverrideChanged(inputs.override), now_s)
        for _ in range(inputs.passages):
            self._step(gate_inputs.PassageReported(), now_s)
        if inputs.ready and not self._gate.ready:
            self._step(gate_inputs.ReadyChanged(True), now_s)

    def _vote(self, front: PersonVotes, scores: Sequence[int], captured_s: float, now_s: float) -> Verdict | None:
        with self._tracer.span(Stage.VOTE):
            verdict = front.add(scores, captured_s, self.settings.verdict, self._margin)
        if verdict is None:
            self._step(gate_inputs.VerdictLapsed(), now_s)
            return None
        if verdict.status is not front.announced:
            self._announce(front, verdict, front.outcome)
        # It ends permissions at once. A permission that it gives has to wait for the inputs.
        self._step(replace(_reached(verdict), is_contradicted=True), now_s)
        return verdict

    def _reset_person(self, now_s: float) -> None:
        """The person in front gets a new number from now on, and new votes."""
        self._view.request_reset()
        self._front_due_s = None
        self._set_person(None, None, now_s)

    def _set_person(self, person: int | None, presence: int | None, now_s: float, gaps: int = 0) -> None:
        before = self._front
        if person == (before.person if before else None):
            return
        self._front = None if person is None else PersonVotes(person, gaps=gaps)
        if before is not None:
            self._person_left(before, now_s)
        if person is not None:
            # Numbers only grow, so a person who is in front for the second time is not counted twice.
            self.counters.persons = max(self.counters.persons, person)
            self.log(Event.PERSON, person=person)
            self._step(gate_inputs.PersonArrived(person, presence), now_s)

    def _person_left(self, votes: PersonVotes, now_s: float) -> None:
        self.counters.undecided += votes.is_undecided
        if votes.announced is None:
            self._announce(votes, votes.undecided(now_s), Outcome.LEFT)
        self._step(gate_inputs.PersonLeft(), now_s)
        self.log(Event.LEFT, person=votes.person)

    def _announce(self, votes: PersonVotes, verdict: Verdict, outcome: Outcome) -> None:
        votes.announced = verdict.status
        self._journal.add(verdict_entry(votes.person, verdict, votes.evidence.values(outcome, self._margin)))

    def _step(self, gate_input: gate_inputs.GateInput, now_s: float) -> None:
        before = self._gate.phase
        with self._tracer.span(Stage.GATE):
            self._gate, events = step(self._gate, gate_input, self._config, now_s)
        for event in events:
            front = self._front
            verdict = front.current_verdict if front else None
            evidence = front.evidence.values(front.outcome, self._margin) if front else None
            self._journal.add(gate_entry(event, verdict, self._bundle, before, self._gate.phase, evidence))
            self.counters.count(event)
            if event.kind is GateEventKind.PASSED and not event.inferred:
                # The lane reports that the person has passed, so somebody else is in front now.
                self._reset_person(now_s)
            elif event.kind in (GateEventKind.NOT_PASSED, GateEventKind.WITHDRAWN) and self._front is not None:
                self._front.discard()


def _reached(verdict: Verdict) -> gate_inputs.VerdictReached:
    return gate_inputs.VerdictReached(verdict.status, verdict.at_s, verdict.is_contradicted)
