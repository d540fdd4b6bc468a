"""Pictures of any size, from 1×1 pixels, pass through detector, tracker and crop; also sizes that change in between."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from binarycop.detection.base import Detector, Face
from binarycop.detection.crop import crop
from binarycop.detection.fixed_region import FixedRegion
from binarycop.detection.lookout.detector import Lookout
from binarycop.frames.base import Frame
from binarycop.geometry import Box, CropGeometry
from binarycop.settings.faces import EngineKind, FacesSettings
from binarycop.tracking.runner import SyncRunner
from binarycop.tracking.tracker import Tracker

GEOMETRY = CropGeometry(margin=1.2, shift_y=0.1)
# Below the detector's grid and above it, odd and even, on both sides of the tracker's step and of the detector's size.
SIDES_PX = (1, 2, 3, 5, 15, 16, 17, 63, 161, 319, 320, 321, 641)
SIZES_PX = [*product(SIDES_PX, SIDES_PX), (640, 1), (1, 640), (4096, 1), (1, 4096), (4096, 3), (3, 4096)]


class EverywhereDetector:
    """Finds faces wherever they cannot be: the whole picture, a long thin one, and one mostly outside."""

    name = "everywhere"

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        height, width = pixels.shape[:2]
        boxes = Box(0, 0, width, height), Box(0, 0, 40 * width, height), Box(width - 1, height - 1, 9 * width, 9)
        return [Face(box, 1.0) for box in boxes]


def picture(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def track(detector: Detector, sizes: list[tuple[int, int]]) -> None:
    """Two frames of each size with one tracker, and a crop of each."""
    tracker = Tracker(
        SyncRunner(detector), FacesSettings(least_px=8), detect_every_frame=isinstance(detector, FixedRegion)
    )
    for number, (height, width) in enumerate(size for size in sizes for _ in range(2)):
        pixels, at_s = picture(height, width, number), 0.05 * number
        front = tracker.step(Frame(pixels, at_s, number), at_s)
        assert crop(pixels, front.box or Box(0, 0, width, height), GEOMETRY).shape == (32, 32, 3)


@pytest.fixture(scope="module")
def lookout() -> Lookout:
    return Lookout.load(EngineKind.OPENCV, longer_px=320, threshold=0.05)


def test_the_detector_takes_any_size_and_the_tracker_a_size_that_changes(lookout: Lookout) -> None:
    track(lookout, SIZES_PX)


def test_the_marked_region_exists_in_any_size() -> None:
    for edge in (0.0, 0.356, 0.95):
        track(FixedRegion(edge, edge, 0.3, 0.5, subtract_background=True), SIZES_PX)


def test_a_face_of_any_shape_is_tracked_or_dropped_in_any_size() -> None:
    track(EverywhereDetector(), SIZES_PX)


@given(st.lists(st.tuples(st.integers(1, 700), st.integers(1, 700)), min_size=1, max_size=5))
def test_no_sequence_of_sizes_is_an_error(sizes: list[tuple[int, int]]) -> None:
    track(EverywhereDetector(), sizes)


@given(st.integers(1, 40), st.integers(1, 40), st.tuples(*[st.floats(-90, 90)] * 2), st.tuples(*[st.floats(0, 90)] * 2))
def test_any_box_of_any_picture_gives_a_crop(
    height: int, width: int, corner: tuple[float, float], size: tuple[float, float]
) -> None:
    assert crop(picture(height, width), Box(*corner, *size), GEOMETRY).shape == (32, 32, 3)
