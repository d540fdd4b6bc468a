"""From frames to lines: what a lane does with the people in front of it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from binarycop.clock import ManualClock
from binarycop.errors import BackendError, DetectorError, OverlayError
from binarycop.frames.base import Frame
from binarycop.journal.events import Event
from binarycop.journal.writers import format_message
from binarycop.lines.lane_io import LaneInputs
from binarycop.service.faults import FaultReason
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


def lamps(setup: SimulatedSetup) -> list[bool]:
    return [setup.factory.pin(f"LD{index}").state for index in range(4)]


def test_a_person_with_a_correct_mask_gets_one_pulse_and_then_has_passed() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT).frames(4)
    assert not setup.is_relay_on
    assert setup.frames(1).is_relay_on
    assert lamps(setup) == [True, False, False, False]
    assert not setup.frames(6).is_relay_on
    setup.person_leaves().frames(8)
    assert setup.event_names == ["person", "verdict", "permit", "passed", "left"]
    assert setup.records(Event.VERDICT) == [
        ("verdict", {
            "person": 1, "class": "correct", "votes": 5, "frames": 5, "margin": 50.0, "outcome": "decided",
            "seen": 5, "without_scores": 0, "votes_correct": 5, "votes_nose": 0, "votes_nose_mouth": 0, "votes_chin": 0,
            "lead": 50, "lead_needed": 4, "face_px": 80, "brightness": 0, "sharpness": 0,
        })
    ]  # fmt: skip
    assert setup.records(Event.PASSED)[0][1]["by"] == "leaving"
    assert lamps(setup) == [False] * 4


def test_the_entry_of_a_decision_has_its_votes_bundle_and_phases() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT).frames(8)
    [(_, permit)] = setup.records(Event.PERMIT)
    assert permit == {
        "person": 1, "class": "correct", "cause": "verdict", "votes": 5, "frames": 5, "margin": 50.0,
        "bundle": "tiny 1", "before": "idle", "after": "permitted",
    }  # fmt: skip
    setup.person_leaves().frames(8)
    [(_, passed)] = setup.records(Event.PASSED)
    assert (passed["before"], passed["after"]) == ("awaiting", "refractory")


def test_the_entry_of_a_decision_has_the_latency_from_capture_to_lines() -> None:
    clock = ManualClock(0.0)
    setup = SimulatedSetup(clock=clock).person_arrives(CORRECT)
    for _ in range(5):
        clock.advance_to(setup.now_s + 0.1 + 0.0123)
        setup.frames(1)
    assert setup.records(Event.PERMIT)[0][1]["latency_ms"] == 12.3


def test_a_lane_applies_new_settings_and_keeps_its_state() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT).frames(3)
    lane = setup.service.lanes[0]
    lane.apply_settings(replace(LaneSettings(), verdict=VerdictSettings(votes=4, margin=40)))
    assert setup.frames(1).is_relay_on
    lane.apply_settings(
        replace(LaneSettings(), gate=GateSettings(policy=Policy.ENFORCE), verdict=VerdictSettings(margin=60))
    )
    setup.wait(0.6).person_leaves().frames(8).person_arrives(CORRECT).wait(1.1).frames(10)
    assert len(setup.records(Event.PERMIT)) == 1


@pytest.mark.parametrize(("scores", "label"), [(NOSE, "nose"), (NOSE_MOUTH, "nose_mouth"), (CHIN, "chin")])
def test_each_incorrect_class_is_refused_and_has_its_own_lamp(scores: list[int], label: str) -> None:
    setup = SimulatedSetup().person_arrives(scores).frames(30)
    assert not any(state.state for state in setup.factory.pin("RELAY").states)
    [(_, refusal)] = setup.records(Event.REFUSE)
    assert (refusal["person"], refusal["class"]) == (1, label)
    assert lamps(setup) == [label == lamp for lamp in ("correct", "nose", "nose_mouth", "chin")]


def test_a_person_whose_frames_abstain_is_undecided_and_counted_once() -> None:
    setup = SimulatedSetup()
    setup.pixels[:, :, :] = 122
    setup.person_arrives([11, 10, 0, 0]).frames(35)
    [(_, verdict)], [(_, refusal)] = setup.records(Event.VERDICT), setup.records(Event.REFUSE)
    why = "gave up; 31 frames: no vote; lead 1/4; face 80 px, bright 120, sharp 0"
    assert format_message(Event.VERDICT, "", verdict) == f"person 1: undecided, {why}"
    assert format_message(Event.REFUSE, "", refusal) == f"person 1: permission refused (undecided), {why}"
    assert (verdict["votes"], verdict["frames"], verdict["margin"]) == (0, 8, 1.0)
    setup.person_leaves().frames(8)
    assert not any(state.state for state in setup.factory.pin("RELAY").states)
    assert setup.service.lanes[0].counters.undecided == 1


def test_a_person_who_leaves_before_a_verdict_is_undecided() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT).frames(3).person_leaves().frames(8)
    assert setup.event_names == ["person", "verdict", "left"]
    assert format_message(Event.VERDICT, "", setup.records(Event.VERDICT)[0][1]) == (
        "person 1: undecided, left; 3 frames: correct 3; lead 50/4; face 80 px, bright 0, sharp 0"
    )
    assert setup.service.lanes[0].counters.undecided == 1


def test_votes_of_one_person_never_count_for_the_next() -> None:
    setup = (
        SimulatedSetup().person_arrives(CORRECT).frames(4).person_leaves().wait(2.1).person_arrives(CORRECT).frames(4)
    )
    assert setup.records(Event.PERMIT) == []
    assert setup.frames(1).records(Event.PERMIT)[0][1]["person"] == 2


def test_a_person_leaves_after_a_while_even_if_no_frame_comes() -> None:
    setup = SimulatedSetup().person_arrives(NOSE).frames(6).wait(1.9)
    assert "left" not in setup.event_names
    assert setup.wait(0.2).event_names[-1] == "left"


def test_when_the_lane_reports_a_passage_the_next_person_starts_without_votes() -> None:
    setup = SimulatedSetup(WITH_INPUTS)
    setup.factory.pin("READY").drive_high()
    setup.person_arrives(CORRECT).frames(6)
    setup.factory.pin("PASSED").drive_high()
    setup.factory.pin("PASSED").drive_low()
    setup.classifier.scores_of = [NOSE]
    setup.frames(12)
    assert not setup.is_relay_on
    assert [name for name in setup.event_names if name != "verdict"] == [
        "person", "permit", "passed", "left", "person", "refuse",
    ]  # fmt: skip
    assert setup.records(Event.PASSED)[0][1]["by"] == "line"


def test_a_lane_that_is_not_ready_gets_no_permission() -> None:
    setup = SimulatedSetup(WITH_INPUTS).person_arrives(CORRECT).frames(20)
    assert setup.records(Event.PERMIT) == []
    setup.factory.pin("READY").drive_high()
    assert setup.frames(1).is_relay_on


def test_a_passage_without_permission_is_in_the_journal() -> None:
    setup = SimulatedSetup(WITH_INPUTS).person_arrives(NOSE).frames(6)
    setup.factory.pin("PASSED").drive_high()
    assert "forced" in setup.frames(1).event_names


def test_fire_gives_permission_at_once_and_is_in_the_journal() -> None:
    setup = SimulatedSetup(WITH_INPUTS).person_arrives(NOSE).frames(6)
    setup.factory.pin("FIRE").drive_high()
    assert setup.frames(1).is_relay_on
    setup.factory.pin("FIRE").drive_low()
    assert not setup.frames(11).is_relay_on
    assert [values["state"] for _, values in setup.records(Event.FIRE)] == ["active", "over"]


def test_the_override_ends_after_override_s_even_if_the_key_stays_turned() -> None:
    setup = SimulatedSetup(replace(WITH_INPUTS, gate=GateSettings(override_s=5))).frames(1).wait(3)
    setup.factory.pin("KEY").drive_high()
    assert setup.frames(1).is_relay_on
    assert setup.wait(4.8).is_relay_on
    assert not setup.wait(0.3).is_relay_on
    setup.factory.pin("KEY").drive_low()
    setup.frames(1).wait(3)
    setup.factory.pin("KEY").drive_high()
    assert setup.frames(1).is_relay_on
    setup.factory.pin("KEY").drive_low()
    assert not setup.frames(1).is_relay_on
    assert [values["state"] for _, values in setup.records(Event.OVERRIDE)] == ["active", "over", "active", "over"]


def test_a_fault_shows_its_lamps_and_switches_the_relay_off_during_a_permission() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT).frames(5)
    assert setup.is_relay_on
    setup.service.lanes[0].set_fault(FaultReason.NO_FRAMES, active=True)
    setup.service.step({}, setup.now_s)
    assert not setup.is_relay_on
    assert setup.records(Event.FAULT) == [("fault", {"reason": "no frames"})]
    assert lamps(setup) in ([True] * 4, [False] * 4)
    setup.service.lanes[0].set_fault(FaultReason.NO_FRAMES, active=True)
    setup.service.lanes[0].set_fault(FaultReason.NO_FRAMES, active=False)
    setup.frames(4)
    assert not setup.is_relay_on, "the person needs a new verdict"
    assert setup.records(Event.FAULT_OVER) == [("fault_over", {"reason": "no frames"})]
    assert setup.frames(9).records(Event.PERMIT)[-1][1]["person"] == 2


def test_a_lane_that_fails_open_has_the_relay_off_for_permission_and_on_without_it() -> None:
    signals = replace(SignalsSettings(), fault=SignalSettings(True))
    setup = SimulatedSetup(LaneSettings(gate=GateSettings(fail=Fail.OPEN), signals=signals)).frames(1)
    assert setup.is_relay_on
    assert not setup.person_arrives(CORRECT).frames(5).is_relay_on
    setup.service.close()
    assert not setup.factory.pin("RELAY").state


def test_policy_off_keeps_the_permission_on_and_the_journal_still_has_the_verdicts() -> None:
    setup = SimulatedSetup(LaneSettings(gate=GateSettings(policy=Policy.OFF))).person_arrives(NOSE).frames(20)
    assert setup.is_relay_on
    assert setup.event_names == ["person", "verdict"]


def test_two_lanes_share_the_batch_and_nothing_else() -> None:
    north = LaneSettings(name="north")
    south = LaneSettings(name="south", lines=LinesSettings(permission=LineSettings("R2"), lamps={}))
    setup = SimulatedSetup(north, south)
    setup.detectors[0].box = setup.detectors[1].box = HERE
    setup.classifier.scores_of = [NOSE, CORRECT]
    setup.frames(5)
    assert setup.classifier.batches == [2] * 5
    assert (setup.lane_ios[0].is_relay_on, setup.lane_ios[1].is_relay_on) == (False, True)
    assert {gate for _, gate, _ in setup.journal.records} == {"north", "south"}


def test_each_lane_gets_the_mean_of_its_own_views() -> None:
    south = LaneSettings(name="south", lines=LinesSettings(permission=LineSettings("R2"), lamps={}))
    setup = SimulatedSetup(LaneSettings(name="north"), south, face_views=3)
    for detector in setup.detectors:
        detector.box = HERE
    setup.classifier.scores_of = [[5, 0, 0, 0], [6, 0, 0, 3], [9, -1, 0, 3], [0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3]]
    frames = {lane: Frame(np.zeros((240, 320, 3), np.uint8), captured_s=50.0, number=1) for lane in (0, 1)}
    north_sees, south_sees = setup.perception.step(frames, 50.0)
    assert setup.classifier.batches == [6]
    assert (north_sees.scores, south_sees.scores) == ((7, 0, 0, 2), (0, 1, 2, 3))


@pytest.mark.parametrize("broken", ["detector", "classifier"])
def test_a_part_that_fails_ends_the_service_with_every_relay_off(broken: str) -> None:
    setup = SimulatedSetup().person_arrives(CORRECT).frames(5)
    assert setup.is_relay_on
    if broken == "detector":
        setup.detectors[0].fails = DetectorError("detector broke")
    else:
        setup.classifier.fails = BackendError("backend broke")
    with pytest.raises((DetectorError, BackendError)), setup.service:
        setup.frames(1)
    assert setup.factory.pin("RELAY").state is False
    assert setup.classifier.is_closed


def test_if_one_lane_cannot_be_closed_the_next_one_is_closed_all_the_same() -> None:
    north = LaneSettings(name="north")
    south = LaneSettings(name="south", lines=LinesSettings(permission=LineSettings("R2"), lamps={}))
    setup = SimulatedSetup(north, south)
    setup.detectors[0].box = setup.detectors[1].box = HERE
    setup.frames(5)
    setup.factory.pin("RELAY").close()
    with pytest.raises(OSError, match="line RELAY"):
        setup.service.close()
    assert setup.factory.pin("R2").state is False


def test_every_frame_is_scored_or_without_a_face_or_without_scores() -> None:
    setup = SimulatedSetup().frames(3).person_arrives(NOSE).frames(4)
    setup.classifier.fails, setup.classifier.reloads = OverlayError("gone"), [OverlayError("still gone")]
    setup.frames(2).person_leaves().frames(1)
    counters = setup.service.lanes[0].counters
    assert (counters.scored, counters.without_scores) == (4, 2)
    assert counters.frames == 10 == counters.scored + counters.without_face + counters.without_scores


def counted(setup: SimulatedSetup) -> list[int]:
    """How often each lane has read its inputs from now on."""
    counts = [0] * len(setup.service.lanes)

    def count(index: int, read: Callable[[float], LaneInputs]) -> Callable[[float], LaneInputs]:
        def reads(now_s: float) -> LaneInputs:
            counts[index] += 1
            return read(now_s)

        return reads

    for index, lane in enumerate(setup.service.lanes):
        lane._io.read = count(index, lane._io.read)  # type: ignore[assignment, method-assign]
    return counts


def test_a_lane_without_news_is_stepped_every_10_ms_while_another_one_has_frames() -> None:
    setup = SimulatedSetup(
        LaneSettings(), LaneSettings("second", lines=LinesSettings(permission=LineSettings("OTHER"), lamps={}))
    )
    pixels, counts = np.zeros((120, 160, 3), np.uint8), counted(setup)
    for number in range(20):
        now_s = 1 + 0.004 * number
        setup.service.step({0: Frame(pixels, now_s, number)}, now_s)
    # Every third step is 12 ms after the last one.
    assert counts == [20, 7]


def test_a_fault_does_not_wait_for_a_lanes_turn() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT).frames(5)
    assert setup.is_relay_on
    setup.service.step({}, setup.now_s + 0.001)
    setup.service.lanes[0].set_fault(FaultReason.NO_FRAMES, active=True)
    setup.service.step({}, setup.now_s + 0.002)
    assert not setup.is_relay_on


def test_the_end_of_a_permission_does_not_wait_for_a_lanes_turn() -> None:
    setup = SimulatedSetup().person_arrives(CORRECT).frames(5)
    end_s = setup.now_s + LaneSettings().gate.pulse_s
    setup.service.step({}, end_s - 0.001)
    assert setup.is_relay_on
    setup.service.step({}, end_s)
    assert not setup.is_relay_on
