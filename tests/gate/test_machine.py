"""The gate's state machine: what each policy does, when a permission ends, and what overrules it."""

from dataclasses import replace

import pytest

from binarycop.classes import GateStatus
from binarycop.gate import machine
from binarycop.gate.config import GateConfig
from binarycop.gate.events import Cause, GateEvent, GateEventKind
from binarycop.gate.inputs import (
    FaultChanged,
    FireChanged,
    GateInput,
    OverrideChanged,
    PassageReported,
    PersonArrived,
    PersonLeft,
    ReadyChanged,
    Tick,
    VerdictLapsed,
    VerdictReached,
)
from binarycop.gate.state import Phase, State, display_status, due_s, permission
from binarycop.settings.gate import Contact, Fail, FireLevel, GateSettings, Policy
from binarycop.settings.schema import LaneSettings


class Gate:
    """The state machine with a clock that the test moves."""

    def __init__(self, *, has_passed: bool = True, **settings: object) -> None:
        gate = replace(GateSettings(), **settings)  # type: ignore[arg-type]
        self.config = replace(GateConfig.from_settings(LaneSettings(gate=gate)), has_passed=has_passed)
        self.events: list[GateEvent] = []
        self.state, self.now_s = State(), 0.0
        self.give(Tick()).wait(100)

    def give(self, *gate_inputs: GateInput) -> "Gate":
        for gate_input in gate_inputs:
            self.state, events = machine.step(self.state, gate_input, self.config, self.now_s)
            self.events += events
        return self

    def wait(self, for_s: float) -> "Gate":
        self.now_s += for_s
        return self.give(Tick())

    def verdict(self, status: GateStatus, age_s: float = 0.0) -> "Gate":
        return self.give(VerdictReached(status, self.now_s - age_s))

    def reload(self, **settings: object) -> "Gate":
        """New settings apply, and the machine is stepped at the same time."""
        gate = replace(self.config.settings, **settings)  # type: ignore[arg-type]
        self.config = replace(self.config, settings=gate)
        return self.give(Tick())

    @property
    def cause(self) -> Cause | None:
        return permission(self.state, self.config, self.now_s)

    @property
    def kinds(self) -> list[GateEventKind]:
        return [event.kind for event in self.events]


def held(**settings: object) -> Gate:
    """A gate whose person 1 has a held permission, with a grace time of 2 s."""
    gate = Gate(**{"contact": Contact.HOLD, "hold_s": 8, "pass_timeout_s": 10, "grace_s": 2, **settings})  # type: ignore[arg-type]
    return gate.give(PersonArrived(1)).verdict(GateStatus.CORRECT)


def test_a_correct_mask_gives_one_pulse() -> None:
    gate = Gate(pulse_s=0.5).give(PersonArrived(1)).verdict(GateStatus.CORRECT)
    assert gate.cause is Cause.VERDICT
    assert gate.wait(0.49).cause is Cause.VERDICT
    assert gate.wait(0.02).cause is None
    assert gate.state.phase is Phase.AWAITING
    assert gate.verdict(GateStatus.CORRECT).cause is None
    assert gate.kinds == [GateEventKind.PERMIT]


def test_a_held_contact_ends_at_the_passage_or_after_hold_s() -> None:
    gate = (
        Gate(contact=Contact.HOLD, hold_s=8, pass_timeout_s=10, grace_s=4)
        .give(PersonArrived(1))
        .verdict(GateStatus.CORRECT)
        .wait(3)
    )
    assert gate.cause is Cause.VERDICT
    assert gate.give(PassageReported()).cause is None
    gate = Gate(contact=Contact.HOLD, hold_s=8, pass_timeout_s=10).give(PersonArrived(1)).verdict(GateStatus.CORRECT)
    for _ in range(7):
        assert gate.wait(1).verdict(GateStatus.CORRECT).cause is Cause.VERDICT
    assert gate.wait(1).verdict(GateStatus.CORRECT).cause is None
    assert gate.wait(2).kinds == [GateEventKind.PERMIT, GateEventKind.NOT_PASSED]


def test_each_wrong_class_is_refused_once() -> None:
    gate = (
        Gate()
        .give(PersonArrived(1))
        .verdict(GateStatus.NOSE)
        .verdict(GateStatus.NOSE)
        .verdict(GateStatus.CHIN)
        .verdict(GateStatus.CHIN)
    )
    assert gate.cause is None
    assert [event.status for event in gate.events] == [GateStatus.NOSE, GateStatus.CHIN]
    assert set(gate.kinds) == {GateEventKind.REFUSE}


def test_a_person_who_corrects_the_mask_after_a_refusal_gets_permission() -> None:
    gate = Gate().give(PersonArrived(1)).verdict(GateStatus.NOSE).wait(1).verdict(GateStatus.CORRECT)
    assert gate.cause is Cause.VERDICT
    assert gate.kinds == [GateEventKind.REFUSE, GateEventKind.PERMIT]


def test_an_old_verdict_gives_no_permission() -> None:
    assert Gate(fresh_s=1).give(PersonArrived(1)).verdict(GateStatus.CORRECT, age_s=1.1).cause is None
    assert Gate(fresh_s=1).give(PersonArrived(1)).verdict(GateStatus.CORRECT, age_s=-1).cause is None
    assert Gate().verdict(GateStatus.CORRECT).cause is None


def test_a_verdict_waits_for_the_lane_to_be_ready_while_it_is_fresh() -> None:
    gate = Gate(fresh_s=1).give(ReadyChanged(False), PersonArrived(1)).verdict(GateStatus.CORRECT)
    assert gate.cause is None
    assert gate.wait(0.5).give(ReadyChanged(True)).cause is Cause.VERDICT
    gate = Gate(fresh_s=1).give(ReadyChanged(False), PersonArrived(1)).verdict(GateStatus.CORRECT)
    assert gate.wait(1.5).give(ReadyChanged(True)).cause is None


def test_policy_off_keeps_the_permission_on() -> None:
    gate = Gate(policy=Policy.OFF)
    assert gate.cause is Cause.POLICY_OFF
    assert gate.give(PersonArrived(1)).verdict(GateStatus.NOSE).wait(100).cause is Cause.POLICY_OFF
    assert gate.kinds == []


def test_remind_gives_permission_after_the_reminder() -> None:
    gate = Gate(policy=Policy.REMIND, remind_s=4).give(PersonArrived(1)).verdict(GateStatus.NOSE)
    assert (gate.cause, gate.kinds) == (None, [GateEventKind.REMIND])
    assert gate.wait(3.9).cause is None
    assert gate.wait(0.1).cause is Cause.REMINDED
    assert gate.kinds == [GateEventKind.REMIND, GateEventKind.PERMIT]


def test_a_person_who_walks_away_during_the_reminder_gets_a_new_reminder() -> None:
    gate = (
        Gate(policy=Policy.REMIND, remind_s=4)
        .give(PersonArrived(1))
        .verdict(GateStatus.NOSE)
        .wait(3)
        .give(PersonLeft())
    )
    assert gate.wait(2).cause is None
    assert gate.give(PersonArrived(2)).verdict(GateStatus.NOSE).wait(3).cause is None


def test_after_a_passage_a_permission_needs_the_end_of_the_relock_delay_and_a_new_verdict() -> None:
    gate = (
        Gate(refractory_s=2)
        .give(PersonArrived(1))
        .verdict(GateStatus.CORRECT)
        .give(PassageReported(), PersonArrived(2))
        .verdict(GateStatus.CORRECT)
    )
    assert gate.cause is None
    assert gate.wait(2.1).cause is None
    assert gate.verdict(GateStatus.CORRECT).cause is Cause.VERDICT


def test_a_passage_without_permission_is_reported() -> None:
    assert Gate().give(PassageReported()).kinds == [GateEventKind.FORCED]
    assert Gate().give(PersonArrived(1)).verdict(GateStatus.NOSE).give(PassageReported()).kinds == [
        GateEventKind.REFUSE,
        GateEventKind.FORCED,
    ]
    behind = (
        Gate(refractory_s=1)
        .give(PersonArrived(1))
        .verdict(GateStatus.CORRECT)
        .give(PassageReported(), PassageReported())
    )
    assert behind.kinds == [GateEventKind.PERMIT, GateEventKind.PASSED, GateEventKind.TAILGATE]
    too_late = (
        Gate(pass_timeout_s=10).give(PersonArrived(1)).verdict(GateStatus.CORRECT).wait(10).give(PassageReported())
    )
    assert too_late.kinds == [GateEventKind.PERMIT, GateEventKind.NOT_PASSED, GateEventKind.TAILGATE]
    assert Gate(policy=Policy.OFF).give(PassageReported()).events == [
        GateEvent(GateEventKind.PASSED, None, GateStatus.NOBODY, Cause.POLICY_OFF)
    ]


def test_without_a_passed_line_walking_out_of_view_after_a_permission_counts_as_passing() -> None:
    gate = Gate(has_passed=False).give(PersonArrived(1)).verdict(GateStatus.CORRECT).wait(1).give(PersonLeft())
    assert gate.events[-1] == GateEvent(GateEventKind.PASSED, 1, GateStatus.CORRECT, Cause.VERDICT, inferred=True)


def test_without_a_passed_line_a_held_contact_outlasts_the_person_by_the_grace_time() -> None:
    gate = (
        Gate(has_passed=False, contact=Contact.HOLD, grace_s=2)
        .give(PersonArrived(1))
        .verdict(GateStatus.CORRECT)
        .wait(0.5)
        .give(PersonLeft())
    )
    assert gate.wait(1.49).cause is Cause.VERDICT
    assert gate.wait(0.01).cause is None
    assert gate.events[-1] == GateEvent(GateEventKind.PASSED, 1, GateStatus.CORRECT, Cause.VERDICT, inferred=True)


def test_a_pulse_lasts_exactly_pulse_s_even_if_its_person_leaves() -> None:
    gate = (
        Gate(has_passed=False, pulse_s=0.5)
        .give(PersonArrived(1))
        .verdict(GateStatus.CORRECT)
        .wait(0.1)
        .give(PersonLeft())
    )
    assert gate.cause is Cause.VERDICT
    assert display_status(gate.state) is GateStatus.NOBODY
    assert gate.wait(0.39).cause is Cause.VERDICT
    assert gate.kinds == [GateEventKind.PERMIT]
    assert gate.wait(0.02).cause is None
    assert gate.events[-1] == GateEvent(GateEventKind.PASSED, 1, GateStatus.CORRECT, Cause.VERDICT, inferred=True)
    assert gate.state.phase is Phase.REFRACTORY


def test_without_a_passed_line_a_pulse_ends_when_another_person_is_in_front() -> None:
    for inputs_between in ((), (PersonLeft(),)):
        gate = (
            Gate(has_passed=False)
            .give(PersonArrived(1))
            .verdict(GateStatus.CORRECT)
            .give(*inputs_between, PersonArrived(2))
        )
        assert gate.cause is None
        assert gate.events[-1] == GateEvent(GateEventKind.PASSED, 1, GateStatus.CORRECT, Cause.VERDICT, inferred=True)
        assert gate.wait(1.1).verdict(GateStatus.CORRECT).cause is Cause.VERDICT


def test_fire_and_fault_end_a_pulse_whose_person_has_left() -> None:
    for overruling in (FaultChanged(True), FireChanged(True)):
        gate = (
            Gate(has_passed=False, fire_level=FireLevel.WITHHOLD)
            .give(PersonArrived(1))
            .verdict(GateStatus.CORRECT)
            .give(PersonLeft())
        )
        assert gate.give(overruling).cause is None
        assert gate.kinds == [GateEventKind.PERMIT, GateEventKind.WITHDRAWN]


def test_a_held_contact_outlasts_the_person_by_the_grace_time_and_no_longer() -> None:
    gate = held().wait(0.5).give(PersonLeft())
    assert gate.wait(1.49).cause is Cause.VERDICT
    assert gate.wait(0.01).cause is None
    assert gate.state.phase is Phase.AWAITING, "the passage may still be reported"
    assert gate.give(PassageReported()).kinds == [GateEventKind.PERMIT, GateEventKind.WITHDRAWN, GateEventKind.PASSED]
    assert gate.events[1].reason == "no frame supports it any more"


def test_a_held_contact_ends_when_nothing_supports_it_for_the_grace_time_although_somebody_stands_there() -> None:
    gate = held().wait(1.5).give(VerdictLapsed())
    assert gate.cause is Cause.VERDICT
    assert gate.wait(0.5).cause is None


def test_a_verdict_renews_a_held_contact_from_the_time_of_its_capture() -> None:
    gate = held().wait(1.5).verdict(GateStatus.CORRECT, age_s=0.4)
    assert gate.wait(1.59).cause is Cause.VERDICT
    assert gate.wait(0.02).cause is None


@pytest.mark.parametrize("status", [GateStatus.NOSE, GateStatus.NOSE_MOUTH, GateStatus.CHIN, GateStatus.UNDECIDED])
def test_a_verdict_that_is_not_permitted_withdraws_a_held_contact_and_is_refused_once(status: GateStatus) -> None:
    gate = held().wait(1).verdict(status)
    assert gate.cause is None
    assert gate.kinds == [GateEventKind.PERMIT, GateEventKind.WITHDRAWN, GateEventKind.REFUSE]
    assert gate.events[1].reason == f"verdict {status.value}"
    assert gate.events[2].status is status
    gate.wait(1.5).verdict(status)
    assert len(gate.events) == 3, "refused already"
    assert gate.verdict(GateStatus.CORRECT).cause is Cause.VERDICT


def test_another_person_in_front_withdraws_a_held_contact_and_the_passage_is_still_awaited() -> None:
    for inputs_between in ((), (PersonLeft(),)):
        gate = held().give(*inputs_between, PersonArrived(2))
        assert gate.cause is None
        assert gate.events[-1].kind is GateEventKind.WITHDRAWN
        assert gate.events[-1].person == 1
        assert gate.verdict(GateStatus.NOSE).events[-1] == GateEvent(GateEventKind.REFUSE, 2, GateStatus.NOSE)
        assert gate.give(PassageReported()).events[-1] == GateEvent(
            GateEventKind.PASSED, 1, GateStatus.CORRECT, Cause.VERDICT
        )


def test_a_held_contact_is_withdrawn_when_the_speed_gate_is_not_ready_any_more_but_a_pulse_is_not() -> None:
    gate = held().give(ReadyChanged(False))
    assert gate.cause is None
    assert gate.events[-1].kind is GateEventKind.WITHDRAWN
    assert gate.give(ReadyChanged(True)).verdict(GateStatus.CORRECT).cause is None
    pulse = Gate().give(PersonArrived(1)).verdict(GateStatus.CORRECT).give(ReadyChanged(False))
    assert pulse.cause is Cause.VERDICT


def test_a_pulse_cannot_be_taken_back_and_only_another_person_is_refused_after_it() -> None:
    gate = Gate().give(PersonArrived(1)).verdict(GateStatus.CORRECT).wait(0.1).verdict(GateStatus.NOSE)
    assert gate.cause is Cause.VERDICT
    gate.wait(1).verdict(GateStatus.NOSE)
    assert gate.kinds == [GateEventKind.PERMIT]
    gate.give(PersonArrived(2)).verdict(GateStatus.CHIN).verdict(GateStatus.CHIN)
    gate.give(PassageReported()).wait(1).verdict(GateStatus.CHIN)
    assert [(event.kind, event.person) for event in gate.events[1:]] == [
        (GateEventKind.REFUSE, 2),
        (GateEventKind.PASSED, 1),
    ]


def test_a_reminded_persons_held_contact_is_not_withdrawn_by_the_verdict_of_which_they_were_reminded() -> None:
    gate = Gate(policy=Policy.REMIND, contact=Contact.HOLD, grace_s=2, remind_s=1).give(PersonArrived(1))
    gate.verdict(GateStatus.NOSE).wait(1)
    for _ in range(4):
        assert gate.wait(1).verdict(GateStatus.NOSE).cause is Cause.REMINDED
    assert gate.give(PersonLeft()).wait(2).cause is None


def test_an_old_verdict_reminds_nobody() -> None:
    gate = Gate(policy=Policy.REMIND, fresh_s=1).give(PersonArrived(1)).verdict(GateStatus.NOSE, age_s=1.1)
    assert (gate.state.phase, gate.kinds) == (Phase.IDLE, [])


def test_without_a_passed_line_a_held_contact_that_ready_ends_leaves_nothing_to_await() -> None:
    gate = Gate(has_passed=False, contact=Contact.HOLD).give(PersonArrived(1)).verdict(GateStatus.CORRECT)
    gate.give(ReadyChanged(False))
    assert gate.state.phase is Phase.REFRACTORY
    gate.give(PersonLeft())
    assert gate.kinds == [GateEventKind.PERMIT, GateEventKind.WITHDRAWN]


def test_a_verdict_that_a_newer_frame_contradicts_gives_no_permission_until_it_is_confirmed() -> None:
    gate = Gate().give(ReadyChanged(False), PersonArrived(1)).verdict(GateStatus.CORRECT)
    gate.give(VerdictReached(GateStatus.CORRECT, gate.now_s, is_contradicted=True), ReadyChanged(True))
    assert gate.cause is None
    assert gate.verdict(GateStatus.CORRECT).cause is Cause.VERDICT


def test_a_verdict_that_lapses_before_the_speed_gate_is_ready_gives_no_permission() -> None:
    gate = Gate().give(ReadyChanged(False), PersonArrived(1)).verdict(GateStatus.CORRECT)
    assert gate.give(VerdictLapsed(), ReadyChanged(True)).cause is None


def test_one_presence_gets_a_limited_number_of_permissions_whatever_its_persons_number() -> None:
    gate = Gate(max_permissions=2, pass_timeout_s=2)
    for person in range(1, 6):
        gate.give(PersonArrived(person, presence=7)).verdict(GateStatus.CORRECT).wait(2).wait(1)
    assert [event.kind for event in gate.events if event.kind is not GateEventKind.NOT_PASSED] == [
        GateEventKind.PERMIT,
        GateEventKind.PERMIT,
        GateEventKind.LIMIT_REACHED,
    ]
    assert display_status(gate.state) is GateStatus.UNDECIDED, "the lamp of a permitted class would be wrong"
    gate.give(PersonArrived(6, presence=8)).verdict(GateStatus.CORRECT)
    assert gate.cause is Cause.VERDICT
    gate.wait(3).give(PersonArrived(7, presence=7)).verdict(GateStatus.CORRECT)
    assert gate.cause is None, "somebody else in between does not make it another presence"


def test_a_picture_beside_the_gate_is_not_forgotten_while_many_people_pass_it() -> None:
    gate = Gate(max_permissions=1, pass_timeout_s=2)
    gate.give(PersonArrived(1, presence=1)).verdict(GateStatus.CORRECT).wait(3)
    for person in range(2, 80):
        gate.give(PersonArrived(person, presence=person)).verdict(GateStatus.CORRECT).give(PassageReported()).wait(1)
        gate.give(PersonArrived(1000 + person, presence=1)).verdict(GateStatus.CORRECT)
        assert gate.cause is None


def test_the_limit_is_reported_again_if_a_reload_has_raised_it() -> None:
    gate = Gate(max_permissions=1, pass_timeout_s=2).give(PersonArrived(1))
    for limit in (1, 1, 2, 2):
        gate.reload(max_permissions=limit).verdict(GateStatus.CORRECT).wait(2).wait(1)
    assert [kind for kind in gate.kinds if kind is not GateEventKind.NOT_PASSED] == [
        GateEventKind.PERMIT,
        GateEventKind.LIMIT_REACHED,
        GateEventKind.PERMIT,
        GateEventKind.LIMIT_REACHED,
    ]


def test_the_limit_is_reported_for_each_presence() -> None:
    gate = Gate(max_permissions=1, pass_timeout_s=2)
    for presence in (1, 2, 1, 2):
        gate.give(PersonArrived(int(gate.now_s), presence)).verdict(GateStatus.CORRECT).wait(2).wait(1)
    assert gate.kinds.count(GateEventKind.LIMIT_REACHED) == 2


@pytest.mark.parametrize(("age_s", "is_permitted"), [(0.4, True), (0.5, False)])
def test_a_verdict_older_than_the_grace_time_gives_no_held_permission(age_s: float, is_permitted: bool) -> None:
    gate = Gate(contact=Contact.HOLD, grace_s=0.5, fresh_s=1).give(PersonArrived(1))
    gate.verdict(GateStatus.CORRECT, age_s)
    assert (gate.kinds == [GateEventKind.PERMIT]) == is_permitted
    assert (gate.cause is Cause.VERDICT) == is_permitted


def test_a_reload_that_shortens_a_time_acts_on_the_permission_that_is_on() -> None:
    assert held(grace_s=5).wait(3).reload(hold_s=2.0).cause is None
    assert held().wait(1).reload(grace_s=0.5).cause is None
    assert Gate(pulse_s=5).give(PersonArrived(1)).verdict(GateStatus.CORRECT).wait(1).reload(pulse_s=0.5).cause is None
    override = Gate(override_s=60).give(OverrideChanged(True)).wait(20).reload(override_s=30)
    assert override.wait(9).cause is Cause.OVERRIDE
    assert override.wait(1).cause is None


def test_a_reload_never_makes_a_permission_longer_than_it_was_given_for() -> None:
    gate = Gate(pulse_s=0.5).give(PersonArrived(1)).verdict(GateStatus.CORRECT).reload(pulse_s=10, contact=Contact.HOLD)
    assert gate.wait(0.5).cause is None


def test_a_reload_that_takes_a_permission_away_withdraws_it() -> None:
    gate = Gate(pulse_s=5).give(PersonArrived(1)).verdict(GateStatus.CORRECT)
    gate.config = replace(gate.config, permitted=frozenset())
    assert gate.wait(0).cause is None
    assert gate.events[-1].kind is GateEventKind.WITHDRAWN
    gate = Gate(policy=Policy.REMIND, pulse_s=5).give(PersonArrived(1)).verdict(GateStatus.NOSE).wait(4)
    assert gate.cause is Cause.REMINDED
    assert gate.reload(policy=Policy.ENFORCE).cause is None


def test_a_reload_withdraws_no_permission_that_is_over_or_that_policy_off_gives() -> None:
    gate = Gate().give(PersonArrived(1)).verdict(GateStatus.CORRECT).wait(1)
    gate.config = replace(gate.config, permitted=frozenset())
    assert gate.give(Tick()).state.phase is Phase.AWAITING
    gate = held().reload(policy=Policy.OFF).verdict(GateStatus.NOSE)
    assert (gate.cause, gate.kinds) == (Cause.POLICY_OFF, [GateEventKind.PERMIT])


def test_fire_overrules_everything_and_ends_a_permission() -> None:
    gate = Gate(fire_level=FireLevel.PERMIT).give(FaultChanged(True), FireChanged(True))
    assert gate.cause is Cause.FIRE
    gate = Gate(fire_level=FireLevel.WITHHOLD, policy=Policy.OFF).give(OverrideChanged(True), FireChanged(True))
    assert gate.cause is None
    assert gate.give(FireChanged(False)).cause is Cause.OVERRIDE
    gate = (
        Gate(fire_level=FireLevel.WITHHOLD)
        .give(PersonArrived(1))
        .verdict(GateStatus.CORRECT)
        .give(FireChanged(True), FireChanged(False))
    )
    assert gate.wait(5).cause is None
    assert gate.kinds == [GateEventKind.PERMIT, GateEventKind.WITHDRAWN]


def test_a_verdict_reached_during_an_override_counts_afterwards_while_it_is_fresh() -> None:
    gate = (
        Gate(fresh_s=1, override_s=30)
        .give(OverrideChanged(True), PersonArrived(1))
        .wait(29.5)
        .verdict(GateStatus.CORRECT)
    )
    assert gate.kinds == []
    assert gate.wait(0.5).cause is Cause.VERDICT
    gate = (
        Gate(fresh_s=1, override_s=30)
        .give(OverrideChanged(True), PersonArrived(1))
        .wait(28.5)
        .verdict(GateStatus.CORRECT)
    )
    assert gate.wait(1.5).cause is None


def test_a_fault_gives_what_gate_fail_says_and_shows_on_the_lamps() -> None:
    gate = Gate(fail=Fail.SECURE).give(PersonArrived(1)).verdict(GateStatus.CORRECT).give(FaultChanged(True))
    assert gate.cause is None
    assert display_status(gate.state) is GateStatus.FAULT
    assert Gate(fail=Fail.OPEN).give(FaultChanged(True)).cause is Cause.FAULT_OPEN


def test_an_override_ends_after_its_time_or_when_its_input_is_released() -> None:
    gate = Gate(override_s=30).give(OverrideChanged(True))
    assert gate.wait(29).cause is Cause.OVERRIDE
    assert gate.wait(1).cause is None
    assert Gate().give(OverrideChanged(True), OverrideChanged(False)).cause is None


def test_an_override_that_was_not_released_for_long_enough_is_refused_and_reported() -> None:
    gate = Gate(override_release_s=3).give(OverrideChanged(True)).wait(60).give(OverrideChanged(False)).wait(2.9)
    assert gate.give(OverrideChanged(True)).cause is None
    assert gate.events[-1].kind is GateEventKind.OVERRIDE_REFUSED
    assert gate.wait(100).cause is None, "a key that stays turned does not count later either"
    assert gate.give(OverrideChanged(False)).wait(3).give(OverrideChanged(True)).cause is Cause.OVERRIDE


def test_an_override_input_that_is_active_at_the_start_gives_nothing() -> None:
    state, config = State(), Gate().config
    state, events = machine.step(state, OverrideChanged(True), config, 5.0)
    assert permission(state, config, 5.0) is None
    assert [event.kind for event in events] == [GateEventKind.OVERRIDE_REFUSED]


def test_the_machine_says_when_its_next_tick_is_due() -> None:
    gate = Gate(pulse_s=0.5, pass_timeout_s=10, refractory_s=1)
    assert due_s(gate.state, gate.config, gate.now_s) is None
    gate.give(PersonArrived(1)).verdict(GateStatus.CORRECT)
    assert due_s(gate.state, gate.config, gate.now_s) == 100.5
    gate.wait(0.5)
    assert due_s(gate.state, gate.config, gate.now_s) == 110.0
    gate.wait(9.5)
    assert due_s(gate.state, gate.config, gate.now_s) == 111.0


def test_the_lamps_show_nobody_undecided_or_the_verdict() -> None:
    gate = Gate()
    assert display_status(gate.state) is GateStatus.NOBODY
    assert display_status(gate.give(PersonArrived(1)).state) is GateStatus.UNDECIDED
    assert display_status(gate.verdict(GateStatus.CHIN).state) is GateStatus.CHIN
    assert display_status(gate.give(PersonLeft()).state) is GateStatus.NOBODY
