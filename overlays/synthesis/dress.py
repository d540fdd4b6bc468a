"""Putting a drawn mask on a photographed face, lit as the face is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from overlays.synthesis.masks import LEFT, TOP, UNIT_PX


def dress(
    patch: NDArray[np.uint8],
    plane: NDArray[np.float32],
    mask: NDArray[np.uint8],
    opacity: NDArray[np.float32],
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """A patch with the mask on.

    patch: (S, S, 3) uint8 BGR. plane: (S, S, 2) float32, each pixel's canonical place. mask, opacity: as
    ``Wardrobe.mask`` gives them. Returns (S, S, 3) uint8 BGR.
    """
    at = (plane - np.array((LEFT, TOP), np.float32)) * np.float32(UNIT_PX)
    cloth = cv2.remap(mask, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    cover = cv2.remap(opacity, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    total = float(cover.sum())
    if total < 1.0:
        return patch
    grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY).astype(np.float32)
    soft = cv2.GaussianBlur(grey, (0, 0), patch.shape[0] / 14)
    level = float((soft * cover).sum()) / total
    # The face's own light falls on the mask too, and a dark picture has a dark mask.
    light = np.clip(soft / max(level, 8.0), 0.5, 1.6) ** np.float32(rng.uniform(0.4, 1.0))
    exposure = np.clip(float(np.percentile(grey, 80)) / 170.0, 0.35, 1.15) ** rng.uniform(0.3, 1.0)
    cloth *= (light * np.float32(exposure))[:, :, None]
    shadow = cv2.GaussianBlur(np.roll(cover, 2, axis=0), (0, 0), 1.5) * np.float32(rng.uniform(0.0, 0.4))
    under = patch * (1 - shadow)[:, :, None]
    share = cover[:, :, None]
    worn: NDArray[np.uint8] = np.clip(cloth * share + under * (1 - share), 0, 255).astype(np.uint8)
    return worn
