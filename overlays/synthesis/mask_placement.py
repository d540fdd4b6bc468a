"""Placement of a mask on the canonical plane: random positions for each class, and the outline of each kind."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.synthesis.canonical_face import JAW, LOWER_LIP_Y, NOSE_TIP_Y, UPPER_LIP_Y

_JAW_BY_Y = JAW[np.argsort(JAW[:, 1])]


class Kind(Enum):
    """The kinds of mask that are drawn."""

    SURGICAL = "surgical"
    CLOTH = "cloth"
    FFP2 = "ffp2"
    DUCKBILL = "duckbill"
    GAITER = "gaiter"


KINDS = list(Kind)
_LOWER_EDGE = {Kind.SURGICAL: 3.0, Kind.CLOTH: 2.2, Kind.FFP2: 1.7, Kind.DUCKBILL: 3.5, Kind.GAITER: 8.0}
STAND_OFF = {Kind.SURGICAL: 0.05, Kind.CLOTH: 0.04, Kind.FFP2: 0.12, Kind.DUCKBILL: 0.16, Kind.GAITER: 0.02}
"""Distance between cloth and face at the mouth, in face heights."""


@dataclass(frozen=True)
class MaskPlacement:
    """The position and shape of a mask, in canonical units.

    top: y of the upper edge in the middle. side: y of the upper edge at the cheek. low: y at which the side edge ends.
    bottom: y of the lower edge in the middle. width: half the width at the cheeks. peak: exponent of the upper edge; a
    small one is pointed. tilt: in radians. cut: factor of the exponent of the lower edge; a small one is pointed, too.
    """

    top: float
    side: float
    low: float
    bottom: float
    width: float
    peak: float
    tilt: float
    cut: float = 1.0

    @staticmethod
    def random(rng: np.random.Generator, mask_class: MaskClass, kind: Kind) -> "MaskPlacement":
        """A random placement that people would label as the class; the classes are at least 0.06 apart.

        correct: the upper edge is between the eyes and well above the tip of the nose, the lower edge below the chin.
        nose: the upper edge is between the tip of the nose and the upper lip, often as a V. nose_mouth: it is anywhere
        from below the lips to the neck. chin: the lower edge is above the chin, as with a mask that is too small, has
        slipped up or is folded.
        """
        if mask_class in (MaskClass.CORRECT, MaskClass.CHIN):
            top = rng.triangular(0.25, 0.40, NOSE_TIP_Y - 0.05)
            side = float(np.clip(top + rng.uniform(-0.13, 0.20), 0.34, 0.58))
        elif mask_class is MaskClass.NOSE:
            top = rng.uniform(NOSE_TIP_Y + 0.01, UPPER_LIP_Y + 0.025)
            side = max(top + rng.uniform(-0.28, 0.06), 0.38)
        else:
            top = rng.uniform(LOWER_LIP_Y, 1.04)
            side = top + rng.uniform(-0.24, 0.02)
        if kind is Kind.GAITER and mask_class is not MaskClass.CHIN:
            bottom = rng.uniform(1.25, 1.6)
        elif mask_class is MaskClass.CHIN:
            bottom = rng.uniform(LOWER_LIP_Y + 0.03, 0.895)
        else:
            bottom = rng.uniform(0.96, 1.15)
        bottom = max(bottom, top + rng.uniform(0.12, 0.25))
        return MaskPlacement(
            top=float(top),
            side=float(side),
            low=float(side + rng.uniform(0.1, 0.6) * max(min(bottom, 0.95) - side, 0.02)),
            bottom=float(bottom),
            width=float(rng.uniform(0.34, 0.43)),
            peak=float(rng.uniform(1.0, 2.4)),
            tilt=float(rng.normal(0, 0.035 if rng.random() < 0.85 else 0.1)),
            cut=float(np.exp(rng.normal(0, 0.3))) if kind is not Kind.GAITER else 1.0,
        )

    def rotated(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (N, 2) of a level mask, rotated by the tilt about the middle of the mask."""
        sine, cosine = np.sin(self.tilt), np.cos(self.tilt)
        middle = np.array([0.0, (self.top + self.bottom) / 2])
        return np.asarray((points - middle) @ np.array([[cosine, sine], [-sine, cosine]]) + middle)


def outline(placement: MaskPlacement, kind: Kind) -> NDArray[np.float64]:
    """The edge of the mask as a closed canonical polygon, (N, 2)."""
    across = np.linspace(0, 1, 16)
    top = np.stack(
        [placement.width * across, placement.top + (placement.side - placement.top) * across**placement.peak], 1
    )
    down = np.linspace(0, 1, 20)
    lower_x = placement.width * (1 - down ** (_LOWER_EDGE[kind] * placement.cut)) ** (1 / 1.7)
    lower = np.stack([lower_x, placement.low + (placement.bottom - placement.low) * down], 1)
    if placement.bottom > JAW[-1, 1]:  # cloth that covers the jaw is never narrower than the jaw
        jaw = np.interp(lower[:, 1], _JAW_BY_Y[:, 1], _JAW_BY_Y[:, 0], right=0.0)
        lower[:, 0] = np.maximum(lower[:, 0], np.minimum(jaw * 1.03, placement.width * 1.05))
    half = np.concatenate([top, lower])
    return placement.rotated(np.concatenate([half, (half * (-1, 1))[::-1]]))
