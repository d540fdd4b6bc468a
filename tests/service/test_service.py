"""From frames to wires: what a lane does with the people in front of it."""

from dataclasses import replace

import pytest

from binarycop.clock import ManualClock
from binarycop.errors import BackendError, DetectorError, OverlayError
from binarycop.journal.events import Event
from binarycop.settings.gate import Fail, GateSettings, Policy
from binarycop.settings.lines import InputSettings, LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.signals import SignalSettings, SignalsSettings
from binarycop.settings.verdict import VerdictSettings
from tests.service.fakes import CHIN, CORRECT, HERE, NOSE, NOSE_MOUTH, SimulatedSetup

WITH_INPUTS = LaneSettings(
    lines=LinesSettings(
        passed=InputSettings("PASSED"),
        ready=InputSettings("READY"),
        fire=InputSettings("FIRE"),
        override=InputSettings("KEY"),
    )
)


def lamps(bench: SimulatedSetup) -> list[bool]:
    return [bench.factory.pin(f"LD{index}").state for index in range(4)]


def test_a_person_with_a_correct_mask_gets_one_pulse_and_is_seen_to_pass() -> None:
    bench = SimulatedSetup().somebody(CORRECT).frames(4)
    assert not bench.coil
    assert bench.frames(1).coil
    assert lamps(bench) == [True, False, False, False]
    assert not bench.frames(6).coil
    bench.nobody().frames(8)
    assert bench.names == ["person", "verdict", "permit", "passed", "left"]
    assert bench.told(Event.VERDICT) == [
        ("verdict", {"person": 1, "class": "correct", "votes": 5, "frames": 5, "margin": 50.0})
    ]
    assert bench.told(Event.PASSED)[0][1]["by"] == "leaving"
    assert lamps(bench) == [False] * 4


def test_a_decision_tells_what_it_came_from_and_what_it_did() -> None:
    bench = SimulatedSetup().somebody(CORRECT).frames(8)
    [(_, permit)] = bench.told(Event.PERMIT)
    assert permit == {
        "person": 1, "class": "correct", "cause": "verdict", "votes": 5, "frames": 5, "margin": 50.0,
        "bundle": "tiny 1", "before": "idle", "after": "permitted",
    }  # fmt: skip
    bench.nobody().frames(8)
    [(_, passed)] = bench.told(Event.PASSED)
    assert (passed["before"], passed["after"]) == ("awaiting", "refractory")


def test_a_decision_tells_how_long_it_took_from_the_frames_capture_to_the_lines() -> None:
    clock = ManualClock(0.0)
    bench = SimulatedSetup(clock=clock).somebody(CORRECT)
    for _ in range(5):
        clock.advance_to(bench.now_s + 0.1 + 0.0123)
        bench.frames(1)
    assert bench.told(Event.PERMIT)[0][1]["latency_ms"] == 12.3


def test_a_lane_goes_on_by_other_settings_and_keeps_its_state() -> None:
    bench = SimulatedSetup().somebody(CORRECT).frames(3)
    lane = bench.service.lanes[0]
    lane.apply_settings(replace(LaneSettings(), verdict=VerdictSettings(votes=4, margin=40)))
    assert bench.frames(1).coil
    lane.apply_settings(
        replace(LaneSettings(), gate=GateSettings(policy=Policy.ENFORCE), verdict=VerdictSettings(margin=60))
    )
    bench.wait(0.6).nobody().frames(8).somebody(CORRECT).wait(1.1).frames(10)
    assert len(bench.told(Event.PERMIT)) == 1


@pytest.mark.parametrize(("scores", "label"), [(NOSE, "nose"), (NOSE_MOUTH, "nose_mouth"), (CHIN, "chin")])
def test_each_way_of_wearing_it_wrongly_is_refused_and_has_its_own_lamp(scores: list[int], label: str) -> None:
    bench = SimulatedSetup().somebody(scores).frames(30)
    assert not any(state.state for state in bench.factory.pin("RELAY").states)
    [(_, refusal)] = bench.told(Event.REFUSE)
    assert (refusal["person"], refusal["class"]) == (1, label)
    assert lamps(bench) == [label == one for one in ("correct", "nose", "nose_mouth", "chin")]


def test_a_person_who_cannot_be_told_is_undecided_and_counted_once() -> None:
    bench = SimulatedSetup().somebody([10, 10, 0, 0]).frames(35)
    assert bench.told(Event.VERDICT)[0][1]["class"] == "undecided"
    bench.nobody().frames(8)
    assert not any(state.state for state in bench.factory.pin("RELAY").states)
    assert bench.service.lanes[0].counters.undecided == 1


def test_a_person_who_leaves_before_a_verdict_is_undecided() -> None:
    bench = SimulatedSetup().somebody(CORRECT).frames(3).nobody().frames(8)
    assert bench.names == ["person", "verdict", "left"]
    assert bench.told(Event.VERDICT)[0][1]["class"] == "undecided"
    assert bench.service.lanes[0].counters.undecided == 1


def test_votes_of_one_person_never_count_for_the_next() -> None:
    bench = SimulatedSetup().somebody(CORRECT).frames(4).nobody().wait(0.6).somebody(CORRECT).frames(4)
    assert bench.told(Event.PERMIT) == []
    assert bench.frames(1).told(Event.PERMIT)[0][1]["person"] == 2


def test_a_person_is_gone_after_a_while_even_if_no_frame_comes() -> None:
    bench = SimulatedSetup().somebody(NOSE).frames(6).wait(0.6)
    assert bench.names[-1] == "left"


def test_the_lane_says_that_somebody_passed_and_the_next_one_is_looked_at_anew() -> None:
    bench = SimulatedSetup(WITH_INPUTS)
    bench.factory.pin("READY").drive_high()
    bench.somebody(CORRECT).frames(6)
    bench.factory.pin("PASSED").drive_high()
    bench.factory.pin("PASSED").drive_low()
    bench.classifier.scores_of = [NOSE]
    bench.frames(12)
    assert not bench.coil
    assert [name for name in bench.names if name != "verdict"] == [
        "person", "permit", "passed", "left", "person", "refuse",
    ]  # fmt: skip
    assert bench.told(Event.PASSED)[0][1]["by"] == "line"


def test_a_lane_that_is_not_ready_gets_nothing() -> None:
    bench = SimulatedSetup(WITH_INPUTS).somebody(CORRECT).frames(20)
    assert bench.told(Event.PERMIT) == []
    bench.factory.pin("READY").drive_high()
    assert bench.frames(1).coil


def test_a_passage_without_permission_is_told() -> None:
    bench = SimulatedSetup(WITH_INPUTS).somebody(NOSE).frames(6)
    bench.factory.pin("PASSED").drive_high()
    assert "forced" in bench.frames(1).names


def test_fire_opens_at_once_and_is_told() -> None:
    bench = SimulatedSetup(WITH_INPUTS).somebody(NOSE).frames(6)
    bench.factory.pin("FIRE").drive_high()
    assert bench.frames(1).coil
    bench.factory.pin("FIRE").drive_low()
    assert not bench.frames(1).coil
    assert [values["state"] for _, values in bench.told(Event.FIRE)] == ["active", "over"]


def test_a_key_opens_for_a_while_and_no_longer_however_long_it_is_turned() -> None:
    bench = SimulatedSetup(replace(WITH_INPUTS, gate=GateSettings(override_s=5)))
    bench.factory.pin("KEY").drive_high()
    assert bench.frames(1).coil
    assert bench.wait(4.8).coil
    assert not bench.wait(0.3).coil
    bench.factory.pin("KEY").drive_low()
    bench.frames(1)
    bench.factory.pin("KEY").drive_high()
    assert bench.frames(1).coil
    bench.factory.pin("KEY").drive_low()
    assert not bench.frames(1).coil
    assert [values["state"] for _, values in bench.told(Event.OVERRIDE)] == ["active", "over", "active", "over"]


def test_a_fault_shows_its_pattern_and_releases_the_coil_whatever_was_going_on() -> None:
    bench = SimulatedSetup().somebody(CORRECT).frames(5)
    assert bench.coil
    bench.service.lanes[0].fault("no frames", active=True)
    bench.service.step({}, bench.now_s)
    assert not bench.coil
    assert bench.told(Event.FAULT) == [("fault", {"reason": "no frames"})]
    assert lamps(bench) in ([True] * 4, [False] * 4)
    bench.service.lanes[0].fault("no frames", active=True)
    bench.service.lanes[0].fault("no frames", active=False)
    bench.frames(4)
    assert not bench.coil, "the verdict must be made anew"
    assert bench.told(Event.FAULT_OVER) == [("fault_over", {"reason": "no frames"})]
    assert bench.frames(9).told(Event.PERMIT)[-1][1]["person"] == 2


def test_a_lane_that_fails_open_releases_the_coil_to_open_and_energises_it_to_close() -> None:
    signals = replace(SignalsSettings(), fault=SignalSettings(True))
    bench = SimulatedSetup(LaneSettings(gate=GateSettings(fail=Fail.OPEN), signals=signals)).frames(1)
    assert bench.coil
    assert not bench.somebody(CORRECT).frames(5).coil
    bench.service.close()
    assert not bench.factory.pin("RELAY").state


def test_policy_off_holds_the_permission_and_still_tells_what_it_sees() -> None:
    bench = SimulatedSetup(LaneSettings(gate=GateSettings(policy=Policy.OFF))).somebody(NOSE).frames(20)
    assert bench.coil
    assert bench.names == ["person", "verdict"]


def test_two_lanes_share_one_batch_and_nothing_else() -> None:
    north = LaneSettings(name="north")
    south = LaneSettings(name="south", lines=LinesSettings(permission=LineSettings("R2"), lamps={}))
    bench = SimulatedSetup(north, south)
    bench.finders[0].box = bench.finders[1].box = HERE
    bench.classifier.scores_of = [NOSE, CORRECT]
    bench.frames(5)
    assert bench.classifier.batches == [2] * 5
    assert (bench.wires[0].is_relay_on, bench.wires[1].is_relay_on) == (False, True)
    assert {gate for _, gate, _ in bench.journal.records} == {"north", "south"}


@pytest.mark.parametrize("broken", ["finder", "classifier"])
def test_a_stage_that_fails_ends_the_service_with_every_coil_released(broken: str) -> None:
    bench = SimulatedSetup().somebody(CORRECT).frames(5)
    assert bench.coil
    if broken == "finder":
        bench.finders[0].fails = DetectorError("finder broke")
    else:
        bench.classifier.fails = BackendError("backend broke")
    with pytest.raises((DetectorError, BackendError)), bench.service:
        bench.frames(1)
    assert bench.factory.pin("RELAY").state is False
    assert bench.classifier.is_closed


def test_a_lane_that_cannot_be_closed_does_not_keep_the_next_from_closing() -> None:
    north = LaneSettings(name="north")
    south = LaneSettings(name="south", lines=LinesSettings(permission=LineSettings("R2"), lamps={}))
    bench = SimulatedSetup(north, south)
    bench.finders[0].box = bench.finders[1].box = HERE
    bench.frames(5)
    bench.factory.pin("RELAY").close()
    with pytest.raises(OSError, match="line RELAY"):
        bench.service.close()
    assert bench.factory.pin("R2").state is False


def test_every_frame_is_judged_or_without_a_face_or_without_scores() -> None:
    bench = SimulatedSetup().frames(3).somebody(NOSE).frames(4)
    bench.classifier.fails, bench.classifier.reloads = OverlayError("gone"), [OverlayError("gone still")]
    bench.frames(2).nobody().frames(1)
    tally = bench.service.lanes[0].counters
    assert (tally.scored, tally.without_scores) == (4, 2)
    assert tally.frames == 10 == tally.scored + tally.without_face + tally.without_scores
