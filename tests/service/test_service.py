"""From frames to wires: what a lane does with the people in front of it."""

from dataclasses import replace

import pytest

from binarycop.clock import ManualClock
from binarycop.errors import BackendError, FinderError, OverlayError
from binarycop.journal.events import Event
from binarycop.settings.schema import (
    Fail,
    GateSettings,
    InputSettings,
    LaneSettings,
    LineSettings,
    LinesSettings,
    Policy,
    SignalSettings,
    SignalsSettings,
    VerdictSettings,
)
from tests.service.rigs import CHIN, CORRECT, HERE, NOSE, NOSE_MOUTH, Rig

WITH_INPUTS = LaneSettings(
    lines=LinesSettings(
        passed=InputSettings("PASSED"),
        ready=InputSettings("READY"),
        fire=InputSettings("FIRE"),
        override=InputSettings("KEY"),
    )
)


def lamps(rig: Rig) -> list[bool]:
    return [rig.factory.pin(f"LD{index}").state for index in range(4)]


def test_a_person_with_a_correct_mask_gets_one_pulse_and_is_seen_to_pass() -> None:
    rig = Rig().somebody(CORRECT).frames(4)
    assert not rig.coil
    assert rig.frames(1).coil
    assert lamps(rig) == [True, False, False, False]
    assert not rig.frames(6).coil
    rig.nobody().frames(8)
    assert rig.names == ["person", "verdict", "permit", "passed", "left"]
    assert rig.told(Event.VERDICT) == [
        ("verdict", {"person": 1, "class": "correct", "votes": 5, "frames": 5, "margin": 50.0})
    ]
    assert rig.told(Event.PASSED)[0][1]["by"] == "leaving"
    assert lamps(rig) == [False] * 4


def test_a_decision_tells_what_it_came_from_and_what_it_did() -> None:
    rig = Rig().somebody(CORRECT).frames(8)
    [(_, permit)] = rig.told(Event.PERMIT)
    assert permit == {
        "person": 1, "class": "correct", "cause": "verdict", "votes": 5, "frames": 5, "margin": 50.0,
        "bundle": "tiny 1", "before": "idle", "after": "permitted",
    }  # fmt: skip
    rig.nobody().frames(8)
    [(_, passed)] = rig.told(Event.PASSED)
    assert (passed["before"], passed["after"]) == ("awaiting", "refractory")


def test_a_decision_tells_how_long_it_took_from_the_frames_capture_to_the_lines() -> None:
    clock = ManualClock(0.0)
    rig = Rig(clock=clock).somebody(CORRECT)
    for _ in range(5):
        clock.advance_to(rig.now_s + 0.1 + 0.0123)
        rig.frames(1)
    assert rig.told(Event.PERMIT)[0][1]["latency_ms"] == 12.3


def test_a_lane_goes_on_by_other_settings_and_keeps_its_state() -> None:
    rig = Rig().somebody(CORRECT).frames(3)
    lane = rig.service.lanes[0]
    lane.adopt(replace(LaneSettings(), verdict=VerdictSettings(votes=4, margin=40)))
    assert rig.frames(1).coil
    lane.adopt(replace(LaneSettings(), gate=GateSettings(policy=Policy.ENFORCE), verdict=VerdictSettings(margin=60)))
    rig.wait(0.6).nobody().frames(8).somebody(CORRECT).wait(1.1).frames(10)
    assert len(rig.told(Event.PERMIT)) == 1


@pytest.mark.parametrize(("scores", "label"), [(NOSE, "nose"), (NOSE_MOUTH, "nose_mouth"), (CHIN, "chin")])
def test_each_way_of_wearing_it_wrongly_is_refused_and_has_its_own_lamp(scores: list[int], label: str) -> None:
    rig = Rig().somebody(scores).frames(30)
    assert not any(state.state for state in rig.factory.pin("RELAY").states)
    [(_, refusal)] = rig.told(Event.REFUSE)
    assert (refusal["person"], refusal["class"]) == (1, label)
    assert lamps(rig) == [label == one for one in ("correct", "nose", "nose_mouth", "chin")]


def test_a_person_who_cannot_be_told_is_undecided_and_counted_once() -> None:
    rig = Rig().somebody([10, 10, 0, 0]).frames(35)
    assert rig.told(Event.VERDICT)[0][1]["class"] == "undecided"
    rig.nobody().frames(8)
    assert not any(state.state for state in rig.factory.pin("RELAY").states)
    assert rig.service.lanes[0].tally.undecided == 1


def test_a_person_who_leaves_before_a_verdict_is_undecided() -> None:
    rig = Rig().somebody(CORRECT).frames(3).nobody().frames(8)
    assert rig.names == ["person", "verdict", "left"]
    assert rig.told(Event.VERDICT)[0][1]["class"] == "undecided"
    assert rig.service.lanes[0].tally.undecided == 1


def test_votes_of_one_person_never_count_for_the_next() -> None:
    rig = Rig().somebody(CORRECT).frames(4).nobody().wait(0.6).somebody(CORRECT).frames(4)
    assert rig.told(Event.PERMIT) == []
    assert rig.frames(1).told(Event.PERMIT)[0][1]["person"] == 2


def test_a_person_is_gone_after_a_while_even_if_no_frame_comes() -> None:
    rig = Rig().somebody(NOSE).frames(6).wait(0.6)
    assert rig.names[-1] == "left"


def test_the_lane_says_that_somebody_passed_and_the_next_one_is_looked_at_anew() -> None:
    rig = Rig(WITH_INPUTS)
    rig.factory.pin("READY").drive_high()
    rig.somebody(CORRECT).frames(6)
    rig.factory.pin("PASSED").drive_high()
    rig.factory.pin("PASSED").drive_low()
    rig.classifier.scores_of = [NOSE]
    rig.frames(12)
    assert not rig.coil
    assert [name for name in rig.names if name != "verdict"] == [
        "person", "permit", "passed", "left", "person", "refuse",
    ]  # fmt: skip
    assert rig.told(Event.PASSED)[0][1]["by"] == "line"


def test_a_lane_that_is_not_ready_gets_nothing() -> None:
    rig = Rig(WITH_INPUTS).somebody(CORRECT).frames(20)
    assert rig.told(Event.PERMIT) == []
    rig.factory.pin("READY").drive_high()
    assert rig.frames(1).coil


def test_a_passage_without_permission_is_told() -> None:
    rig = Rig(WITH_INPUTS).somebody(NOSE).frames(6)
    rig.factory.pin("PASSED").drive_high()
    assert "forced" in rig.frames(1).names


def test_fire_opens_at_once_and_is_told() -> None:
    rig = Rig(WITH_INPUTS).somebody(NOSE).frames(6)
    rig.factory.pin("FIRE").drive_high()
    assert rig.frames(1).coil
    rig.factory.pin("FIRE").drive_low()
    assert not rig.frames(1).coil
    assert [values["state"] for _, values in rig.told(Event.FIRE)] == ["active", "over"]


def test_a_key_opens_for_a_while_and_no_longer_however_long_it_is_turned() -> None:
    rig = Rig(replace(WITH_INPUTS, gate=GateSettings(override_s=5)))
    rig.factory.pin("KEY").drive_high()
    assert rig.frames(1).coil
    assert rig.wait(4.8).coil
    assert not rig.wait(0.3).coil
    rig.factory.pin("KEY").drive_low()
    rig.frames(1)
    rig.factory.pin("KEY").drive_high()
    assert rig.frames(1).coil
    rig.factory.pin("KEY").drive_low()
    assert not rig.frames(1).coil
    assert [values["state"] for _, values in rig.told(Event.OVERRIDE)] == ["active", "over", "active", "over"]


def test_a_fault_shows_its_pattern_and_releases_the_coil_whatever_was_going_on() -> None:
    rig = Rig().somebody(CORRECT).frames(5)
    assert rig.coil
    rig.service.lanes[0].fault("no frames", active=True)
    rig.service.step({}, rig.now_s)
    assert not rig.coil
    assert rig.told(Event.FAULT) == [("fault", {"reason": "no frames"})]
    assert lamps(rig) in ([True] * 4, [False] * 4)
    rig.service.lanes[0].fault("no frames", active=True)
    rig.service.lanes[0].fault("no frames", active=False)
    rig.frames(4)
    assert not rig.coil, "the verdict must be made anew"
    assert rig.told(Event.FAULT_OVER) == [("fault_over", {"reason": "no frames"})]
    assert rig.frames(9).told(Event.PERMIT)[-1][1]["person"] == 2


def test_a_lane_that_fails_open_releases_the_coil_to_open_and_energises_it_to_close() -> None:
    signals = replace(SignalsSettings(), fault=SignalSettings(True))
    rig = Rig(LaneSettings(gate=GateSettings(fail=Fail.OPEN), signals=signals)).frames(1)
    assert rig.coil
    assert not rig.somebody(CORRECT).frames(5).coil
    rig.service.close()
    assert not rig.factory.pin("RELAY").state


def test_policy_off_holds_the_permission_and_still_tells_what_it_sees() -> None:
    rig = Rig(LaneSettings(gate=GateSettings(policy=Policy.OFF))).somebody(NOSE).frames(20)
    assert rig.coil
    assert rig.names == ["person", "verdict"]


def test_two_lanes_share_one_batch_and_nothing_else() -> None:
    north = LaneSettings(name="north")
    south = LaneSettings(name="south", lines=LinesSettings(permission=LineSettings("R2"), lamps={}))
    rig = Rig(north, south)
    rig.finders[0].box = rig.finders[1].box = HERE
    rig.classifier.scores_of = [NOSE, CORRECT]
    rig.frames(5)
    assert rig.classifier.batches == [2] * 5
    assert (rig.wires[0].coil, rig.wires[1].coil) == (False, True)
    assert {gate for _, gate, _ in rig.journal.records} == {"north", "south"}


@pytest.mark.parametrize("broken", ["finder", "classifier"])
def test_a_stage_that_fails_ends_the_service_with_every_coil_released(broken: str) -> None:
    rig = Rig().somebody(CORRECT).frames(5)
    assert rig.coil
    if broken == "finder":
        rig.finders[0].fails = FinderError("finder broke")
    else:
        rig.classifier.fails = BackendError("backend broke")
    with pytest.raises((FinderError, BackendError)), rig.service:
        rig.frames(1)
    assert rig.factory.pin("RELAY").state is False
    assert rig.classifier.is_closed


def test_a_lane_that_cannot_be_closed_does_not_keep_the_next_from_closing() -> None:
    north = LaneSettings(name="north")
    south = LaneSettings(name="south", lines=LinesSettings(permission=LineSettings("R2"), lamps={}))
    rig = Rig(north, south)
    rig.finders[0].box = rig.finders[1].box = HERE
    rig.frames(5)
    rig.factory.pin("RELAY").close()
    with pytest.raises(OSError, match="line RELAY"):
        rig.service.close()
    assert rig.factory.pin("R2").state is False


def test_every_frame_is_judged_or_without_a_face_or_without_scores() -> None:
    rig = Rig().frames(3).somebody(NOSE).frames(4)
    rig.classifier.fails, rig.classifier.reloads = OverlayError("gone"), [OverlayError("gone still")]
    rig.frames(2).nobody().frames(1)
    tally = rig.service.lanes[0].tally
    assert (tally.judged, tally.unscored) == (4, 2)
    assert tally.frames == 10 == tally.judged + tally.nobody + tally.unscored
