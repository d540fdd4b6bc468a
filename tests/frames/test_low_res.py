"""The low-resolution frame: it has exactly the pixels that plain slicing would give."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from binarycop.frames.low_res import LONGER_PX, subsample

SIDES = st.one_of(st.integers(1, 40), st.integers(150, 170), st.integers(300, 700))


def sliced(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """The definition: every n-th pixel from the middle of the first step on, then grey."""
    step_px = max(-(-max(pixels.shape[:2]) // LONGER_PX), 1)
    top, left = (min(step_px // 2, side - 1) for side in pixels.shape[:2])
    kept = np.ascontiguousarray(pixels[top::step_px, left::step_px])
    return np.asarray(cv2.cvtColor(kept, cv2.COLOR_BGR2GRAY), np.uint8), step_px


@given(height=SIDES, width=SIDES, seed=st.integers(0, 99))
def test_it_has_the_pixels_that_slicing_gives(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    low_res = subsample(pixels)
    grey, step_px = sliced(pixels)
    assert low_res.step_px == step_px
    assert np.array_equal(low_res.grey, grey)


@pytest.mark.parametrize("turned", [lambda pixels: pixels[:, ::-1], lambda pixels: pixels.transpose(1, 0, 2)])
def test_a_picture_that_is_no_plain_block_of_memory_gives_the_same(
    turned: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    view = turned(pixels)
    assert np.array_equal(subsample(view).grey, sliced(view)[0])


def test_the_frame_is_only_read() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    before = pixels.copy()
    pixels.flags.writeable = False
    low_res = subsample(pixels)
    assert np.array_equal(pixels, before)
    assert not np.shares_memory(low_res.grey, pixels)
