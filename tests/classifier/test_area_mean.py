"""The compiled function that shrinks crops: exact means of areas, within its memory; OpenCV's but for rounding."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from binarycop.classifier.choose import open_shrink
from binarycop.classifier.native.area_mean import MAX_PX, AreaMean
from binarycop.classifier.native.variants import VARIANTS, Variant
from binarycop.detection.crop import crop, shrink_by_opencv
from binarycop.detection.views import cut_views
from binarycop.geometry import Box, CropGeometry
from tests.classifier.test_native import compiled, output, runner

HARNESS = Path(__file__).with_name("run_area_mean.c")


@pytest.fixture(scope="module")
def shrink() -> AreaMean:
    return compiled(open_shrink(shrink_by_opencv), AreaMean)


def noise(seed: int, width: int, height: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def overlaps(side: int, out: int) -> NDArray[np.int64]:
    """How much of each of ``side`` pixels each of ``out`` covers, in units of 1 / ``out`` pixel."""
    inner, outer = out * np.arange(side + 1), side * np.arange(out + 1)[:, None]
    ends, begins = np.minimum(inner[1:], outer[1:]), np.maximum(inner[:-1], outer[:-1])
    return np.asarray(np.maximum(ends - begins, 0))


def exact(pixels: NDArray[np.uint8], out_width: int, out_height: int) -> NDArray[np.float64]:
    height, width, _ = pixels.shape
    sums = np.einsum("jy,yxc->jxc", overlaps(height, out_height), pixels.astype(np.int64))
    sums = np.einsum("ix,jxc->jic", overlaps(width, out_width), sums)
    return np.asarray(sums / (width * height))


@given(st.integers(0, 1000), st.integers(32, 300), st.sampled_from([32, 34]))
def test_each_pixel_is_the_exact_mean_of_its_area(shrink: AreaMean, seed: int, side: int, out: int) -> None:
    side = max(side, out) + (side == 2 * out)
    square = noise(seed, side + 5, side)[:, 2 : 2 + side]
    assert np.array_equal(shrink(square, out), np.rint(exact(square, out, out)))


@given(st.integers(0, 1000), st.integers(2, 400))
def test_a_crop_is_that_of_opencv_but_for_rounding(shrink: AreaMean, seed: int, face_px: int) -> None:
    frame, box, geometry = noise(seed, 320, 240), Box(90.3, 60.8, face_px, face_px), CropGeometry(1.15, 0.06)
    ours, theirs = (crop(frame, box, geometry, 1, each).astype(int) for each in (shrink, shrink_by_opencv))
    assert np.abs(ours - theirs).max() <= 1
    assert (ours != theirs).mean() <= 0.02  # with whole factors, where many means end in a half
    assert cut_views(frame, box, geometry, 6, shrink).shape == (6, 32, 32, 3)


@pytest.mark.parametrize(
    "square", [noise(1, 20, 20), noise(2, 60, 40), noise(3, 60, 60)[:, ::-1], noise(4, 32 * 257, 1).repeat(32 * 257, 0)]
)
def test_what_the_function_cannot_shrink_opencv_does(shrink: AreaMean, square: NDArray[np.uint8]) -> None:
    assert np.array_equal(shrink(square, 32), cv2.resize(square, (32, 32), interpolation=cv2.INTER_AREA))


def test_a_crop_that_is_narrower_than_the_function_takes_is_left_to_opencv(shrink: AreaMean) -> None:
    square = noise(5, 13, 13)
    assert np.array_equal(shrink(square, 5), cv2.resize(square, (5, 5), interpolation=cv2.INTER_AREA))


def test_the_brightest_picture_of_the_largest_size_does_not_overflow(shrink: AreaMean) -> None:
    side = int(MAX_PX**0.5)
    white = np.full((side, side, 3), 255, np.uint8)
    assert (shrink(white, 32) == 255).all()


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: f"{variant.name}-{variant.machine}")
def test_every_variant_stays_within_its_memory_and_gives_the_exact_means(variant: Variant, tmp_path: Path) -> None:
    command = runner(variant, tmp_path, HARNESS)
    for sizes in ((34, 34, 34, 34), (35, 67, 34, 2), (281, 300, 34, 34), (513, 3, 2, 3), (6, 9, 6, 4), (7, 500, 6, 2)):
        width, height, out_width, out_height = sizes
        pixels = noise(width, width, height)
        data = np.array(sizes, np.int32).tobytes() + pixels.tobytes()
        got = np.frombuffer(output(command, data), np.uint8).reshape(out_height, out_width, 3)
        assert np.array_equal(got, np.rint(exact(pixels, out_width, out_height)))
