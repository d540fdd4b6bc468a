"""A raw picture that is converted in parts has exactly the pixels of a whole conversion."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from binarycop import pixels
from binarycop.detection.crop import crop
from binarycop.frames.low_res import subsample
from binarycop.frames.packed_picture import CODES as PACKED
from binarycop.frames.packed_picture import PackedPicture
from binarycop.frames.pixel_format import LAYOUTS
from binarycop.frames.repeat_detector import RepeatDetector
from binarycop.frames.semi_planar_picture import CODES as SEMI_PLANAR
from binarycop.frames.semi_planar_picture import SemiPlanarPicture
from binarycop.geometry import Box, CropGeometry
from binarycop.pixels import RawPicture

FOURCCS = [*PACKED, *SEMI_PLANAR]
FORMATS = st.sampled_from(FOURCCS)
GEOMETRY = CropGeometry(1.2, 0.05)


def both(fourcc: str, seed: int, height: int = 48, width: int = 64) -> tuple[RawPicture, NDArray[np.uint8]]:
    """A picture with every value that a camera could send, and the array that OpenCV converts at once."""
    shape = (height, width, 2) if fourcc in PACKED else (height * 3 // 2, width)
    lines = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    code = LAYOUTS[fourcc].code
    assert code is not None
    whole = np.asarray(cv2.cvtColor(lines, code), np.uint8)
    if fourcc in PACKED:
        return PackedPicture(lines, PACKED[fourcc]), whole
    return SemiPlanarPicture(lines, SEMI_PLANAR[fourcc]), whole


@given(FORMATS, st.integers(0, 9), st.data())
def test_each_rectangle_is_that_of_the_whole_picture(fourcc: str, seed: int, data: st.DataObject) -> None:
    picture, whole = both(fourcc, seed)
    top, left = data.draw(st.integers(0, 47)), data.draw(st.integers(0, 63))
    bottom, right = data.draw(st.integers(top + 1, 60)), data.draw(st.integers(left + 1, 80))
    assert np.array_equal(picture[top:bottom, left:right], whole[top:bottom, left:right])


@given(FORMATS, st.integers(0, 9), st.integers(1, 20), st.data())
def test_every_nth_pixel_is_that_of_the_whole_picture(fourcc: str, seed: int, step: int, data: st.DataObject) -> None:
    picture, whole = both(fourcc, seed)
    top, left = data.draw(st.integers(0, step)), data.draw(st.integers(0, step))
    for source in (picture, whole):
        assert np.array_equal(pixels.every(source, top, left, step)[..., :3], whole[top::step, left::step])


@pytest.mark.parametrize(("height", "width"), [(240, 320), (480, 640), (720, 1280), (768, 1024), (480, 848), (2, 640)])
@pytest.mark.parametrize("fourcc", FOURCCS)
def test_tracker_crop_and_repeat_detector_see_the_same(fourcc: str, height: int, width: int) -> None:
    picture, whole = both(fourcc, 1, height, width)
    assert picture.shape == whole.shape
    assert np.array_equal(subsample(picture).grey, subsample(whole).grey)
    for box in (Box(31, 17, 60, 80), Box(-20, -9, 50, 50), Box(width - 30, height - 20, 90, 91), Box(-500, 0, 9, 9)):
        assert np.array_equal(crop(picture, box, GEOMETRY), crop(whole, box, GEOMETRY))
    assert np.array_equal(np.asarray(picture), whole)
    detector = RepeatDetector()
    other, _ = both(fourcc, 2, height, width)
    assert [detector.distance(shown) for shown in (picture, other, picture)] == [None, None, 2]


@pytest.mark.parametrize("fourcc", FOURCCS)
def test_a_part_of_a_picture_does_not_convert_the_rest(fourcc: str) -> None:
    picture, whole = both(fourcc, 3, 480, 640)
    subsample(picture)
    crop(picture, Box(300, 200, 90, 110), GEOMETRY)
    assert "_whole" not in vars(picture)
    assert np.array_equal(np.asarray(picture), whole)
    assert np.asarray(picture) is np.asarray(picture)
