"""The gate's state machine: what each policy gives, when it ends, and what is above it."""

from dataclasses import replace

from binarycop.gate import machine
from binarycop.gate.events import (
    Cause,
    Event,
    Fault,
    Fire,
    Happening,
    Judged,
    Left,
    Outcome,
    Override,
    Passed,
    Ready,
    Seen,
    Tick,
)
from binarycop.gate.machine import Phase, Rules, State
from binarycop.settings.schema import Contact, Fail, FireLevel, GateSettings, LaneSettings, Policy
from binarycop.wearing import Finding


class Gate:
    """A machine with a hand on its clock."""

    def __init__(self, *, has_passed: bool = True, **settings: object) -> None:
        gate = replace(GateSettings(), **settings)  # type: ignore[arg-type]
        self.rules = replace(Rules.of(LaneSettings(gate=gate)), has_passed=has_passed)
        self.state, self.now_s = State(), 100.0
        self.happened: list[Happening] = []

    def take(self, *events: Event) -> "Gate":
        for event in events:
            self.state, happened = machine.step(self.state, event, self.rules, self.now_s)
            self.happened += happened
        return self

    def wait(self, seconds: float) -> "Gate":
        self.now_s += seconds
        return self.take(Tick())

    def judged(self, finding: Finding, age_s: float = 0.0) -> "Gate":
        return self.take(Judged(finding, self.now_s - age_s))

    @property
    def cause(self) -> Cause | None:
        return machine.permission(self.state, self.rules, self.now_s)

    @property
    def outcomes(self) -> list[Outcome]:
        return [one.outcome for one in self.happened]


def test_a_correct_mask_gets_a_pulse_and_no_more() -> None:
    gate = Gate(pulse_s=0.5).take(Seen(1)).judged(Finding.CORRECT)
    assert gate.cause is Cause.VERDICT
    assert gate.wait(0.49).cause is Cause.VERDICT
    assert gate.wait(0.02).cause is None
    assert gate.state.phase is Phase.AWAITING
    assert gate.judged(Finding.CORRECT).cause is None
    assert gate.outcomes == [Outcome.PERMIT]


def test_a_held_contact_ends_with_the_passage_or_its_limit() -> None:
    gate = Gate(contact=Contact.HOLD, hold_s=8, pass_timeout_s=10).take(Seen(1)).judged(Finding.CORRECT).wait(3)
    assert gate.cause is Cause.VERDICT
    assert gate.take(Passed()).cause is None
    gate = Gate(contact=Contact.HOLD, hold_s=8, pass_timeout_s=10).take(Seen(1)).judged(Finding.CORRECT)
    assert gate.wait(8).cause is None
    assert gate.wait(2).outcomes == [Outcome.PERMIT, Outcome.NOT_PASSED]


def test_a_mask_worn_wrongly_is_refused_once_for_each_class() -> None:
    gate = Gate().take(Seen(1)).judged(Finding.NOSE).judged(Finding.NOSE).judged(Finding.CHIN).judged(Finding.CHIN)
    assert gate.cause is None
    assert [one.finding for one in gate.happened] == [Finding.NOSE, Finding.CHIN]
    assert set(gate.outcomes) == {Outcome.REFUSE}


def test_who_puts_the_mask_right_after_a_refusal_is_let_through() -> None:
    gate = Gate().take(Seen(1)).judged(Finding.NOSE).wait(1).judged(Finding.CORRECT)
    assert gate.cause is Cause.VERDICT
    assert gate.outcomes == [Outcome.REFUSE, Outcome.PERMIT]


def test_an_old_verdict_opens_nothing() -> None:
    assert Gate(fresh_s=1).take(Seen(1)).judged(Finding.CORRECT, age_s=1.1).cause is None
    assert Gate(fresh_s=1).take(Seen(1)).judged(Finding.CORRECT, age_s=-1).cause is None
    assert Gate().judged(Finding.CORRECT).cause is None


def test_a_verdict_waits_for_a_lane_that_is_not_ready_but_not_for_long() -> None:
    gate = Gate(fresh_s=1).take(Ready(False), Seen(1)).judged(Finding.CORRECT)
    assert gate.cause is None
    assert gate.wait(0.5).take(Ready(True)).cause is Cause.VERDICT
    gate = Gate(fresh_s=1).take(Ready(False), Seen(1)).judged(Finding.CORRECT)
    assert gate.wait(1.5).take(Ready(True)).cause is None


def test_policy_off_holds_the_permission_and_says_so() -> None:
    gate = Gate(policy=Policy.OFF)
    assert gate.cause is Cause.POLICY_OFF
    assert gate.take(Seen(1)).judged(Finding.NOSE).wait(100).cause is Cause.POLICY_OFF
    assert gate.outcomes == []


def test_remind_lets_through_after_its_reminder() -> None:
    gate = Gate(policy=Policy.REMIND, remind_s=4).take(Seen(1)).judged(Finding.NOSE)
    assert (gate.cause, gate.outcomes) == (None, [Outcome.REMIND])
    assert gate.wait(3.9).cause is None
    assert gate.wait(0.1).cause is Cause.REMINDED
    assert gate.outcomes == [Outcome.REMIND, Outcome.PERMIT]


def test_remind_gives_nothing_to_who_walks_away_and_comes_back() -> None:
    gate = Gate(policy=Policy.REMIND, remind_s=4).take(Seen(1)).judged(Finding.NOSE).wait(3).take(Left())
    assert gate.wait(2).cause is None
    assert gate.take(Seen(2)).judged(Finding.NOSE).wait(3).cause is None


def test_after_a_passage_nothing_is_given_for_a_while_and_then_only_for_a_new_verdict() -> None:
    gate = Gate(refractory_s=2).take(Seen(1)).judged(Finding.CORRECT).take(Passed(), Seen(2)).judged(Finding.CORRECT)
    assert gate.cause is None
    assert gate.wait(2.1).cause is None
    assert gate.judged(Finding.CORRECT).cause is Cause.VERDICT


def test_a_passage_without_permission_is_told() -> None:
    assert Gate().take(Passed()).outcomes == [Outcome.FORCED]
    assert Gate().take(Seen(1)).judged(Finding.NOSE).take(Passed()).outcomes == [Outcome.REFUSE, Outcome.FORCED]
    behind = Gate(refractory_s=1).take(Seen(1)).judged(Finding.CORRECT).take(Passed(), Passed())
    assert behind.outcomes == [Outcome.PERMIT, Outcome.PASSED, Outcome.TAILGATE]
    assert Gate(policy=Policy.OFF).take(Passed()).happened == [
        Happening(Outcome.PASSED, None, Finding.NOBODY, Cause.POLICY_OFF)
    ]


def test_without_a_passed_line_leaving_after_a_permission_counts_as_passing() -> None:
    gate = Gate(has_passed=False).take(Seen(1)).judged(Finding.CORRECT).wait(1).take(Left())
    assert gate.happened[-1] == Happening(Outcome.PASSED, 1, Finding.CORRECT, Cause.VERDICT, inferred=True)
    gate = Gate(has_passed=False, contact=Contact.HOLD).take(Seen(1)).judged(Finding.CORRECT).wait(1).take(Left())
    assert gate.happened[-1].outcome is Outcome.PASSED
    assert gate.cause is None


def test_a_pulse_runs_to_its_end_when_its_person_leaves_and_no_longer() -> None:
    gate = Gate(has_passed=False, pulse_s=0.5).take(Seen(1)).judged(Finding.CORRECT).wait(0.1).take(Left())
    assert gate.cause is Cause.VERDICT
    assert machine.shows(gate.state) is Finding.NOBODY
    assert gate.wait(0.39).cause is Cause.VERDICT
    assert gate.outcomes == [Outcome.PERMIT]
    assert gate.wait(0.02).cause is None
    assert gate.happened[-1] == Happening(Outcome.PASSED, 1, Finding.CORRECT, Cause.VERDICT, inferred=True)
    assert gate.state.phase is Phase.REFRACTORY


def test_a_pulse_never_outlasts_the_moment_that_somebody_else_is_in_front() -> None:
    for between in ((), (Left(),)):
        gate = Gate(has_passed=False).take(Seen(1)).judged(Finding.CORRECT).take(*between, Seen(2))
        assert gate.cause is None
        assert gate.happened[-1] == Happening(Outcome.PASSED, 1, Finding.CORRECT, Cause.VERDICT, inferred=True)
        assert gate.wait(1.1).judged(Finding.CORRECT).cause is Cause.VERDICT


def test_fire_and_fault_end_a_pulse_whose_person_has_left() -> None:
    for above in (Fault(True), Fire(True)):
        gate = Gate(has_passed=False, fire_level=FireLevel.WITHHOLD).take(Seen(1)).judged(Finding.CORRECT).take(Left())
        assert gate.take(above).cause is None
        assert gate.outcomes == [Outcome.PERMIT, Outcome.WITHDRAWN]


def test_with_a_passed_line_leaving_the_picture_does_not_end_a_held_contact() -> None:
    gate = Gate(contact=Contact.HOLD).take(Seen(1)).judged(Finding.CORRECT).wait(1).take(Left())
    assert gate.cause is Cause.VERDICT


def test_fire_is_above_everything_and_ends_what_was_going_on() -> None:
    gate = Gate(fire_level=FireLevel.PERMIT).take(Fault(True), Fire(True))
    assert gate.cause is Cause.FIRE
    gate = Gate(fire_level=FireLevel.WITHHOLD, policy=Policy.OFF).take(Override(60), Fire(True))
    assert gate.cause is None
    assert gate.take(Fire(False)).cause is Cause.OVERRIDE
    gate = Gate(fire_level=FireLevel.WITHHOLD).take(Seen(1)).judged(Finding.CORRECT).take(Fire(True), Fire(False))
    assert gate.wait(5).cause is None
    assert gate.outcomes == [Outcome.PERMIT, Outcome.WITHDRAWN]


def test_a_fault_gives_what_the_wiring_gives_and_shows_itself() -> None:
    gate = Gate(fail=Fail.SECURE).take(Seen(1)).judged(Finding.CORRECT).take(Fault(True))
    assert gate.cause is None
    assert machine.shows(gate.state) is Finding.FAULT
    assert Gate(fail=Fail.OPEN).take(Fault(True)).cause is Cause.FAULT_OPEN


def test_an_override_expires() -> None:
    gate = Gate().take(Override(30))
    assert gate.wait(29).cause is Cause.OVERRIDE
    assert gate.wait(1).cause is None
    assert Gate().take(Override(30), Override(0)).cause is None


def test_the_machine_says_when_it_wants_to_be_woken() -> None:
    gate = Gate(pulse_s=0.5, pass_timeout_s=10, refractory_s=1)
    assert machine.due_s(gate.state, gate.now_s) is None
    gate.take(Seen(1)).judged(Finding.CORRECT)
    assert machine.due_s(gate.state, gate.now_s) == 100.5
    gate.wait(0.5)
    assert machine.due_s(gate.state, gate.now_s) == 110.0
    gate.wait(9.5)
    assert machine.due_s(gate.state, gate.now_s) == 111.0


def test_what_the_lamps_show() -> None:
    gate = Gate()
    assert machine.shows(gate.state) is Finding.NOBODY
    assert machine.shows(gate.take(Seen(1)).state) is Finding.UNDECIDED
    assert machine.shows(gate.judged(Finding.CHIN).state) is Finding.CHIN
    assert machine.shows(gate.take(Left()).state) is Finding.NOBODY
