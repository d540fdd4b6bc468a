"""Whether an output, or the relay's own contact, does what was commanded."""

import pytest

from binarycop.lines.output_check import FEEDBACK_S, FeedbackCheck


def test_one_read_that_differs_is_no_fault_however_late_the_loop_is() -> None:
    check = FeedbackCheck()
    check.restart(0.0)
    assert not check.has_failed(True, True, 1.0)
    assert not check.has_failed(True, False, 1.39)
    assert not check.has_failed(True, True, 1.42)
    assert not check.has_failed(True, False, 1.81)


@pytest.mark.parametrize("commanded", [True, False])
def test_a_contact_that_does_not_follow_in_time_is_a_fault(commanded: bool) -> None:
    check = FeedbackCheck()
    check.restart(1.0)
    assert not check.has_failed(commanded, not commanded, 1.0 + FEEDBACK_S / 2)
    assert not check.has_failed(commanded, not commanded, 1.0 + FEEDBACK_S)
    assert check.has_failed(commanded, not commanded, 1.01 + FEEDBACK_S)
