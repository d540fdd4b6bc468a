"""Compositing of drawn layers onto a photographed face: warped to its shape, and with its light."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays.synthesis.masks import Mask
from overlays.synthesis.occlusions import OcclusionLayer
from overlays.synthesis.plane import LEFT, TOP, UNIT_PX, Opacity, Picture

_CHEEKS = (0.16, 0.34, 0.44, 0.60)  # |x| from, to; y from, to


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


def apply_mask(
    patch: NDArray[np.uint8], plane: NDArray[np.float32], mask: Mask, turn: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """The patch (S, S, 3) uint8 BGR with a mask on the face.

    turn: how far the head is turned, -1 to 1 (``Patches.turns``). Cloth that stands off the face shifts with it.
    """
    x, y = plane[:, :, 0], plane[:, :, 1]
    bump = np.exp(-((x / 0.32) ** 2)) * np.clip((y - 0.35) / 0.2, 0, 1)
    moved = plane.copy()
    moved[:, :, 0] -= np.float32(mask.stand_off * turn) * bump
    cloth, cover = warp(moved, mask.picture, mask.opacity)
    total = float(cover.sum())
    if total < 1.0:
        return patch
    grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY).astype(np.float32)
    # In a dark picture the mask is dark, too.
    exposure = np.clip(float(np.percentile(grey, 80)) / 170.0, 0.35, 1.15) ** rng.uniform(0.3, 1.0)
    if mask.colour != "skin":
        cloth = cloth * np.float32(exposure)
    shadow = cv2.GaussianBlur(np.roll(cover, 2, axis=0), (0, 0), 1.5) * np.float32(rng.uniform(0.0, 0.4))
    under = patch * (1 - shadow)[:, :, None]
    return blend(under, cloth * _light(grey, cover, total, rng)[:, :, None], cover)


def apply_occlusion(
    patch: NDArray[np.uint8], plane: NDArray[np.float32], layer: OcclusionLayer, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """The patch (S, S, 3) uint8 BGR with an occlusion in front of the face."""
    picture, cover = warp(plane, layer.picture, layer.opacity)
    total = float(cover.sum())
    if total < 1.0:
        return patch
    grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return blend(patch.astype(np.float32), picture * _light(grey, cover, total, rng)[:, :, None], cover)


def warp(plane: NDArray[np.float32], picture: Picture, opacity: Opacity) -> tuple[NDArray[np.float32], Opacity]:
    """Warp a drawing from the plane to a patch: (S, S, 3) float32 BGR, and its opacity (S, S) float32."""
    at = (plane - np.array((LEFT, TOP), np.float32)) * np.float32(UNIT_PX)
    seen = cv2.remap(picture, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    cover = cv2.remap(opacity, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return seen, np.asarray(cover, np.float32)


def _light(grey: NDArray[np.float32], cover: Opacity, total: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """The light on the face, as a factor around 1, which also falls on the layer."""
    soft = cv2.GaussianBlur(grey, (0, 0), grey.shape[0] / 14)
    level = float((soft * cover).sum()) / total
    light = np.clip(soft / max(level, 8.0), 0.5, 1.6) ** np.float32(rng.uniform(0.4, 1.0))
    return np.asarray(light, np.float32)


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
