"""Motion detection tells a person who moves from noise and from daylight."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from binarycop.frames.low_res import subsample
from binarycop.geometry import Box
from binarycop.tracking import motion
from binarycop.tracking.motion import Motion
from tests.detection.scenes import scene


def last_motions_s(frames: Iterable[NDArray[np.uint8]], *, every_s: float = 0.05) -> list[float]:
    """After each frame, the time of the last motion."""
    state, times_s = Motion(), []
    for number, pixels in enumerate(frames):
        state = motion.step(state, subsample(pixels), number * every_s)
        times_s.append(round(state.last_motion_s, 3))
    return times_s


def test_the_first_frame_is_a_motion_and_noise_is_none() -> None:
    assert last_motions_s(scene({}, noise=seed) for seed in range(1, 40)) == [0.0] * 39


def test_the_first_frame_after_a_pause_is_a_motion() -> None:
    """A person who stood there was lost in the pause. They are looked for again, also if they have not moved."""
    state = motion.step(Motion(), subsample(scene({})), 0.0)
    state = motion.step(state, subsample(scene({})), 0.9)
    assert state.last_motion_s == 0.0
    assert motion.step(state, subsample(scene({})), 2.0).last_motion_s == 2.0


def test_a_person_who_walks_moves_in_every_frame_and_one_who_stands_does_not() -> None:
    walking = [scene({1: Box(4 * n, 30, 30, 40)}, noise=n + 1) for n in range(10)]
    standing = [scene({1: Box(36, 30, 30, 40)}, noise=n + 20) for n in range(10)]
    assert last_motions_s([*walking, *standing]) == [round(0.05 * min(n, 9), 3) for n in range(20)]


def test_a_person_who_creeps_is_noticed_in_the_end() -> None:
    frames = [scene({1: Box(20 + n // 8, 30, 30, 40)}, noise=n + 1) for n in range(40)]
    assert last_motions_s(frames)[-1] > 1.0


def test_daylight_that_changes_slowly_is_no_motion() -> None:
    assert last_motions_s(scene({}, light=1 + n / 3000) for n in range(400))[-1] == 0.0


def test_the_scene_is_static_a_second_after_the_last_motion() -> None:
    state = motion.step(Motion(), subsample(scene({})), 5.0)
    assert not state.is_static(5.9)
    assert state.is_static(6.1)
    assert not Motion().is_static(100.0)
