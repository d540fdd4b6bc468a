"""Compositing of drawn layers onto a photographed face: warped to its shape, and with its light."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays.synthesis.masks import Mask
from overlays.synthesis.occlusions import OcclusionLayer
from overlays.synthesis.plane import LEFT, TOP, UNIT_PX, Opacity

Place: TypeAlias = tuple[slice, slice]
"""The rows and columns of a patch that a layer covers. Only these are computed."""
_CHEEKS = (0.16, 0.34, 0.44, 0.60)  # |x| from, to; y from, to
_LIGHT_PX = 32
_STEP_PX, _SPARE = 4, 0.08  # the place is searched in steps, of about 0.06 face heights


def skin_colour(patch: NDArray[np.uint8], plane: NDArray[np.float32]) -> NDArray[np.float64]:
    """The median colour of a bare face's cheeks, (3,) BGR.

    patch: (S, S, 3) uint8 BGR. plane: (S, S, 2) float32, the canonical position of each pixel.
    """
    return region_colour(patch, plane, _CHEEKS, otherwise=np.array((120.0, 150.0, 190.0)))


def region_colour(
    patch: NDArray[np.uint8],
    plane: NDArray[np.float32],
    region: tuple[float, float, float, float],
    *,
    otherwise: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The median colour of a region of the face, (3,) BGR; ``otherwise`` if the patch shows nothing of it.

    region: canonical limits |x| from, |x| to, y from, y to, all exclusive.
    """
    x, y = np.abs(plane[:, :, 0]), plane[:, :, 1]
    x_from, x_to, y_from, y_to = region
    seen = patch[(x > x_from) & (x < x_to) & (y > y_from) & (y < y_to)]
    return np.median(seen, axis=0) if len(seen) else otherwise


@dataclass(frozen=True)
class FaceLight:
    """The light in the photograph of a bare face, measured once for each face.

    skin: the skin's colour, (3,) BGR. bright: the grey level that a fifth of the patch exceeds. soft: (32, 32) float32,
    grey levels without detail.
    """

    skin: NDArray[np.float64]
    bright: float
    soft: NDArray[np.float32]

    @staticmethod
    def of(patch: NDArray[np.uint8], plane: NDArray[np.float32]) -> "FaceLight":
        """Measure a patch (S, S, 3) uint8 BGR. plane: as in ``skin_colour``."""
        grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY)
        small = cv2.resize(grey, (_LIGHT_PX, _LIGHT_PX), interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(small.astype(np.float32), (0, 0), _LIGHT_PX / 14)
        return FaceLight(skin_colour(patch, plane), float(np.percentile(grey, 80)), soft)

    def on(self, cover: Opacity, place: Place, side_px: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """The light on a layer with the opacity ``cover`` at ``place``, as a factor around 1."""
        soft = cv2.resize(self.soft, (side_px, side_px), interpolation=cv2.INTER_LINEAR)[place]
        level = float((soft * cover).sum()) / float(cover.sum())
        factor = np.clip(soft * np.float32(1 / max(level, 8.0)), 0.5, 1.6)
        return np.asarray(cv2.pow(factor, rng.uniform(0.4, 1.0)), np.float32)


def apply_mask(
    patch: NDArray[np.uint8],
    plane: NDArray[np.float32],
    mask: Mask,
    turn: float,
    light: FaceLight,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """The patch (S, S, 3) uint8 BGR with a mask on the face.

    turn: how far the head is turned (``Patches.turns``). Cloth that stands off the face shifts with it.
    """
    shift = mask.stand_off * turn
    place = find_place(plane, mask.opacity, abs(shift))
    if place is None:
        return patch
    moved = plane[place].copy()
    x, y = moved[:, :, 0], moved[:, :, 1]
    moved[:, :, 0] -= np.float32(shift) * np.exp(-((x / np.float32(0.32)) ** 2)) * np.clip((y - 0.35) / 0.2, 0, 1)
    cloth, cover = warp(moved, mask.picture, mask.opacity)
    if float(cover.sum()) < 1.0:
        return patch
    lit = light.on(cover, place, len(patch), rng)
    # In a dark picture the mask is dark, too.
    exposure = np.clip(light.bright / 170.0, 0.35, 1.15) ** rng.uniform(0.3, 1.0)
    if mask.colour != "skin":
        lit = lit * np.float32(exposure)
    shadow = cv2.GaussianBlur(cover, (0, 0), 1.5) * np.float32(rng.uniform(0.0, 0.4))
    shadow[2:] = shadow[:-2].copy()
    under = patch[place] * (1 - shadow)[:, :, None]
    dressed: NDArray[np.uint8] = patch.copy()
    dressed[place] = blend(under, cloth * lit[:, :, None], cover)
    return dressed


def apply_occlusion(
    patch: NDArray[np.uint8],
    plane: NDArray[np.float32],
    layer: OcclusionLayer,
    light: FaceLight,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """The patch (S, S, 3) uint8 BGR with an occlusion in front of the face."""
    place = (slice(None), slice(None)) if layer.extends else find_place(plane, layer.opacity, 0.0)
    if place is None:
        return patch
    picture, cover = warp(plane[place], layer.picture, layer.opacity, extends=layer.extends)
    if float(cover.sum()) < 1.0:
        return patch
    covered: NDArray[np.uint8] = patch.copy()
    covered[place] = blend(patch[place], picture * light.on(cover, place, len(patch), rng)[:, :, None], cover)
    return covered


def find_place(plane: NDArray[np.float32], opacity: Opacity, reach: float) -> Place | None:
    """The part of a patch that a drawing can cover; None if there is no such part.

    plane: (S, S, 2). opacity: of the drawing. reach: how far the drawing may shift sideways, in canonical units.
    """
    rows, columns = np.flatnonzero(opacity.any(axis=1)), np.flatnonzero(opacity.any(axis=0))
    if not len(rows):
        return None
    left, right = columns[[0, -1]] / UNIT_PX + LEFT + (-reach, reach)
    top, bottom = rows[[0, -1]] / UNIT_PX + TOP
    coarse = plane[::_STEP_PX, ::_STEP_PX]
    x, y = coarse[:, :, 0], coarse[:, :, 1]
    inside = (x > left - _SPARE) & (x < right + _SPARE) & (y > top - _SPARE) & (y < bottom + _SPARE)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return None
    return (
        slice(max(int(rows[0] - 1) * _STEP_PX, 0), int(rows[-1] + 2) * _STEP_PX),
        slice(max(int(columns[0] - 1) * _STEP_PX, 0), int(columns[-1] + 2) * _STEP_PX),
    )


def warp(
    plane: NDArray[np.float32], picture: NDArray[Any], opacity: Opacity, *, extends: bool = False
) -> tuple[NDArray[np.float32], Opacity]:
    """Warp a drawing (or a map) from the plane to a patch: float32, (S, S, C), and its opacity (S, S) float32.

    extends: beyond the plane the opacity is that at the plane's edge; otherwise 0.
    """
    at = (plane - np.array((LEFT, TOP), np.float32)) * np.float32(UNIT_PX)
    seen = cv2.remap(picture, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    border = cv2.BORDER_REPLICATE if extends else cv2.BORDER_CONSTANT
    cover = cv2.remap(opacity, at, None, cv2.INTER_LINEAR, borderMode=border, borderValue=0)
    return seen, np.asarray(cover, np.float32)


def soft_edge(height: int, width: int, softness: float) -> NDArray[np.float32]:
    """An opacity (height, width), 0 to 1, that fades towards the edge.

    softness: width of the fading part, as a share of half a side; 0 gives no fading.
    """
    if not softness:
        return np.ones((height, width), np.float32)
    across, down = (1 - np.abs(np.linspace(-1, 1, count)) for count in (width, height))
    edge: NDArray[np.float32] = np.minimum.outer(down, across).astype(np.float32) / np.float32(softness)
    return np.clip(edge, 0, 1)


def blend(under: NDArray[Any], over: NDArray[Any], cover: Opacity) -> NDArray[np.uint8]:
    """One picture (S, S, 3) over another, with the opacity ``cover`` (S, S), 0 to 1."""
    share = cover[:, :, None]
    blended: NDArray[np.uint8] = np.clip(over * share + under * (1 - share), 0, 255).astype(np.uint8)
    return blended
