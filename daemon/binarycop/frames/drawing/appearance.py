"""How a drawn person looks and wears a mask: parameters only, no pixels."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from binarycop.classes import MaskClass
from binarycop.frames.drawing.raster import Colour, vary

_SKINS: tuple[Colour, ...] = (
    (200, 214, 240), (170, 190, 226), (140, 168, 214), (110, 140, 194), (84, 112, 162), (58, 82, 128), (40, 56, 92),
)  # fmt: skip
_HAIRS: tuple[Colour, ...] = (
    (25, 22, 20),
    (30, 45, 70),
    (50, 80, 120),
    (90, 150, 200),
    (150, 150, 155),
    (225, 225, 228),
)
_MASKS: tuple[Colour, ...] = (
    (222, 196, 150), (240, 240, 240), (232, 226, 214), (40, 40, 42), (205, 190, 90), (170, 120, 60), (150, 130, 210),
    (70, 60, 160), (90, 140, 90), (120, 120, 125), (60, 40, 30),
)  # fmt: skip
# Rows of (lowest top, highest top, lowest bottom, highest bottom): the range of y for the mask's edges on the middle
# line. The ranges leave free what the class has uncovered: the tip of the nose, the lips (0.76 to 0.84), the chin.
_EDGE_RANGES: dict[MaskClass, tuple[float, float, float, float]] = {
    MaskClass.CORRECT: (0.44, 0.55, 1.02, 1.08),
    MaskClass.NOSE: (0.70, 0.745, 1.02, 1.08),
    MaskClass.NOSE_MOUTH: (0.875, 0.96, 1.06, 1.24),
    MaskClass.CHIN: (0.44, 0.55, 0.845, 0.88),
}


class MaskPattern(Enum):
    """The print on a mask."""

    PLAIN = "plain"
    STRIPES = "stripes"
    DOTS = "dots"
    CHECK = "check"


class Hair(Enum):
    """The hair, or what covers it."""

    BALD = "bald"
    SHORT = "short"
    LONG = "long"
    SCARF = "scarf"
    CAP = "cap"


@dataclass(frozen=True)
class Mask:
    """A mask on a face.

    top_y, bottom_y: its edges on the middle line. side_y: its upper corner on the cheek. fullness: how far the
    cloth reaches beyond the cheeks. ink: the print's colour.
    """

    top_y: float
    side_y: float
    bottom_y: float
    fullness: float
    colour: Colour
    ink: Colour
    pattern: MaskPattern
    folds: int
    valve: bool

    @staticmethod
    def random(rng: "np.random.Generator", mask_class: MaskClass) -> "Mask":
        """A random mask, worn as its class says."""
        min_top, max_top, min_bottom, max_bottom = _EDGE_RANGES[mask_class]
        top = rng.uniform(min_top, max_top)
        # The ear loops keep a slack mask below the nose up at its sides; a mask over the nose is lower at the cheeks.
        side = top + (rng.uniform(0.0, 0.12) if top < 0.6 else rng.uniform(-0.10, 0.0))
        base = _MASKS[rng.integers(len(_MASKS))]
        skin_like = rng.random() < 0.04
        return Mask(
            top_y=float(top),
            side_y=float(side),
            bottom_y=float(rng.uniform(min_bottom, max_bottom)),
            fullness=float(rng.uniform(0.0, 0.05)),
            colour=vary(rng, _SKINS[rng.integers(len(_SKINS))] if skin_like else base, 20),
            ink=vary(rng, _MASKS[rng.integers(len(_MASKS))], 30),
            pattern=list(MaskPattern)[rng.choice(4, p=(0.7, 0.12, 0.09, 0.09))],
            folds=int(rng.integers(0, 4)),
            valve=bool(rng.random() < 0.1),
        )


@dataclass(frozen=True)
class Head:
    """A person's appearance.

    half_width: of the face, in face heights. jaw: exponent of the superellipse below the cheeks. smile, yaw: -1 to 1;
    yaw shifts the features sideways. roll: in degrees. light: brightness of the left side minus that of the right, as
    a share. mask: None for a bare face.
    """

    skin: Colour
    hair_colour: Colour
    clothes: Colour
    half_width: float
    jaw: float
    hair: Hair
    beard: bool
    glasses: bool
    smile: float
    yaw: float
    roll: float
    light: float
    mask: Mask | None

    @staticmethod
    def random(rng: "np.random.Generator", mask_class: MaskClass | None) -> "Head":
        """A random head; without a class the face is bare."""
        return Head(
            skin=vary(rng, _SKINS[rng.integers(len(_SKINS))], 10),
            hair_colour=vary(rng, _HAIRS[rng.integers(len(_HAIRS))], 14),
            clothes=vary(rng, (110, 100, 100), 90),
            half_width=float(rng.uniform(0.355, 0.42)),
            jaw=float(rng.uniform(1.9, 3.0)),
            hair=list(Hair)[rng.choice(5, p=(0.12, 0.4, 0.3, 0.08, 0.1))],
            beard=bool(rng.random() < 0.18),
            glasses=bool(rng.random() < 0.25),
            smile=float(rng.uniform(-0.4, 1.0)),
            yaw=float(np.clip(rng.normal(0.0, 0.35), -1, 1)),
            roll=float(np.clip(rng.normal(0.0, 3.0), -9, 9)),
            light=float(rng.uniform(-0.35, 0.35)),
            mask=None if mask_class is None else Mask.random(rng, mask_class),
        )
