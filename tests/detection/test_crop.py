"""The crop that daemon, training and evaluation share."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.detection.crop import crop, cut_square
from binarycop.geometry import Box, CropGeometry


def test_a_crop_is_the_square_around_the_box_averaged_to_32_in_rgb() -> None:
    frame = np.zeros((200, 300, 3), np.uint8)
    frame[40:104, 100:164] = (10, 20, 30)  # BGR
    face = crop(frame, Box(116, 40, 32, 64), CropGeometry(margin=1.0, shift_y=0.0))
    assert face.shape == (32, 32, 3)
    assert (face == (30, 20, 10)).all()


def test_each_pixel_is_the_mean_of_its_area() -> None:
    rng = np.random.default_rng(1)
    frame = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    face = crop(frame, Box(0, 0, 64, 64), CropGeometry(margin=1.0, shift_y=0.0))
    means = frame.reshape(32, 2, 32, 2, 3).mean(axis=(1, 3))[:, :, ::-1]
    assert np.abs(face - means).max() <= 0.5


def test_margin_and_shift_widen_and_move_the_square() -> None:
    frame = np.zeros((200, 200, 3), np.uint8)
    frame[100:] = 255
    wide = crop(frame, Box(80, 80, 40, 40), CropGeometry(margin=2.0, shift_y=0.0))
    assert (wide[:16] == 0).all()
    assert (wide[16:] == 255).all()
    low = crop(frame, Box(80, 80, 40, 40), CropGeometry(margin=1.0, shift_y=0.5))
    assert (low == 255).all()


def test_spare_pixels_lie_around_the_crop_at_the_same_scale() -> None:
    picture = np.zeros((300, 300, 3), np.uint8)
    picture[:, :, 0], picture[:, :, 1] = np.arange(300)[:, None] * 0.8, np.arange(300) * 0.8
    box, geometry = Box(110.0, 100.0, 64.0, 80.0), CropGeometry(1.2, 0.05)
    plain, spared = (crop(picture, box, geometry, spare_px) for spare_px in (0, 2))
    assert spared.shape == (36, 36, 3)
    assert np.abs(spared[2:-2, 2:-2].astype(int) - plain).max() <= 3  # a rounded side differs by less than a pixel


def test_outside_the_frame_its_edge_is_repeated() -> None:
    frame = np.full((50, 50, 3), 7, np.uint8)
    frame[:, 0] = 200
    face = crop(frame, Box(-32, 9, 32, 32), CropGeometry(margin=1.0, shift_y=0.0))
    assert (face == 200).all()


@given(
    st.floats(-1e4, 1e4),
    st.floats(-1e4, 1e4),
    st.floats(0, 3000),
    st.floats(0, 3000),
    st.floats(0.5, 3),
    st.floats(-1, 1),
)
def test_any_box_gives_a_crop(x: float, y: float, width: float, height: float, margin: float, shift_y: float) -> None:
    frame = np.full((48, 64, 3), 90, np.uint8)
    face = crop(frame, Box(x, y, width, height), CropGeometry(margin, shift_y))
    assert face.shape == (32, 32, 3)
    assert face.dtype == np.uint8
    assert (face == 90).all()


@given(st.integers(-90, 90), st.integers(-90, 90), st.integers(1, 70))
def test_a_square_has_the_frames_pixels_inside_it_and_the_border_outside(left: int, top: int, side: int) -> None:
    frame = np.random.default_rng(5).integers(1, 256, (40, 60, 3), dtype=np.uint8)
    # A square that does not touch the frame is moved until it does.
    rows = np.arange(side) + min(max(top, 1 - side), 39)
    columns = np.arange(side) + min(max(left, 1 - side), 59)
    repeated = cut_square(frame, left, top, side, border=cv2.BORDER_REPLICATE)
    assert (repeated == frame[np.ix_(rows.clip(0, 39), columns.clip(0, 59))]).all()
    black = cut_square(frame, left, top, side, border=cv2.BORDER_CONSTANT)
    is_inside = np.logical_and.outer((rows >= 0) & (rows < 40), (columns >= 0) & (columns < 60))
    assert (black == repeated * is_inside[:, :, None]).all()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Box(0, 0, 10, 10), Box(0, 0, 10, 10), 1.0),
        (Box(0, 0, 10, 10), Box(5, 0, 10, 10), 1 / 3),
        (Box(0, 0, 10, 10), Box(10, 0, 10, 10), 0.0),
        (Box(0, 0, 10, 10), Box(2, 2, 5, 5), 0.25),
    ],
)
def test_iou_is_intersection_over_union(one: Box, other: Box, expected: float) -> None:
    assert one.iou(other) == pytest.approx(expected)
    assert other.iou(one) == pytest.approx(expected)
