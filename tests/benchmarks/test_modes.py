"""The measurement of the two modes, with a clock and a service that the test moves."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from binarycop.benchmarks import modes
from binarycop.benchmarks.figures import Part
from binarycop.benchmarks.modes import DrawnCamera
from binarycop.clock import ManualClock
from binarycop.errors import BackendError
from binarycop.frames.image import decode
from binarycop.settings.service import Mode


@dataclass
class Scripted:
    """A service that sleeps one second after the scene has changed, and wakes 0.15 s after that."""

    clock: ManualClock
    camera: DrawnCamera
    changed_s: float = 0.0
    had_square: bool = False
    never_sleeps: bool = False
    lanes: list[Any] = field(default_factory=lambda: [SimpleNamespace(counters=SimpleNamespace(frames=0))])

    @property
    def capture_interval_s(self) -> float:
        now_s = self.clock.now_s()
        if self.camera.has_square != self.had_square:
            self.had_square, self.changed_s = self.camera.has_square, now_s
        is_awake = 0.15 <= now_s - self.changed_s < 1.0
        return 0.0 if is_awake or self.never_sleeps else 0.2


def cost_of(wakes: int, *, never_sleeps: bool = False) -> modes._Cost:
    clock = ManualClock(100.0)
    camera = DrawnCamera([b""], clock)
    service = Scripted(clock, camera, never_sleeps=never_sleeps)
    for cost in modes._measure(cast(Any, service), camera, clock, 5.0, wakes):
        if cost is not None:
            return cost
        clock.advance_to(clock.now_s() + 0.01)
        service.lanes[0].counters.frames += 1
    raise AssertionError("it ended without a result")


def test_in_performance_only_the_cost_is_measured() -> None:
    cost = cost_of(0, never_sleeps=True)
    assert cost.looked_at_hz == pytest.approx(100.0)
    assert cost.wake_ms == ()


def test_each_wake_counts_from_the_moment_when_the_scene_changes() -> None:
    assert cost_of(4).wake_ms == pytest.approx([150.0] * 4, abs=11)


def test_a_service_that_never_sleeps_is_an_error_and_not_a_figure() -> None:
    with pytest.raises(BackendError, match="did not sleep"):
        cost_of(1, never_sleeps=True)


def test_the_pictures_are_of_one_room_and_none_is_like_another() -> None:
    pictures = modes._draw(4)
    assert len(set(pictures)) == 4
    decoded = [np.asarray(decode(picture, max_px=640 * 480)).astype(int) for picture in pictures]
    assert all(np.abs(decoded[0] - other).mean() < 10 for other in decoded)


def test_the_figures_have_both_modes_and_the_wake_of_one() -> None:
    cost = modes._Cost(0.5, 30.0, (100.0, 200.0))
    part = Part("modes", tuple(modes._figures({mode: [cost] for mode in Mode})), Mode.PERFORMANCE.value)
    assert [(figure.case, figure.quantity, figure.value) for figure in part.figures] == [
        ("performance", "processor time per hour", 1800.0),
        ("performance", "frames looked at per second", 30.0),
        ("low-power", "processor time per hour", 1800.0),
        ("low-power", "frames looked at per second", 30.0),
        ("low-power", "until awake", 150.0),
    ]
