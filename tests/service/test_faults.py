"""The faults of a lane."""

from binarycop.journal.events import Event
from binarycop.service.faults import FaultReason, FaultSet


def test_a_fault_begins_and_ends_with_one_event_each() -> None:
    faults = FaultSet()
    assert not faults
    assert faults.update(FaultReason.NO_FRAMES, active=True) is Event.FAULT
    assert faults.update(FaultReason.NO_FRAMES, active=True) is None
    assert faults
    assert faults.update(FaultReason.NO_FRAMES, active=False) is Event.FAULT_OVER
    assert faults.update(FaultReason.NO_FRAMES, active=False) is None
    assert not faults


def test_there_is_a_fault_until_the_last_one_is_over() -> None:
    faults = FaultSet()
    faults.update(FaultReason.NO_SCORES, active=True)
    faults.update(FaultReason.NO_FRAMES, active=True)
    assert list(faults.texts) == ["no frames", "no scores"]
    faults.update(FaultReason.NO_SCORES, active=False)
    assert faults
    assert list(faults.texts) == ["no frames"]
