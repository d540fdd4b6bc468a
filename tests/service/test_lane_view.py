"""One lane's view: what another thread may ask of it at any moment."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from binarycop.geometry import CropGeometry
from binarycop.service.perception import LaneView
from binarycop.settings.faces import FacesSettings
from binarycop.tracking.tracker import FrontPerson, Tracker


class FakeTracker(Tracker):
    """Remembers the settings that were applied, and sees nobody."""

    moved_s, has_face = 0.0, False

    def __init__(self) -> None:
        self.applied: list[FacesSettings] = []

    def apply_settings(self, settings: FacesSettings) -> None:
        self.applied.append(settings)

    def advance_time(self, now_s: float) -> FrontPerson:
        return FrontPerson(None, None)

    def due_s(self) -> float | None:
        return None

    def is_late(self, now_s: float) -> bool:
        return False


@contextmanager
def call_at(moment: int, call: Callable[[], None]) -> Iterator[list[int]]:
    """Call ``call`` once, before this instruction of ``LaneView``'s methods, as another thread can.

    Yields a list that has ``moment`` if there is such an instruction.
    """
    count, reached = 0, list[int]()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if frame.f_code not in (LaneView.look.__code__, LaneView._apply_requests.__code__):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            count += 1
            if count == moment and not reached:
                reached.append(moment)
                call()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield reached
    finally:
        sys.settrace(before)


def test_settings_that_are_requested_at_any_moment_of_a_step_are_applied() -> None:
    first, second = FacesSettings(find_every=2), FacesSettings(find_every=3)
    moment, reached = 0, [0]
    while reached:
        moment += 1
        tracker = FakeTracker()
        view = LaneView(tracker, CropGeometry(margin=1.1, shift_y=0.0))
        view.request_settings(first)
        with call_at(moment, lambda view=view: view.request_settings(second)) as reached:  # type: ignore[misc]
            view.look(None, 1.0)
        view.look(None, 2.0)
        assert tracker.applied[-1] is (second if reached else first)
    assert moment > 20
    assert tracker.applied == [first], "settings are applied once"
