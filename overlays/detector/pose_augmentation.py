"""Heads turned away: a portrait seen from more to the side, from above or from below, by the depth of its landmarks.

Nearly everybody in the portraits looks into the camera, while of the faces that the finder misses most are in profile
or bent down. As Zhu et al. 2016 ("Face alignment across large poses") turn faces, but nothing is drawn that was hidden:
the picture is only bent, which does for half a profile and no more.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays.synthesis.landmarks import EARS, NOSE

_GRID = 40
_EVERY = 3  # of the landmarks: between them the face is smooth
_WHOLE, _STILL = 1.2, 2.4  # up to where all moves, and from where nothing does; distances in the mesh's half sides
_SMOOTH = 0.06  # of the face's width: a steep nose would fold over
_SOFT = 1e-3
_STEPS = 8
_TURNS = 2
_LEAST_YAW_DEG, _MOST_YAW_DEG, _PITCH_DEG = 10.0, 50.0, 14.0


def views(
    pixels: NDArray[np.uint8], mesh: NDArray[np.float32] | None, seed: Sequence[int]
) -> Iterator[NDArray[np.uint8]]:
    """A portrait (H, W, 3) uint8 as it is and, where its landmarks (468, 3) are known, turned twice by chance."""
    yield pixels
    if mesh is None:
        return
    rng = np.random.default_rng(seed)
    for _ in range(_TURNS):
        yaw = float(rng.uniform(_LEAST_YAW_DEG, _MOST_YAW_DEG) * rng.choice((-1, 1)))
        yield rotate_head(pixels, mesh, yaw, float(rng.normal(0, _PITCH_DEG)))


def rotate_head(
    pixels: NDArray[np.uint8], mesh: NDArray[np.float32], yaw_deg: float, pitch_deg: float
) -> NDArray[np.uint8]:
    """A picture (H, W, 3) uint8 with the head of a mesh (468, 3) turned; its background stays.

    mesh: x and y in pixels, z towards the back likewise. yaw_deg: positive turns the nose to the picture's right.
    pitch_deg: positive bends the head down.
    """
    height, width = pixels.shape[:2]
    moves = _moves(height, width, mesh.astype(np.float64), _rotation(np.deg2rad(yaw_deg), np.deg2rad(pitch_deg)))
    target = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    source = target
    for _ in range(_STEPS):
        # Where a pixel comes from is where it would be but for how far that place moves.
        source = target - cv2.remap(moves, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.remap(pixels, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def _moves(height: int, width: int, mesh: NDArray[np.float64], rotation: NDArray[np.float64]) -> NDArray[np.float32]:
    """How far each pixel moves, (H, W, 2)."""
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    half = (high - low) / 2
    nodes = np.stack(np.meshgrid(np.linspace(0, width - 1, _GRID), np.linspace(0, height - 1, _GRID)), axis=-1)
    some = mesh[::_EVERY]
    away = np.square((nodes[:, :, None] - some[:, :2]) / half).sum(axis=-1)
    weight = 1 / np.square(away + _SOFT)
    depth = (weight * some[:, 2]).sum(axis=2) / weight.sum(axis=2)
    # Around the middle of what is seen, so that the head stays: the nose goes one way, ears and hair the other.
    behind = mesh[list(EARS)].mean(axis=0)
    middle = (behind + mesh[NOSE]) / 2
    from_centre = np.sqrt(np.square((nodes - (low + high) / 2) / half).sum(axis=-1))
    # Hair and neck are as far back as the ears.
    fall = np.clip((from_centre - 1) / (_WHOLE - 1), 0, 1)
    depth += fall * (behind[2] - depth)
    depth = cv2.GaussianBlur(depth, (0, 0), max(_SMOOTH * 2 * half[0] * _GRID / width, 0.3))
    points = np.concatenate([nodes, depth[..., None]], axis=-1) - middle
    moved = (points @ rotation.T - points)[..., :2]
    share = np.clip((_STILL - from_centre) / (_STILL - _WHOLE), 0, 1)[..., None]
    moved *= share * share * (3 - 2 * share)
    return np.asarray(cv2.resize(moved.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR))


def _rotation(yaw: float, pitch: float) -> NDArray[np.float64]:
    across = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    down = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    return np.asarray(down @ across)
