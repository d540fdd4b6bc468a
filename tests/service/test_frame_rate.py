"""Whether a lane's frames come often enough for a verdict, and that the gate says so once."""

from binarycop.journal.events import Event
from binarycop.service.frame_rate import FrameRate
from tests.service.fakes import CORRECT, HERE, SimulatedSetup

NEEDED_S = 0.2


def changes(rate: FrameRate, every_s: float, count: int, begin_s: float = 0.0) -> list[bool]:
    return [rate.add(begin_s + every_s * number, NEEDED_S) for number in range(count)]


def test_frames_that_come_often_enough_are_nothing_to_speak_of() -> None:
    rate = FrameRate()
    assert not any(changes(rate, 0.19, 200))
    assert rate.seldom_s is None


def test_frames_that_come_too_seldom_are_reported_once_with_the_time_between_them() -> None:
    rate = FrameRate()
    assert changes(rate, 0.4, 40).count(True) == 1
    assert rate.seldom_s is not None
    assert abs(rate.seldom_s - 0.4) < 0.01


def test_it_is_over_only_when_they_come_clearly_more_often() -> None:
    rate = FrameRate()
    changes(rate, 0.4, 20)
    assert not any(changes(rate, 0.18, 60, begin_s=8.0))
    assert changes(rate, 0.1, 100, begin_s=19.0).count(True) == 1
    assert rate.seldom_s is None


def test_a_few_seconds_say_nothing_nor_does_a_pause_of_the_source_or_of_the_service() -> None:
    rate = FrameRate()
    assert not any(changes(rate, 0.4, 12))
    assert not any(changes(rate, 0.4, 12, begin_s=30.0))
    rate.pause()
    assert not any(changes(rate, 0.4, 12, begin_s=35.0))


def test_the_gate_says_once_that_frames_come_too_seldom_and_once_that_it_is_over() -> None:
    setup = SimulatedSetup()
    setup.frames(100, every_s=0.4)
    assert setup.records(Event.FRAMES_SELDOM) == [("frames_seldom", {"every_ms": 400, "needed_ms": 188})]
    assert setup.service.lanes[0].details().seldom_s is not None
    setup.frames(100, every_s=0.05)
    assert setup.records(Event.FRAMES_OFTEN) == [("frames_often", {})]
    assert setup.service.lanes[0].details().seldom_s is None
    assert round(setup.service.lanes[0].counters.most_interval_s, 2) == 0.4


def test_a_person_who_stands_while_frames_come_seldom_is_one_person_with_a_verdict() -> None:
    setup = SimulatedSetup()
    setup.detectors[0].box, setup.classifier.scores_of = HERE, [CORRECT]
    setup.frames(20, every_s=0.35)
    assert setup.service.lanes[0].counters.persons == 1
    assert setup.records(Event.PERMIT)


def test_no_vote_counts_from_before_a_gap_in_which_nobody_looked_at_the_face() -> None:
    setup = SimulatedSetup()
    setup.detectors[0].box, setup.classifier.scores_of = HERE, [CORRECT]
    setup.frames(4, every_s=0.1)
    setup.frames(1, every_s=0.8)  # somebody else may stand there now
    setup.frames(3, every_s=0.1)
    assert not setup.records(Event.PERMIT)
    setup.frames(1, every_s=0.1)
    assert setup.records(Event.PERMIT)
    assert setup.service.lanes[0].counters.persons == 1
