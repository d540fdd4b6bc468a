"""Rotation of the head in a portrait, to the side, up or down, by means of the depth of its landmarks.

Nearly all people in the portraits look into the camera, but most faces that the detector misses are in profile or bent
down. The method follows Zhu et al. 2016 ("Face alignment across large poses"), but hidden parts are not drawn: the
picture is only warped, which is good enough up to half a profile.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays.synthesis.landmarks import EARS, NOSE

_GRID = 40
_LANDMARK_STEP = 3  # only every third landmark is used: the face is smooth between them
# In half sides of the mesh: up to the first radius all pixels move, beyond the second none.
_FULL_RADIUS, _FIXED_RADIUS = 1.2, 2.4
_BLUR = 0.06  # of the depth, in widths of the face: a steep nose would fold over
_EPSILON = 1e-3
_INVERSION_STEPS = 8
_VIEWS = 2
_MIN_YAW_DEG, _MAX_YAW_DEG, _PITCH_DEG = 10.0, 50.0, 14.0


def views(
    pixels: NDArray[np.uint8], mesh: NDArray[np.float32] | None, seed: Sequence[int]
) -> Iterator[NDArray[np.uint8]]:
    """A portrait (H, W, 3) uint8 and, if its landmarks (468, 3) are known, two views with a randomly rotated head."""
    yield pixels
    if mesh is None:
        return
    rng = np.random.default_rng(seed)
    for _ in range(_VIEWS):
        yaw = float(rng.uniform(_MIN_YAW_DEG, _MAX_YAW_DEG) * rng.choice((-1, 1)))
        yield rotate_head(pixels, mesh, yaw, float(rng.normal(0, _PITCH_DEG)))


def rotate_head(
    pixels: NDArray[np.uint8], mesh: NDArray[np.float32], yaw_deg: float, pitch_deg: float
) -> NDArray[np.uint8]:
    """A picture (H, W, 3) uint8 with the head rotated; the background stays.

    mesh: the head's landmarks (468, 3): x, y and z in pixels, z away from the camera. yaw_deg: a positive value turns
    the nose to the right of the picture. pitch_deg: a positive value bends the head down.
    """
    return rotate_head_and_mesh(pixels, mesh, yaw_deg, pitch_deg)[0]


def rotate_head_and_mesh(
    pixels: NDArray[np.uint8], mesh: NDArray[np.float32], yaw_deg: float, pitch_deg: float
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """As ``rotate_head``; also returns where the landmarks are then, (468, 2) in pixels."""
    height, width = pixels.shape[:2]
    moves = _moves(height, width, mesh.astype(np.float64), _rotation(np.deg2rad(yaw_deg), np.deg2rad(pitch_deg)))
    target = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    source = target
    for _ in range(_INVERSION_STEPS):
        # A pixel comes from its own position minus the movement at the position where it comes from.
        source = target - cv2.remap(moves, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.remap(pixels, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    points = mesh[None, :, :2].astype(np.float32)
    moved = points + cv2.remap(moves, points, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8), np.asarray(moved[0], np.float32)


def _moves(height: int, width: int, mesh: NDArray[np.float64], rotation: NDArray[np.float64]) -> NDArray[np.float32]:
    """The movement of each pixel in pixels, (H, W, 2)."""
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    half = (high - low) / 2
    nodes = np.stack(np.meshgrid(np.linspace(0, width - 1, _GRID), np.linspace(0, height - 1, _GRID)), axis=-1)
    landmarks = mesh[::_LANDMARK_STEP]
    away = np.square((nodes[:, :, None] - landmarks[:, :2]) / half).sum(axis=-1)
    weight = 1 / np.square(away + _EPSILON)
    depth = (weight * landmarks[:, 2]).sum(axis=2) / weight.sum(axis=2)
    # The axis is in the middle of the visible part, so the head stays in place: the nose moves in one direction, ears
    # and hair in the other.
    behind = mesh[list(EARS)].mean(axis=0)
    middle = (behind + mesh[NOSE]) / 2
    from_centre = np.sqrt(np.square((nodes - (low + high) / 2) / half).sum(axis=-1))
    # Hair and neck are as far back as the ears.
    fall = np.clip((from_centre - 1) / (_FULL_RADIUS - 1), 0, 1)
    depth += fall * (behind[2] - depth)
    depth = cv2.GaussianBlur(depth, (0, 0), max(_BLUR * 2 * half[0] * _GRID / width, 0.3))
    points = np.concatenate([nodes, depth[..., None]], axis=-1) - middle
    moved = (points @ rotation.T - points)[..., :2]
    share = np.clip((_FIXED_RADIUS - from_centre) / (_FIXED_RADIUS - _FULL_RADIUS), 0, 1)[..., None]
    moved *= share * share * (3 - 2 * share)
    return np.asarray(cv2.resize(moved.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR))


def _rotation(yaw: float, pitch: float) -> NDArray[np.float64]:
    across = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    down = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    return np.asarray(down @ across)
