"""Simulation of what lies between a face and its crop: distance, camera, and an inexact box."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.crop import crop
from binarycop.geometry import Box, CropGeometry
from overlays.synthesis.image_pipeline import photograph

_FACE_PX = (np.log(22.0), np.log(80.0))  # of the face's longer side in the frame, logarithms
_ROTATION_DEG, _STRETCH = 5.0, 0.03  # standard deviations; of the logarithm of the width
_SURROUNDINGS = 1.75  # in longer sides of the face; the crop never shows more
_HALVED_BELOW = 0.6  # scale below which the halved patch is used


@dataclass(frozen=True)
class Jitter:
    """How inexact a box is, as standard deviations.

    shift: of the centre, in box sides. scale: of the logarithm of the size.
    """

    shift: float
    scale: float


@dataclass(frozen=True)
class Sensor:
    """How frames of a camera differ from each other.

    gamma, gain, tint: standard deviations of their logarithms, tint for each colour channel. lift: standard deviation
    of an offset in grey levels. night, grainy, coded: shares of frames that are grey, noisy and JPEG-compressed. worst:
    lowest JPEG quality.
    """

    gamma: float
    gain: float
    tint: float
    lift: float
    night: float
    grainy: float
    coded: float
    worst: int


# 1.5 times the median distance between lookout's boxes of dressed faces and the boxes that their crops are cut by.
LOOKOUT_JITTER = Jitter(shift=0.035, scale=0.085)
FIXED_REGION_JITTER = Jitter(shift=0.04, scale=0.08)


def capture(
    patch: NDArray[np.uint8], box: Box, geometry: CropGeometry, jitter: Jitter, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """One crop of a face as the daemon would see it, (32, 32, 3) uint8 RGB.

    patch: (S, S, 3) uint8 BGR with the face at ``box``.
    """
    return np.asarray(capture_all(patch, box, geometry, jitter, rng)[0])


def capture_all(
    patch: NDArray[np.uint8],
    box: Box,
    geometry: CropGeometry,
    jitter: Jitter,
    rng: np.random.Generator,
    *,
    views: int = 1,
    spare_px: int = 0,
) -> NDArray[np.uint8]:
    """Crops of a face, each as another camera sees it, (views, S, S, 3) uint8 RGB.

    patch: as for ``capture``. spare_px: additional pixels of a crop at each edge, at the same scale. S is 32 plus twice
    that number.
    """
    half = cv2.resize(patch, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.stack([_capture(patch, half, box, geometry, jitter, rng, spare_px) for _ in range(views)])


def _capture(
    patch: NDArray[np.uint8],
    half: NDArray[np.uint8],
    box: Box,
    geometry: CropGeometry,
    jitter: Jitter,
    rng: np.random.Generator,
    spare_px: int,
) -> NDArray[np.uint8]:
    side = max(box.width_px, box.height_px)
    face_px = float(np.exp(rng.uniform(*_FACE_PX)))
    scale = face_px / side
    centre_x, centre_y = box.centre
    matrix = cv2.getRotationMatrix2D((centre_x, centre_y), rng.normal(0, _ROTATION_DEG), scale)
    matrix[0] *= np.exp(rng.normal(0, _STRETCH))
    matrix[0, 2] += centre_x - matrix[0] @ (centre_x, centre_y, 1)
    size = max(round(min(patch.shape[1] * scale, _SURROUNDINGS * face_px)), 8)
    if rng.random() < 0.5:  # mirrored
        matrix[0] = -matrix[0]
        matrix[0, 2] += 2 * centre_x
    matrix[:, 2] += size / 2 - np.array([centre_x, centre_y])
    if scale < _HALVED_BELOW:  # as each pixel of a sensor sums the light of its area
        patch = half
        matrix[:, 2] += matrix[:, :2].sum(axis=1) * 0.5
        matrix[:, :2] *= 2
    frame = cv2.warpAffine(patch, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    width, height = box.width_px * scale, box.height_px * scale
    seen = jitter_box(Box((size - width) / 2, (size - height) / 2, width, height), jitter, rng)
    if rng.random() < 0.25:
        frame, seen = _cut_edges(np.asarray(frame, np.uint8), seen, rng)
    before = frame.shape
    frame = photograph(np.asarray(frame, np.uint8), face_px, rng)
    across, down = frame.shape[1] / before[1], frame.shape[0] / before[0]
    return crop(
        frame,
        Box(seen.x_px * across, seen.y_px * down, seen.width_px * across, seen.height_px * down),
        geometry,
        spare_px,
    )


def jitter_box(box: Box, jitter: Jitter, rng: np.random.Generator) -> Box:
    """The box as a detector would find it."""
    grow = float(np.exp(rng.normal(0, jitter.scale)))
    width, height = box.width_px * grow, box.height_px * grow
    x, y = np.array(box.centre) + rng.normal(0, jitter.shift, 2) * max(box.width_px, box.height_px)
    return Box(float(x - width / 2), float(y - height / 2), width, height)


def develop(frame: NDArray[np.uint8], sensor: Sensor, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Exposure, gamma and white balance, then noise, then compression, of a frame (H, W, 3) uint8 BGR."""
    levels = np.linspace(0, 1, 256)[:, None] ** np.exp(rng.normal(0, sensor.gamma))
    gains = np.exp(rng.normal(0, sensor.gain)) * np.exp(rng.normal(0, sensor.tint, 3))
    table = np.clip(255 * levels * gains + rng.normal(0, sensor.lift), 0, 255).astype(np.uint8)
    frame = np.asarray(cv2.LUT(frame, np.ascontiguousarray(table[:, None])), np.uint8)
    if rng.random() < sensor.night:
        frame = np.repeat(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)[:, :, None], 3, axis=2)
    if rng.random() < sensor.grainy:
        grain = rng.standard_normal(frame.shape, dtype=np.float32) * np.float32(rng.uniform(1, 9))
        frame = np.clip(frame + grain, 0, 255).astype(np.uint8)
    if rng.random() < sensor.coded:
        _, coded = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(sensor.worst, 95))])
        frame = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return frame


def _cut_edges(frame: NDArray[np.uint8], box: Box, rng: np.random.Generator) -> tuple[NDArray[np.uint8], Box]:
    """Cut the frame near the face, as if the face were at the edge of the picture. ``crop`` then repeats the edge."""
    size = frame.shape[0]
    spare = np.where(rng.random(4) < 0.6, rng.uniform(-0.03, 0.12, 4), 1.0) * max(box.width_px, box.height_px)
    left, top = max(int(box.x_px - spare[0]), 0), max(int(box.y_px - spare[1]), 0)
    right = min(int(box.x_px + box.width_px + spare[2]), size)
    bottom = min(int(box.y_px + box.height_px + spare[3]), size)
    return frame[top:bottom, left:right], Box(box.x_px - left, box.y_px - top, box.width_px, box.height_px)
