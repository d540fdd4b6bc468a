"""Rotation of a head, tested on a hemisphere with a dot for a nose."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from overlays.detector.pose_augmentation import rotate_head, rotate_head_and_mesh, views
from overlays.synthesis.landmarks import EARS, NOSE

SIDE, RADIUS = 200, 40


@pytest.fixture
def mesh() -> NDArray[np.float32]:
    """The visible half of a sphere, (468, 3), with the nose towards the camera."""
    rng = np.random.default_rng(0)
    away, angle = np.sqrt(rng.uniform(0, 1, 468)), rng.uniform(0, 2 * np.pi, 468)
    points = np.column_stack([away * np.cos(angle), away * np.sin(angle), -np.sqrt(1 - away**2)])
    points[[NOSE, *EARS]] = (0, 0, -1), (-1, 0, 0), (1, 0, 0)
    return np.asarray(points * RADIUS + (SIDE / 2, SIDE / 2, 0), np.float32)


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    """A grey picture with a white dot in the middle and a white edge."""
    pixels = np.full((SIDE, SIDE, 3), 90, np.uint8)
    cv2.circle(pixels, (SIDE // 2, SIDE // 2), 5, (255, 255, 255), -1)
    cv2.rectangle(pixels, (0, 0), (SIDE - 1, SIDE - 1), (255, 255, 255), 3)
    return pixels


def dot(pixels: NDArray[np.uint8]) -> tuple[float, float]:
    """The position of the dot, relative to the middle of the picture."""
    rows, columns = np.nonzero(pixels[20:-20, 20:-20, 0] > 180)
    return float(columns.mean() + 20 - SIDE / 2), float(rows.mean() + 20 - SIDE / 2)


@pytest.mark.parametrize(
    ("yaw_deg", "pitch_deg", "across", "down"), [(40, 0, 1, 0), (-40, 0, -1, 0), (0, 30, 0, 1), (0, -30, 0, -1)]
)
def test_the_nose_moves_in_the_direction_of_the_rotation(
    picture: NDArray[np.uint8],
    mesh: NDArray[np.float32],
    yaw_deg: float,
    pitch_deg: float,
    across: int,
    down: int,
) -> None:
    x, y = dot(rotate_head(picture, mesh, yaw_deg, pitch_deg))
    # The nose is half a radius in front of the axis.
    wanted = RADIUS / 2 * np.sin(np.deg2rad(abs(yaw_deg + pitch_deg)))
    assert (x, y) == pytest.approx((across * wanted, down * wanted), abs=3)


def test_without_a_rotation_nothing_moves(picture: NDArray[np.uint8], mesh: NDArray[np.float32]) -> None:
    assert np.array_equal(rotate_head(picture, mesh, 0, 0), picture)


def test_the_landmarks_move_with_the_picture(picture: NDArray[np.uint8], mesh: NDArray[np.float32]) -> None:
    seen, moved = rotate_head_and_mesh(picture, mesh, 35, 10)
    assert moved[NOSE] - SIDE / 2 == pytest.approx(dot(seen), abs=1.5)


def test_pixels_far_from_the_head_do_not_move(picture: NDArray[np.uint8], mesh: NDArray[np.float32]) -> None:
    after = rotate_head(picture, mesh, 45, 20)
    assert np.array_equal(after[:3], picture[:3])
    assert np.array_equal(after[:, -3:], picture[:, -3:])


def test_a_portrait_gives_the_original_and_two_views_that_depend_only_on_the_seed(
    picture: NDArray[np.uint8], mesh: NDArray[np.float32]
) -> None:
    first, *others = views(picture, mesh, [1, 2])
    assert np.array_equal(first, picture)
    assert len(others) == 2
    assert all(abs(dot(view)[0]) > 2 for view in others)
    assert all(np.array_equal(view, again) for view, again in zip(others, list(views(picture, mesh, [1, 2]))[1:]))


def test_without_landmarks_a_portrait_gives_only_the_original(picture: NDArray[np.uint8]) -> None:
    assert len(list(views(picture, None, [1, 2]))) == 1
