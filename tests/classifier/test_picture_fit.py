"""The compiled functions that shrink frames for the detector: OpenCV's pictures, within their memory."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from binarycop.classifier.choose import open_fit
from binarycop.classifier.native.picture_fit import PictureFit
from binarycop.classifier.native.variants import VARIANTS, Variant
from binarycop.detection.letterbox import fit_by_opencv, letterbox
from tests.classifier.test_area_mean import noise
from tests.classifier.test_native import compiled, output, runner

HARNESS = Path(__file__).with_name("run_halve.c")


@pytest.fixture(scope="module")
def fit() -> PictureFit:
    return compiled(open_fit(fit_by_opencv), PictureFit)


def halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The definition: the mean of four pixels, a half upwards."""
    height, width, _ = pixels.shape
    sums = pixels.reshape(height // 2, 2, width // 2, 2, 3).astype(int).sum(axis=(1, 3))
    return np.asarray((sums + 2) // 4, np.uint8)


@given(st.integers(0, 1000), st.integers(6, 90), st.integers(1, 40), st.sampled_from([2, 4]), st.integers(0, 40))
def test_a_frame_of_twice_or_four_times_the_size_is_opencvs_bit_by_bit(
    fit: PictureFit, seed: int, width: int, height: int, factor: int, spare: int
) -> None:
    frame = noise(seed, factor * width, factor * height)
    args = (width, height), (width + spare, height + spare // 2)
    got = fit(frame, *args)
    assert np.array_equal(got, fit_by_opencv(frame, *args))
    once = halved(frame)
    assert np.array_equal(got[:height, :width], once if factor == 2 else halved(once))
    assert not got[height:].any()
    assert not got[:, width:].any()


@pytest.mark.parametrize(
    "size", [(640, 480), (1280, 720), (1920, 1080), (800, 600), (1024, 768), (2560, 1920), (480, 640)]
)
@pytest.mark.parametrize("longer_px", [320, 160])
def test_frames_of_usual_cameras_are_opencvs_bit_by_bit(fit: PictureFit, size: tuple[int, int], longer_px: int) -> None:
    frame = noise(sum(size), *size)
    ours, theirs = (letterbox(frame, longer_px, 32, 2, each)[0] for each in (fit, fit_by_opencv))
    assert np.array_equal(ours, theirs)


@given(st.integers(0, 1000), st.integers(6, 700), st.integers(1, 500), st.integers(6, 320))
def test_a_frame_of_any_size_is_opencvs_but_for_rounding(
    fit: PictureFit, seed: int, width: int, height: int, longer_px: int
) -> None:
    frame = noise(seed, width, height)
    ours, theirs = (letterbox(frame, longer_px, 32, 2, each)[0].astype(int) for each in (fit, fit_by_opencv))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1
    assert (ours != theirs).sum() <= max(0.02 * theirs.size, 3)  # where many means end in a half


@pytest.mark.parametrize("rows", [slice(11, 91), slice(90, 10, -1)])
@pytest.mark.parametrize("size", [(60, 40), (30, 20), (50, 30), (13, 7)])
def test_a_part_of_another_picture_or_one_upside_down_gives_the_same(
    fit: PictureFit, rows: slice, size: tuple[int, int]
) -> None:
    whole = noise(7, 150, 150)
    before, view = whole.copy(), whole[rows, 17:137]
    whole.flags.writeable = False
    assert np.array_equal(fit(view, size, (64, 64)), fit(np.ascontiguousarray(view), size, (64, 64)))
    assert np.array_equal(whole, before)


@pytest.mark.parametrize("frame", [noise(8, 120, 80)[:, ::-1], noise(8, 80, 120).transpose(1, 0, 2)])
def test_a_picture_whose_pixels_do_not_lie_side_by_side_is_left_to_opencv(
    fit: PictureFit, frame: NDArray[np.uint8]
) -> None:
    assert np.array_equal(fit(frame, (50, 30), (64, 64)), fit_by_opencv(frame, (50, 30), (64, 64)))


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        (noise(1, 64, 48), (64, 48)),
        (noise(2, 20, 20), (5, 5)),
        (noise(3, 6 * 257, 4), (6, 2)),
        (cv2.resize(noise(4, 64, 64), (4096, 2049)), (320, 160)),
    ],
)
def test_what_the_functions_cannot_shrink_opencv_does(
    fit: PictureFit, frame: NDArray[np.uint8], size: tuple[int, int]
) -> None:
    assert np.array_equal(fit(frame, size, size), fit_by_opencv(frame, size, size))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: f"{variant.name}-{variant.machine}")
def test_every_variant_stays_within_its_memory_and_gives_the_means(variant: Variant, tmp_path: Path) -> None:
    command = runner(variant, tmp_path, HARNESS)
    for width, height in ((1, 1), (7, 3), (8, 2), (9, 1), (10, 2), (31, 1), (32, 1), (33, 2), (80, 3)):
        for times in (1, 2):
            pixels = noise(width, 2 * times * width, 2 * times * height)
            if width == 80:
                pixels[:] = 255
            data = np.array([width, height, times], np.int32).tobytes() + pixels.tobytes()
            got = np.frombuffer(output(command, data), np.uint8).reshape(height, width, 3)
            assert np.array_equal(got, halved(pixels) if times == 1 else halved(halved(pixels)))
