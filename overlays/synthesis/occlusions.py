"""Occlusions of a face: beards, glasses, hands, hair, scarves, hoods, caps, and light on the cloth.

Each is a layer on the canonical plane, like a mask. None changes the class: a mouth behind a hand or a beard is still
uncovered.
"""

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.synthesis.canonical_face import JAW
from overlays.synthesis.plane import SIDE_PX, Opacity, Picture, blank, fill, line, plain, to_opacity


class Occlusion(Enum):
    """The kinds of occlusion; the report calls them hard cases."""

    BEARD = "beard"
    SUNGLASSES = "sunglasses"
    GLASSES = "glasses"
    HAND = "hand"
    HAIR = "hair"
    SCARF = "scarf"
    SHINE = "shine"
    HOOD = "hood"
    CAP = "cap"


UNDER_MASK = (Occlusion.BEARD,)
"""Occlusions that lie under the mask. The others lie over it."""

_CHANCES = {
    Occlusion.BEARD: 0.14,
    Occlusion.SUNGLASSES: 0.06,
    Occlusion.GLASSES: 0.06,
    Occlusion.HAND: 0.04,
    Occlusion.HAIR: 0.06,
    Occlusion.SCARF: 0.05,
    Occlusion.SHINE: 0.05,
    Occlusion.HOOD: 0.07,
    Occlusion.CAP: 0.05,
}
_HAND_CHANCE_WITHOUT_MASK = 0.12


@dataclass(frozen=True)
class OcclusionLayer:
    """An occlusion drawn on the plane. picture: (S, S, 3) uint8 BGR; opacity: (S, S) float32, 0 to 1.

    extends: it goes on beyond the plane as it is at the plane's edge.
    """

    picture: Picture
    opacity: Opacity
    extends: bool = False


def choose_occlusions(rng: np.random.Generator, mask_class: MaskClass, *, is_bare: bool) -> tuple[Occlusion, ...]:
    """A random choice of occlusions for a face, mostly none. is_bare: the face has no mask."""
    found = []
    for occlusion, chance in _CHANCES.items():
        if occlusion is Occlusion.HAND and is_bare:
            chance = _HAND_CHANCE_WITHOUT_MASK  # noqa: PLW2901 - a hand before a bare mouth looks most like a mask
        if occlusion is Occlusion.SHINE and is_bare:
            continue
        if occlusion is Occlusion.SCARF and mask_class is MaskClass.CHIN:
            continue  # it would cover the chin
        if rng.random() < chance:
            found.append(occlusion)
    return tuple(found)


def draw_occlusion(
    occlusion: Occlusion, rng: np.random.Generator, skin: NDArray[np.float64], *, is_bare: bool
) -> OcclusionLayer:
    """Draw one occlusion. skin: the skin colour of the person, BGR."""
    if occlusion is Occlusion.BEARD:
        return _beard(rng, skin)
    if occlusion in (Occlusion.SUNGLASSES, Occlusion.GLASSES):
        return _glasses(rng, is_dark=occlusion is Occlusion.SUNGLASSES)
    if occlusion is Occlusion.HAND:
        return _hand(rng, skin, is_before_mouth=is_bare)
    if occlusion is Occlusion.HAIR:
        return _hair(rng)
    if occlusion is Occlusion.SCARF:
        return _scarf(rng)
    if occlusion is Occlusion.HOOD:
        return _hood(rng)
    if occlusion is Occlusion.CAP:
        return _cap(rng)
    return _shine(rng)


def _beard(rng: np.random.Generator, skin: NDArray[np.float64]) -> OcclusionLayer:
    shade = np.array([(18, 20, 24), (30, 45, 70), (60, 90, 130), (150, 155, 160)][rng.integers(4)], float)
    cover = blank()
    if rng.random() < 0.7:
        from_y = rng.uniform(0.5, 0.72)
        jaw = JAW[JAW[:, 1] >= from_y] * (1.02, 1.02)
        cheek = np.array([(jaw[0, 0] * 0.8, max(from_y, 0.66)), (0.16, 0.63), (0.0, 0.62)])
        half = np.concatenate([jaw[::-1], cheek])
        fill(cover, np.concatenate([half, (half * (-1, 1))[::-1]]))
    else:  # only around the mouth
        angle = np.linspace(0, 2 * np.pi, 24)
        fill(cover, np.stack([0.17 * np.sin(angle), 0.79 + 0.2 * np.cos(angle)], 1))
    if rng.random() < 0.4:  # a long one, which a mask does not cover
        wide, low = rng.uniform(0.12, 0.28), rng.uniform(1.05, 1.4)
        half = np.array([(0.0, 0.9), (0.26, 0.9), (wide, (0.95 + low) / 2), (wide * 0.5, low), (0.0, low + 0.02)])
        fill(cover, np.concatenate([half, (half * (-1, 1))[::-1]]))
    lips = np.linspace(0, 2 * np.pi, 20)
    fill(cover, np.stack([0.125 * np.sin(lips), 0.735 + 0.045 * np.cos(lips)], 1), 0)
    grain = cv2.merge([rng.standard_normal((SIDE_PX, SIDE_PX), np.float32) * np.float32(14)] * 3)
    picture = cv2.add(plain(shade * 0.8 + skin * 0.2), grain, None, None, cv2.CV_8U)
    return OcclusionLayer(picture, to_opacity(cover, 2.0, rng.uniform(0.35, 0.95)))


def _glasses(rng: np.random.Generator, *, is_dark: bool) -> OcclusionLayer:
    """Frames with dark or clear lenses, or with lenses that reflect the sky."""
    frame = rng.uniform(5, 60, 3) if is_dark or rng.random() < 0.7 else rng.uniform(60, 200, 3)
    opacity = int(rng.integers(215, 256)) if is_dark else int(rng.integers(60, 170)) if rng.random() < 0.3 else 0
    lens_colour = frame if is_dark else rng.uniform(190, 255, 3)
    angle = np.linspace(0, 2 * np.pi, 24)
    wide, high, square = rng.uniform(0.12, 0.16), rng.uniform(0.07, 0.11), rng.uniform(0.6, 1.0)
    y, width_px = rng.uniform(0.31, 0.35), int(rng.integers(1, 4))
    ring = np.stack([np.sin(angle), np.cos(angle)], 1)
    ring = np.sign(ring) * np.abs(ring) ** square * (wide, high)
    rims, lenses = blank(), blank()
    for side in (-1, 1):
        rim = ring + np.array((side * 0.195, y))
        fill(lenses, rim)
        line(rims, rim, width_px)
        line(rims, np.array([(side * (0.195 + wide), y), (side * 0.45, y + 0.03)]), 2)
    line(rims, np.array([(-0.07, y), (0.07, y)]), 2)
    picture = plain(frame)
    picture[(lenses > 0) & (rims == 0)] = np.clip(lens_colour, 0, 255)
    return OcclusionLayer(picture, to_opacity(np.maximum(rims, np.minimum(lenses, opacity)), 0.6))


def _hand(rng: np.random.Generator, skin: NDArray[np.float64], *, is_before_mouth: bool) -> OcclusionLayer:
    """Four fingers from one side: over the mouth, or at the edge of the cloth as if to adjust it."""
    side = -1 if rng.random() < 0.5 else 1
    reach = rng.uniform(-0.2, 0.05) if is_before_mouth else rng.uniform(0.24, 0.36)
    thick = rng.uniform(0.075, 0.1)
    slope = rng.uniform(-0.3, 0.3)
    picture, cover = plain(skin * np.exp(rng.normal(0, 0.08))), blank()
    edges = blank()
    first = rng.uniform(0.56, 0.66) if is_before_mouth else rng.uniform(0.5, 0.8)
    for finger in range(4):
        y = first + finger * thick * 0.95
        tip = reach + 0.05 * abs(finger - 1.5)
        ends = np.array([(side * tip, y), (side * 0.75, y + slope + 0.25)])
        line(cover, ends, round(thick * 111))
        line(edges, ends + np.array((0, thick / 2)), 2)
    shade = 1 - rng.uniform(0.1, 0.35) * to_opacity(edges, 1.0)
    return OcclusionLayer(np.clip(picture * shade[:, :, None], 0, 255).astype(np.uint8), to_opacity(cover, 0.7))


def _hair(rng: np.random.Generator) -> OcclusionLayer:
    cover = blank()
    side = -1 if rng.random() < 0.5 else 1
    for _ in range(int(rng.integers(2, 9))):
        x = side * (rng.uniform(0.2, 0.42) + rng.normal(0, 0.02))
        down = np.linspace(0.08, rng.uniform(0.6, 1.2), 8)
        bend = rng.uniform(-0.08, 0.08) * np.sin(np.linspace(0, np.pi, 8))
        line(cover, np.stack([x + bend, down], 1), int(rng.integers(1, 5)))
    shade = np.array([(15, 15, 18), (25, 40, 60), (70, 120, 160), (170, 170, 170)][rng.integers(4)], float)
    return OcclusionLayer(plain(shade + rng.normal(0, 8)), to_opacity(cover, 0.7, rng.uniform(0.6, 1.0)))


def _scarf(rng: np.random.Generator) -> OcclusionLayer:
    """A scarf around the neck; it begins below the chin."""
    top = rng.uniform(1.02, 1.14)
    x = np.linspace(-0.75, 0.75, 16)
    edge = np.stack([x, top - rng.uniform(0.1, 0.5) * x**2], 1)
    cover = blank()
    fill(cover, np.concatenate([edge, [(0.75, 1.6), (-0.75, 1.6)]]))
    picture = plain(rng.uniform(15, 235, 3)).astype(np.float32)
    folds = blank()
    for _ in range(int(rng.integers(2, 6))):
        line(folds, edge + np.array((0, rng.uniform(0.03, 0.35))), int(rng.integers(2, 7)))
    picture *= (1 - rng.uniform(0.1, 0.4) * to_opacity(folds, 1.5))[:, :, None]
    return OcclusionLayer(picture.astype(np.uint8), to_opacity(cover, 0.6))


def _hood(rng: np.random.Generator) -> OcclusionLayer:
    """A hood, or a headscarf that also goes around the chin; it never covers the chin itself."""
    angle = np.linspace(0, 2 * np.pi, 40)
    wide, top = rng.uniform(0.37, 0.5), rng.uniform(0.1, 0.2)
    low = rng.uniform(1.04, 1.2) if rng.random() < 0.5 else 3.0
    x, y = wide * np.sin(angle), (top + 1.04) / 2 - (1.04 - top) / 2 * np.cos(angle)
    y = np.where(y > 0.7, 0.7 + (y - 0.7) * (low - 0.7) / 0.34, y)
    cover = blank()
    cover[:] = 255
    fill(cover, np.stack([x, y], 1), 0)
    picture = plain(rng.uniform(8, 110, 3) if rng.random() < 0.6 else rng.uniform(10, 240, 3)).astype(np.float32)
    folds = blank()
    for _ in range(int(rng.integers(1, 6))):
        grow, lean = rng.uniform(1.03, 1.7), rng.uniform(-0.15, 0.15)
        line(folds, np.stack([x * grow + lean * (y - 0.5), (y - 0.5) * grow + 0.5], 1), int(rng.integers(2, 7)))
    picture *= (1 - rng.uniform(0.1, 0.5) * to_opacity(folds, 1.5))[:, :, None]
    return OcclusionLayer(picture.astype(np.uint8), to_opacity(cover, 0.8), extends=True)


def _cap(rng: np.random.Generator) -> OcclusionLayer:
    """A cap, a hat or a helmet: down to the brows, often with a peak that throws a shadow."""
    low, bend = rng.uniform(0.10, 0.21), rng.uniform(-0.25, 0.25)
    x = np.linspace(-1.0, 1.0, 24)
    edge = np.stack([x, low + bend * x**2], 1)
    cover, peak = blank(), blank()
    fill(cover, np.concatenate([edge, [(1.0, -1.0), (-1.0, -1.0)]]))
    picture = plain(rng.uniform(5, 240, 3)).astype(np.float32)
    line(peak, edge - np.array((0, 0.02)), int(rng.integers(2, 10)))
    picture *= (1 - rng.uniform(0.0, 0.6) * to_opacity(peak, 1.0))[:, :, None]
    return OcclusionLayer(picture.astype(np.uint8), to_opacity(cover, 0.8), extends=True)


def _shine(rng: np.random.Generator) -> OcclusionLayer:
    """A bright spot of light on the cloth."""
    cover = blank()
    centre = np.array([rng.uniform(-0.25, 0.25), rng.uniform(0.55, 0.85)])
    angle = np.linspace(0, 2 * np.pi, 16)
    fill(cover, centre + np.stack([np.sin(angle), np.cos(angle)], 1) * rng.uniform(0.04, 0.16, 2))
    soft = cv2.GaussianBlur(to_opacity(cover), (0, 0), rng.uniform(2, 7))
    return OcclusionLayer(plain(np.full(3, 255.0)), np.asarray(soft * np.float32(rng.uniform(0.3, 0.9)), np.float32))
