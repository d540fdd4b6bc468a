"""A drawn face at the average position of faces in a crop, as the background of heat maps."""

import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import SIDE_PX, CropGeometry
from overlays.synthesis.canonical_face import JAW, LOWER_LIP_Y, NOSE_END_Y, UPPER_LIP_Y
from overlays.synthesis.patches import SIDE_PX as PATCH_PX
from overlays.synthesis.patches import Patches

_EYE_Y, _EYE_X, _MOUTH_X = 0.335, (0.106, 0.275), 0.148  # as in the landmarks of ``canonical_face``


def outline(patches: Patches, geometry: CropGeometry) -> list[NDArray[np.float64]]:
    """The lines of face, eyes, nose and mouth, each (N, 2), in pixels of the crop."""
    to_crop = _to_crop(patches, geometry)
    return [np.column_stack([line, np.ones(len(line))]) @ to_crop for line in _lines()]


def _to_crop(patches: Patches, geometry: CropGeometry) -> NDArray[np.float64]:
    """The affine map (3, 2) from the canonical plane to the crop, fitted to all bare patches."""
    bare = patches.planes[patches.is_bare].astype(np.float64)
    nodes = (np.arange(bare.shape[1]) + 0.5) * PATCH_PX / bare.shape[1] - 0.5
    pixels = np.stack(np.meshgrid(nodes, nodes), axis=-1)
    # In every patch the middle of the box is the middle of the patch, and the longer side of the box is the same.
    longer = float(patches.boxes[0, 2:].max())
    side = longer * geometry.margin
    corner = PATCH_PX / 2 + longer * np.array([0.0, geometry.shift_y]) - side / 2
    places = (pixels + 0.5 - corner) * SIDE_PX / side - 0.5
    x, y = bare[..., 0], bare[..., 1]
    on_face = (np.abs(x) < JAW[0, 0]) & (y > 0) & (y < 1)
    plane = np.column_stack([x[on_face], y[on_face], np.ones(int(on_face.sum()))])
    fitted: NDArray[np.float64] = np.linalg.lstsq(plane, np.broadcast_to(places, bare.shape)[on_face], rcond=None)[0]
    return fitted


def _lines() -> list[NDArray[np.float64]]:
    turn = np.linspace(0, 2 * np.pi, 40)
    skull = np.linspace(np.pi, 0, 30)
    crown = np.column_stack([JAW[0, 0] * np.cos(skull), JAW[0, 1] - (JAW[0, 1] + 0.12) * np.sin(skull)])
    jaw = np.concatenate([JAW, JAW[-2::-1] * (-1, 1)])
    lines = [np.concatenate([crown, jaw])]
    inner, outer = _EYE_X
    for side in (-1, 1):
        middle, reach = side * (inner + outer) / 2, (outer - inner) / 2
        lines.append(np.column_stack([middle + reach * np.cos(turn), _EYE_Y + 0.35 * reach * np.sin(turn)]))
    lines.append(np.array([(-0.02, _EYE_Y), (-0.09, NOSE_END_Y - 0.02), (0.0, NOSE_END_Y), (0.09, NOSE_END_Y - 0.02)]))
    height, lips_y = (LOWER_LIP_Y - UPPER_LIP_Y) / 2, (LOWER_LIP_Y + UPPER_LIP_Y) / 2
    lines.append(np.column_stack([_MOUTH_X * np.cos(turn), lips_y + height * np.sin(turn)]))
    return lines
