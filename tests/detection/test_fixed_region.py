"""The finder that knows a marked spot instead of faces."""

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.fixed_region import FixedRegion
from binarycop.geometry import Box


def room(seed: int, *, light: float = 1.0) -> NDArray[np.uint8]:
    """An empty room with sensor noise that is different each time."""
    steps = np.linspace(60, 120, 320)[None, :, None].repeat(240, axis=0)
    noise = np.random.default_rng(seed).normal(0, 4, (240, 320, 3))
    return np.clip(steps * light + noise, 0, 255).astype(np.uint8)


def with_somebody(frame: NDArray[np.uint8], shift_px: int = 0) -> NDArray[np.uint8]:
    frame = frame.copy()
    frame[60:180, 110 + shift_px : 210 + shift_px] = (150, 180, 220)
    return frame


def spot(*, watches: bool = True) -> FixedRegion:
    return FixedRegion(0.35, 0.25, 0.3, 0.5, watches=watches)


def test_a_single_picture_is_always_answered_with_the_spot() -> None:
    faces = spot(watches=False).detect(room(0))
    assert [face.box for face in faces] == [Box(112.0, 60.0, 96.0, 120.0)]


def test_nobody_stands_on_an_empty_spot_whatever_the_noise() -> None:
    finder = spot()
    assert not any(finder.detect(room(seed)) for seed in range(50))


def test_who_stands_on_the_spot_is_found_and_who_left_is_not() -> None:
    finder = spot()
    finder.detect(room(0))
    found = [bool(finder.detect(with_somebody(room(seed)))) for seed in range(1, 6)]
    assert found == [False, True, True, True, True]  # the first frame is a change, not rest
    assert not any(finder.detect(room(seed)) for seed in range(6, 9))


def test_who_is_still_moving_through_the_spot_is_not_judged_yet() -> None:
    finder = spot()
    finder.detect(room(0))
    assert not any(finder.detect(with_somebody(room(step), -100 + 20 * step)) for step in range(1, 6))


def test_slowly_changing_daylight_is_nobody() -> None:
    finder = spot()
    assert not any(finder.detect(room(step, light=1 + step / 1000)) for step in range(600))


def test_what_stands_there_for_a_minute_is_furniture() -> None:
    finder = spot()
    finder.detect(room(0))
    frames = [with_somebody(room(seed)) for seed in range(4)]
    found = [bool(finder.detect(frames[index % 4])) for index in range(1900)]
    assert found[1:1700] == [True] * 1699
    assert not any(found[-90:])
