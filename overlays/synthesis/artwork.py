"""Mask artwork of MaskTheFace (MIT licence), placed on the canonical plane.

Each template has six points a to f (``masks.cfg``): left, middle and right of the upper edge, then of the lower edge.
Each half is warped with a homography of its own, as MaskTheFace does.
"""

import configparser
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays import pictures
from overlays.synthesis.mask_placement import Kind, MaskPlacement
from overlays.synthesis.plane import LEFT, SIDE_PX, TOP, UNIT_PX, Opacity, Picture

_KINDS = {
    "surgical": Kind.SURGICAL, "surgical_green": Kind.SURGICAL, "surgical_blue": Kind.SURGICAL,
    "cloth": Kind.CLOTH, "N95": Kind.FFP2, "KN95": Kind.FFP2,
}  # fmt: skip
_FROM_LEFT, _FROM_RIGHT = (0, 1, 4, 3), (1, 2, 5, 4)


@dataclass(frozen=True)
class Template:
    """One piece of artwork. picture: (H, W, 4) uint8 BGRA; points: (6, 2), a to f, in pixels."""

    kind: Kind
    picture: NDArray[np.uint8]
    points: NDArray[np.float32]


def read(data: Path) -> tuple[Template, ...]:
    """The frontal templates of ``mask_art``; none if the folder is missing. Raises UndecodableFrame."""
    folder = data / "mask_art"
    listed = configparser.ConfigParser()
    listed.read(folder / "masks" / "masks.cfg")
    found = []
    for name, kind in _KINDS.items():
        if name not in listed:
            continue
        try:
            points = np.array([[float(n) for n in listed[name][f"mask_{key}"].split(",")] for key in "abcdef"])
            picture = pictures.read_artwork(folder / listed[name]["template"])
        except (KeyError, ValueError) as error:
            raise ValueError(f"{folder / 'masks' / 'masks.cfg'}, [{name}]: {error}") from error
        found.append(Template(kind, picture, _fitted(points, picture[:, :, 3])))
    return tuple(found)


def _fitted(points: NDArray[np.float64], opacity: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The points scaled to the picture's size: ``masks.cfg`` gives them for the artwork's original size.

    The outermost points must lie on the outermost opaque pixels.
    """
    rows, columns = np.flatnonzero(opacity.max(axis=1) > 0), np.flatnonzero(opacity.max(axis=0) > 0)
    low, high = np.array((columns[0], rows[0])), np.array((columns[-1], rows[-1]))
    share = (points - points.min(axis=0)) / np.ptp(points, axis=0)
    return np.asarray(low + share * (high - low), np.float32)


def apply_template(
    template: Template, placement: MaskPlacement, colour: NDArray[np.float64] | None
) -> tuple[Picture, Opacity]:
    """The template at a placement: (S, S, 3) uint8 BGR and its opacity (S, S) float32.

    colour: BGR colour to dye it with (the folds stay visible); None keeps its own colours.
    """
    low = placement.low + 0.5 * (placement.bottom - placement.low)
    wide, narrow = placement.width * 1.02, placement.width * 0.92
    corners = np.array(
        [
            (-wide, placement.side),
            (0, placement.top),
            (wide, placement.side),
            (-narrow, low),
            (0, placement.bottom),
            (narrow, low),
        ]
    )
    placed = ((placement.rotated(corners) - (LEFT, TOP)) * UNIT_PX).astype(np.float32)
    laid = np.zeros((SIDE_PX, SIDE_PX, 4), np.uint8)
    middle = round(-LEFT * UNIT_PX)
    for numbers, columns in ((_FROM_LEFT, slice(0, middle)), (_FROM_RIGHT, slice(middle, SIDE_PX))):
        matrix = cv2.getPerspectiveTransform(template.points[list(numbers)], placed[list(numbers)])
        half = cv2.warpPerspective(template.picture, matrix, (SIDE_PX, SIDE_PX), flags=cv2.INTER_AREA)
        laid[:, columns] = half[:, columns]
    picture, opacity = laid[:, :, :3], laid[:, :, 3].astype(np.float32) / np.float32(255)
    if colour is not None:
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
        mean = float((grey * opacity).sum() / max(opacity.sum(), 1.0))
        picture = np.clip(grey[:, :, None] / max(mean, 1.0) * colour, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(picture), opacity
