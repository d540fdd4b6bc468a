"""The permission from the frame to the relay: whose it is, how old its frames are, and when it ends."""

import threading
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from binarycop.clock import ManualClock
from binarycop.errors import OverlayError
from binarycop.frames.base import Frame
from binarycop.geometry import Box
from binarycop.journal.events import Event
from binarycop.service.faults import FaultReason
from binarycop.service.perception_runner import ThreadPerception
from binarycop.settings.faces import FacesSettings
from binarycop.settings.gate import Contact, FireLevel, GateSettings, Policy
from binarycop.settings.lines import InputSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.signals import LampPattern
from tests.patience import PATIENCE_S
from tests.service.fakes import CHIN, CORRECT, HERE, NOSE, NOSE_MOUTH, SimulatedSetup

PASSED = LinesSettings(passed=InputSettings("PASSED"))
HOLD = LaneSettings(gate=GateSettings(contact=Contact.HOLD), lines=PASSED)
UNDECIDED = [10, 10, 0, 0]


def on_s(setup: SimulatedSetup, frames: int) -> float:
    """For how long the relay is on during these frames, in seconds."""
    return sum(setup.frames(1).is_relay_on for _ in range(frames)) * 0.1


@pytest.mark.parametrize("scores", [NOSE, NOSE_MOUTH, CHIN])
def test_a_held_permission_ends_with_the_first_verdict_that_is_not_permitted(scores: list[int]) -> None:
    setup = SimulatedSetup(HOLD).person_arrives(CORRECT).frames(20)
    assert setup.is_relay_on
    setup.person_arrives(scores)
    assert on_s(setup, 40) == pytest.approx(0.4), "the votes change their majority after five frames"
    names = [name for name in setup.event_names if name in ("permit", "withdrawn", "refuse")]
    assert names == ["permit", "withdrawn", "refuse"]


def test_a_held_permission_outlasts_its_support_by_the_grace_time_only() -> None:
    setup = SimulatedSetup(HOLD).person_arrives(CORRECT).frames(20).person_arrives(UNDECIDED)
    assert on_s(setup, 40) == pytest.approx(1.9, abs=0.11), "frames that abstain support nothing"
    setup = SimulatedSetup(HOLD).person_arrives(CORRECT).frames(20).person_leaves()
    assert on_s(setup, 40) == pytest.approx(1.9, abs=0.11)


def test_a_held_permission_ends_when_another_person_comes_to_the_front() -> None:
    setup = SimulatedSetup(HOLD).person_arrives(CORRECT).frames(10)
    assert setup.is_relay_on
    setup.person_leaves().frames(7).person_arrives(CORRECT).frames(1)
    assert not setup.is_relay_on
    assert setup.records(Event.WITHDRAWN)[0][1]["reason"] == "another person is in front"


def test_votes_are_as_old_as_their_frames() -> None:
    setup = SimulatedSetup(LaneSettings(gate=GateSettings(fresh_s=0.2))).person_arrives(CORRECT)
    pixels = np.zeros((240, 320, 3), np.uint8)
    for number in range(30):
        setup.now_s += 0.1
        setup.service.step({0: Frame(pixels, setup.now_s - 1.9, number)}, setup.now_s)
    assert setup.records(Event.PERMIT) == []
    assert setup.frames(6).is_relay_on


def test_a_face_that_never_leaves_gets_three_permissions() -> None:
    setup = SimulatedSetup(LaneSettings(lines=PASSED)).person_arrives(CORRECT).frames(600)
    assert len(setup.records(Event.PERMIT)) == 3
    assert len(setup.records(Event.LIMIT_REACHED)) == 1
    setup.person_leaves().frames(10).person_arrives(CORRECT).frames(6)
    assert len(setup.records(Event.PERMIT)) == 4


def test_a_face_that_stays_while_others_pass_gets_three_permissions_too() -> None:
    setup = SimulatedSetup(LaneSettings(lines=PASSED)).person_arrives(CORRECT)
    for _ in range(10):
        setup.frames(20)
        setup.factory.pin("PASSED").drive_high()
        setup.factory.pin("PASSED").drive_low()
        setup.frames(20)
    assert len(setup.records(Event.PERMIT)) == 3


def test_a_reload_acts_on_the_permission_that_is_on() -> None:
    setup = SimulatedSetup(HOLD).person_arrives(CORRECT).frames(20)
    setup.service.lanes[0].apply_settings(replace(HOLD, gate=replace(HOLD.gate, hold_s=0.5)))
    assert not setup.frames(1).is_relay_on


def test_a_reload_reaches_the_tracker() -> None:
    setup = SimulatedSetup().person_arrives(NOSE).frames(3)
    setup.service.lanes[0].apply_settings(replace(LaneSettings(), faces=FacesSettings(lost_s=3.0)))
    setup.person_leaves().frames(20)
    assert setup.records(Event.LEFT) == []


def test_a_held_permission_that_was_withdrawn_by_fire_needs_new_votes() -> None:
    lines = LinesSettings(fire=InputSettings("FIRE"), passed=InputSettings("PASSED"))
    hold = replace(HOLD, lines=lines, gate=replace(HOLD.gate, refractory_s=0, fire_level=FireLevel.WITHHOLD))
    setup = SimulatedSetup(hold).person_arrives(CORRECT).frames(5)
    setup.factory.pin("FIRE").drive_high()
    setup.frames(1)
    setup.factory.pin("FIRE").drive_low()
    frames = 1
    while not setup.is_relay_on:
        setup.frames(1, every_s=1.1 if frames == 1 else 0.01)
        frames += 1
    assert frames >= 5


def test_an_output_that_does_not_follow_is_a_fault_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = SimulatedSetup().frames(1)
    monkeypatch.setattr(setup.factory.pin("RELAY"), "_get_state", lambda: True)
    setup.frames(3)
    assert setup.records(Event.FAULT)[0][1]["reason"] == FaultReason.OUTPUT.value
    monkeypatch.undo()
    setup.person_arrives(CORRECT).frames(20)
    assert setup.records(Event.PERMIT) == []
    assert setup.service.lanes[0].faults == (FaultReason.OUTPUT.value,)


class LateClock(ManualClock):
    """A clock that has moved on by ``late_s`` when the lines are driven."""

    late_s = 0.0

    def now_s(self) -> float:
        return super().now_s() + self.late_s


@pytest.mark.parametrize("step_s", [0.3, 1.5, 4.5])
def test_a_pulse_ends_by_the_clock_although_the_step_before_was_late(step_s: float) -> None:
    clock = LateClock(50.0)
    setup = SimulatedSetup(clock=clock).person_arrives(CORRECT)
    while not setup.is_relay_on:
        clock.advance_to(setup.now_s + 0.1)
        setup.frames(1)
    # The next step was meant for a time within the pulse, and comes to the lines later.
    clock.late_s = step_s
    setup.frames(1)
    assert setup.is_relay_on == (step_s < 0.4)


@pytest.mark.parametrize("ends_by", ["time", "fire", "override"])
def test_time_fire_and_override_do_not_wait_for_the_classifier(ends_by: str) -> None:
    lines = LinesSettings(fire=InputSettings("FIRE"), override=InputSettings("KEY"))
    gate = GateSettings(policy=Policy.ENFORCE)
    clock, may_end = ManualClock(46.0), threading.Event()
    setup = SimulatedSetup(LaneSettings(lines=lines, gate=gate), clock=clock)
    service = setup.service
    # Only the perception is in a thread: with a detector in another one, the first frame may have no face yet.
    service.runner = runner = ThreadPerception(setup.perception, clock)
    service.apply(None, 46.0)  # the override counts after a stable release
    setup.detectors[0].box = HERE

    def is_off_at(now_s: float) -> bool:
        clock.advance_to(now_s)
        service.apply(runner.take(0.0), now_s)
        return not setup.is_relay_on

    # A classifier that does not answer: the step of the perception stays busy.
    setup.classifier.on_scores = lambda: may_end.wait(PATIENCE_S)
    assert is_off_at(50.0)
    runner.submit({0: Frame(np.zeros((240, 320, 3), np.uint8), 50.0, 0)}, 50.0)
    if ends_by == "time":
        service.lanes[0].apply_settings(replace(service.lanes[0].settings, gate=replace(gate, policy=Policy.OFF)))
        assert not is_off_at(50.1)
        service.lanes[0].apply_settings(replace(service.lanes[0].settings, gate=gate))
        assert is_off_at(50.2)
    else:
        setup.factory.pin("FIRE" if ends_by == "fire" else "KEY").drive_high()
        assert not is_off_at(50.1), "the input gives permission at once"
    assert is_off_at(53.1) == (ends_by != "fire"), "a frame that is not processed in time is a fault"
    assert service.lanes[0].faults == (FaultReason.NO_ANSWER.value,)
    may_end.set()
    service.close()


def test_a_pulse_is_not_given_to_a_speed_gate_that_has_just_become_busy() -> None:
    lines = LinesSettings(ready=InputSettings("READY"))
    setup = SimulatedSetup(LaneSettings(lines=lines))
    setup.factory.pin("READY").drive_high()
    setup.person_arrives(CORRECT).frames(4)
    setup.factory.pin("READY").drive_low()
    assert not setup.frames(1).is_relay_on
    assert setup.records(Event.PERMIT) == []
    setup.factory.pin("READY").drive_high()
    assert setup.frames(1).is_relay_on


@pytest.mark.parametrize("comes", ["wrong", "leaves"])
def test_what_the_newest_frame_shows_counts_before_the_speed_gate_becomes_ready(comes: str) -> None:
    lines, faces = LinesSettings(ready=InputSettings("READY")), FacesSettings(lost_s=0.15)
    setup = SimulatedSetup(LaneSettings(lines=lines, faces=faces)).person_arrives(CORRECT).frames(5)
    if comes == "wrong":
        setup.person_arrives(NOSE)
    else:
        setup.person_leaves().frames(1)
    setup.factory.pin("READY").drive_high()
    setup.frames(1)
    assert setup.records(Event.PERMIT) == []


def test_only_a_permission_without_a_limit_starts_the_timers_maximum_on_time_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setup, renewals = SimulatedSetup(HOLD), list[bool]()
    drive = setup.lane_ios[0].drive

    def record(permission: bool, patterns: Mapping[str, LampPattern], now_s: float, *, renews: bool = False) -> None:
        renewals.append(renews)
        drive(permission, patterns, now_s, renews=renews)

    monkeypatch.setattr(setup.lane_ios[0], "drive", record)
    setup.person_arrives(CORRECT).frames(30)
    assert setup.is_relay_on
    assert renewals == [False] * 4 + [True] + [False] * 25
    setup.service.lanes[0].apply_settings(replace(HOLD, gate=replace(HOLD.gate, policy=Policy.OFF)))
    renewals.clear()
    setup.frames(3)
    assert renewals == [True] * 3


def test_without_a_passed_line_the_next_person_keeps_the_number_that_ended_the_permission() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT).frames(5)
    assert setup.is_relay_on
    setup.person_arrives(NOSE, Box(220, 60, 99, 120)).frames(10)
    assert [values["person"] for _, values in setup.records(Event.PERSON)] == [1, 2]
    assert setup.records(Event.PASSED)[0][1]["by"] == "leaving"


def test_what_was_seen_before_a_passage_does_not_bring_back_the_person_who_passed() -> None:
    setup = SimulatedSetup(LaneSettings(lines=PASSED)).person_arrives(CORRECT).frames(5)
    seen_before = setup.perception.step({0: Frame(np.zeros((240, 320, 3), np.uint8), setup.now_s, 5)}, setup.now_s)
    setup.factory.pin("PASSED").drive_high()
    setup.service.apply(None, setup.now_s)
    setup.service.apply(seen_before, setup.now_s)
    assert setup.event_names[-2:] == ["passed", "left"]
    assert setup.frames(1).records(Event.PERSON)[-1][1] == {"person": 2}


def test_a_passage_while_somebody_is_judged_has_their_verdict() -> None:
    setup = SimulatedSetup(LaneSettings(lines=PASSED)).person_arrives(CHIN).frames(10)
    setup.factory.pin("PASSED").drive_high()
    setup.frames(1)
    assert setup.records(Event.FORCED)[0][1]["class"] == "chin"


def test_votes_from_before_an_unused_permission_ended_give_no_other_one() -> None:
    gate = GateSettings(pass_timeout_s=2, refractory_s=0)
    setup = SimulatedSetup(LaneSettings(gate=gate, lines=PASSED)).person_arrives(CORRECT).frames(5)
    frames = 0
    while len(setup.records(Event.PERMIT)) < 2:
        setup.frames(1)
        frames += 1
    assert len(setup.records(Event.NOT_PASSED)) == 1
    assert frames == pytest.approx(24, abs=1), "2 s until it ends, and then five frames"


def test_the_overlay_is_not_loaded_while_the_perception_may_use_it() -> None:
    clock, loads = ManualClock(50.0), list[int]()
    setup = SimulatedSetup(clock=clock)
    runner = setup.service.runner = ThreadPerception(setup.perception, clock)
    setup.detectors[0].box, setup.classifier.fails = HERE, OverlayError("gone")
    setup.classifier.reloads, setup.classifier.on_reload = [OverlayError("still")], lambda: loads.append(1)
    frame = Frame(np.zeros((240, 320, 3), np.uint8), 50.0, 0)
    runner.submit({0: frame}, 50.0)
    setup.service.apply(runner.take(30), 50.0)
    assert len(loads) == 1
    may_answer = setup.detectors[0].may_answer = threading.Event()
    runner.submit({0: frame}, 50.1)
    setup.service.apply(runner.take(0.0), 50.1)
    assert len(loads) == 1, "a step is running"
    may_answer.set()
    setup.service.apply(runner.take(30), 50.2)
    assert len(loads) == 2
    setup.service.close()
