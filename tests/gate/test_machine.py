"""The gate's state machine: what each policy gives, when it ends, and what is above it."""

from dataclasses import replace

from binarycop.classes import GateStatus
from binarycop.gate import machine
from binarycop.gate.events import (
    Cause,
    FaultChanged,
    FireChanged,
    GateEvent,
    GateEventKind,
    GateInput,
    OverrideChanged,
    PassageReported,
    PersonArrived,
    PersonLeft,
    ReadyChanged,
    Tick,
    VerdictReached,
)
from binarycop.gate.machine import GateConfig, Phase, State
from binarycop.settings.gate import Contact, Fail, FireLevel, GateSettings, Policy
from binarycop.settings.schema import LaneSettings


class Gate:
    """A machine with a hand on its clock."""

    def __init__(self, *, has_passed: bool = True, **settings: object) -> None:
        gate = replace(GateSettings(), **settings)  # type: ignore[arg-type]
        self.rules = replace(GateConfig.of(LaneSettings(gate=gate)), has_passed=has_passed)
        self.state, self.now_s = State(), 100.0
        self.happened: list[GateEvent] = []

    def take(self, *events: GateInput) -> "Gate":
        for event in events:
            self.state, happened = machine.step(self.state, event, self.rules, self.now_s)
            self.happened += happened
        return self

    def wait(self, seconds: float) -> "Gate":
        self.now_s += seconds
        return self.take(Tick())

    def judged(self, finding: GateStatus, age_s: float = 0.0) -> "Gate":
        return self.take(VerdictReached(finding, self.now_s - age_s))

    @property
    def cause(self) -> Cause | None:
        return machine.permission(self.state, self.rules, self.now_s)

    @property
    def outcomes(self) -> list[GateEventKind]:
        return [one.kind for one in self.happened]


def test_a_correct_mask_gets_a_pulse_and_no_more() -> None:
    gate = Gate(pulse_s=0.5).take(PersonArrived(1)).judged(GateStatus.CORRECT)
    assert gate.cause is Cause.VERDICT
    assert gate.wait(0.49).cause is Cause.VERDICT
    assert gate.wait(0.02).cause is None
    assert gate.state.phase is Phase.AWAITING
    assert gate.judged(GateStatus.CORRECT).cause is None
    assert gate.outcomes == [GateEventKind.PERMIT]


def test_a_held_contact_ends_with_the_passage_or_its_limit() -> None:
    gate = (
        Gate(contact=Contact.HOLD, hold_s=8, pass_timeout_s=10)
        .take(PersonArrived(1))
        .judged(GateStatus.CORRECT)
        .wait(3)
    )
    assert gate.cause is Cause.VERDICT
    assert gate.take(PassageReported()).cause is None
    gate = Gate(contact=Contact.HOLD, hold_s=8, pass_timeout_s=10).take(PersonArrived(1)).judged(GateStatus.CORRECT)
    assert gate.wait(8).cause is None
    assert gate.wait(2).outcomes == [GateEventKind.PERMIT, GateEventKind.NOT_PASSED]


def test_a_mask_worn_wrongly_is_refused_once_for_each_class() -> None:
    gate = (
        Gate()
        .take(PersonArrived(1))
        .judged(GateStatus.NOSE)
        .judged(GateStatus.NOSE)
        .judged(GateStatus.CHIN)
        .judged(GateStatus.CHIN)
    )
    assert gate.cause is None
    assert [one.status for one in gate.happened] == [GateStatus.NOSE, GateStatus.CHIN]
    assert set(gate.outcomes) == {GateEventKind.REFUSE}


def test_who_puts_the_mask_right_after_a_refusal_is_let_through() -> None:
    gate = Gate().take(PersonArrived(1)).judged(GateStatus.NOSE).wait(1).judged(GateStatus.CORRECT)
    assert gate.cause is Cause.VERDICT
    assert gate.outcomes == [GateEventKind.REFUSE, GateEventKind.PERMIT]


def test_an_old_verdict_opens_nothing() -> None:
    assert Gate(fresh_s=1).take(PersonArrived(1)).judged(GateStatus.CORRECT, age_s=1.1).cause is None
    assert Gate(fresh_s=1).take(PersonArrived(1)).judged(GateStatus.CORRECT, age_s=-1).cause is None
    assert Gate().judged(GateStatus.CORRECT).cause is None


def test_a_verdict_waits_for_a_lane_that_is_not_ready_but_not_for_long() -> None:
    gate = Gate(fresh_s=1).take(ReadyChanged(False), PersonArrived(1)).judged(GateStatus.CORRECT)
    assert gate.cause is None
    assert gate.wait(0.5).take(ReadyChanged(True)).cause is Cause.VERDICT
    gate = Gate(fresh_s=1).take(ReadyChanged(False), PersonArrived(1)).judged(GateStatus.CORRECT)
    assert gate.wait(1.5).take(ReadyChanged(True)).cause is None


def test_policy_off_holds_the_permission_and_says_so() -> None:
    gate = Gate(policy=Policy.OFF)
    assert gate.cause is Cause.POLICY_OFF
    assert gate.take(PersonArrived(1)).judged(GateStatus.NOSE).wait(100).cause is Cause.POLICY_OFF
    assert gate.outcomes == []


def test_remind_lets_through_after_its_reminder() -> None:
    gate = Gate(policy=Policy.REMIND, remind_s=4).take(PersonArrived(1)).judged(GateStatus.NOSE)
    assert (gate.cause, gate.outcomes) == (None, [GateEventKind.REMIND])
    assert gate.wait(3.9).cause is None
    assert gate.wait(0.1).cause is Cause.REMINDED
    assert gate.outcomes == [GateEventKind.REMIND, GateEventKind.PERMIT]


def test_remind_gives_nothing_to_who_walks_away_and_comes_back() -> None:
    gate = (
        Gate(policy=Policy.REMIND, remind_s=4).take(PersonArrived(1)).judged(GateStatus.NOSE).wait(3).take(PersonLeft())
    )
    assert gate.wait(2).cause is None
    assert gate.take(PersonArrived(2)).judged(GateStatus.NOSE).wait(3).cause is None


def test_after_a_passage_nothing_is_given_for_a_while_and_then_only_for_a_new_verdict() -> None:
    gate = (
        Gate(refractory_s=2)
        .take(PersonArrived(1))
        .judged(GateStatus.CORRECT)
        .take(PassageReported(), PersonArrived(2))
        .judged(GateStatus.CORRECT)
    )
    assert gate.cause is None
    assert gate.wait(2.1).cause is None
    assert gate.judged(GateStatus.CORRECT).cause is Cause.VERDICT


def test_a_passage_without_permission_is_told() -> None:
    assert Gate().take(PassageReported()).outcomes == [GateEventKind.FORCED]
    assert Gate().take(PersonArrived(1)).judged(GateStatus.NOSE).take(PassageReported()).outcomes == [
        GateEventKind.REFUSE,
        GateEventKind.FORCED,
    ]
    behind = (
        Gate(refractory_s=1)
        .take(PersonArrived(1))
        .judged(GateStatus.CORRECT)
        .take(PassageReported(), PassageReported())
    )
    assert behind.outcomes == [GateEventKind.PERMIT, GateEventKind.PASSED, GateEventKind.TAILGATE]
    assert Gate(policy=Policy.OFF).take(PassageReported()).happened == [
        GateEvent(GateEventKind.PASSED, None, GateStatus.NOBODY, Cause.POLICY_OFF)
    ]


def test_without_a_passed_line_leaving_after_a_permission_counts_as_passing() -> None:
    gate = Gate(has_passed=False).take(PersonArrived(1)).judged(GateStatus.CORRECT).wait(1).take(PersonLeft())
    assert gate.happened[-1] == GateEvent(GateEventKind.PASSED, 1, GateStatus.CORRECT, Cause.VERDICT, inferred=True)
    gate = (
        Gate(has_passed=False, contact=Contact.HOLD)
        .take(PersonArrived(1))
        .judged(GateStatus.CORRECT)
        .wait(1)
        .take(PersonLeft())
    )
    assert gate.happened[-1].kind is GateEventKind.PASSED
    assert gate.cause is None


def test_a_pulse_runs_to_its_end_when_its_person_leaves_and_no_longer() -> None:
    gate = (
        Gate(has_passed=False, pulse_s=0.5)
        .take(PersonArrived(1))
        .judged(GateStatus.CORRECT)
        .wait(0.1)
        .take(PersonLeft())
    )
    assert gate.cause is Cause.VERDICT
    assert machine.display_status(gate.state) is GateStatus.NOBODY
    assert gate.wait(0.39).cause is Cause.VERDICT
    assert gate.outcomes == [GateEventKind.PERMIT]
    assert gate.wait(0.02).cause is None
    assert gate.happened[-1] == GateEvent(GateEventKind.PASSED, 1, GateStatus.CORRECT, Cause.VERDICT, inferred=True)
    assert gate.state.phase is Phase.REFRACTORY


def test_a_pulse_never_outlasts_the_moment_that_somebody_else_is_in_front() -> None:
    for between in ((), (PersonLeft(),)):
        gate = Gate(has_passed=False).take(PersonArrived(1)).judged(GateStatus.CORRECT).take(*between, PersonArrived(2))
        assert gate.cause is None
        assert gate.happened[-1] == GateEvent(GateEventKind.PASSED, 1, GateStatus.CORRECT, Cause.VERDICT, inferred=True)
        assert gate.wait(1.1).judged(GateStatus.CORRECT).cause is Cause.VERDICT


def test_fire_and_fault_end_a_pulse_whose_person_has_left() -> None:
    for above in (FaultChanged(True), FireChanged(True)):
        gate = (
            Gate(has_passed=False, fire_level=FireLevel.WITHHOLD)
            .take(PersonArrived(1))
            .judged(GateStatus.CORRECT)
            .take(PersonLeft())
        )
        assert gate.take(above).cause is None
        assert gate.outcomes == [GateEventKind.PERMIT, GateEventKind.WITHDRAWN]


def test_with_a_passed_line_leaving_the_picture_does_not_end_a_held_contact() -> None:
    gate = Gate(contact=Contact.HOLD).take(PersonArrived(1)).judged(GateStatus.CORRECT).wait(1).take(PersonLeft())
    assert gate.cause is Cause.VERDICT


def test_fire_is_above_everything_and_ends_what_was_going_on() -> None:
    gate = Gate(fire_level=FireLevel.PERMIT).take(FaultChanged(True), FireChanged(True))
    assert gate.cause is Cause.FIRE
    gate = Gate(fire_level=FireLevel.WITHHOLD, policy=Policy.OFF).take(OverrideChanged(60), FireChanged(True))
    assert gate.cause is None
    assert gate.take(FireChanged(False)).cause is Cause.OVERRIDE
    gate = (
        Gate(fire_level=FireLevel.WITHHOLD)
        .take(PersonArrived(1))
        .judged(GateStatus.CORRECT)
        .take(FireChanged(True), FireChanged(False))
    )
    assert gate.wait(5).cause is None
    assert gate.outcomes == [GateEventKind.PERMIT, GateEventKind.WITHDRAWN]


def test_a_fault_gives_what_the_wiring_gives_and_shows_itself() -> None:
    gate = Gate(fail=Fail.SECURE).take(PersonArrived(1)).judged(GateStatus.CORRECT).take(FaultChanged(True))
    assert gate.cause is None
    assert machine.display_status(gate.state) is GateStatus.FAULT
    assert Gate(fail=Fail.OPEN).take(FaultChanged(True)).cause is Cause.FAULT_OPEN


def test_an_override_expires() -> None:
    gate = Gate().take(OverrideChanged(30))
    assert gate.wait(29).cause is Cause.OVERRIDE
    assert gate.wait(1).cause is None
    assert Gate().take(OverrideChanged(30), OverrideChanged(0)).cause is None


def test_the_machine_says_when_it_wants_to_be_woken() -> None:
    gate = Gate(pulse_s=0.5, pass_timeout_s=10, refractory_s=1)
    assert machine.due_s(gate.state, gate.now_s) is None
    gate.take(PersonArrived(1)).judged(GateStatus.CORRECT)
    assert machine.due_s(gate.state, gate.now_s) == 100.5
    gate.wait(0.5)
    assert machine.due_s(gate.state, gate.now_s) == 110.0
    gate.wait(9.5)
    assert machine.due_s(gate.state, gate.now_s) == 111.0


def test_what_the_lamps_show() -> None:
    gate = Gate()
    assert machine.display_status(gate.state) is GateStatus.NOBODY
    assert machine.display_status(gate.take(PersonArrived(1)).state) is GateStatus.UNDECIDED
    assert machine.display_status(gate.judged(GateStatus.CHIN).state) is GateStatus.CHIN
    assert machine.display_status(gate.take(PersonLeft()).state) is GateStatus.NOBODY
