"""Pictures the project itself owns: a drawn head before a backdrop, with or without a mask worn in any of the ways.

Lengths are in units of the face's height, the y axis points down: y = 0 is the hairline, 1 the chin, x = 0 the
middle. Everything is a pure function of its parameters; what varies is drawn from the caller's generator.
"""

from dataclasses import dataclass, replace
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.faces.box import Box
from binarycop.wearing import Wearing

Colour = tuple[int, int, int]  # BGR
Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

EYES_Y, NOSE_Y, MOUTH_Y = 0.42, 0.66, 0.80
CHEEK_Y = 0.45
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
# Rows of (top least, top most, bottom least, bottom most): where the mask's middle line begins and ends. The
# ranges keep clear of what the class has bare: the nose's tip, the lips (0.76 to 0.84), the chin.
_REACH: dict[Wearing, tuple[float, float, float, float]] = {
    Wearing.CORRECT: (0.44, 0.55, 1.02, 1.08),
    Wearing.NOSE: (0.70, 0.745, 1.02, 1.08),
    Wearing.NOSE_MOUTH: (0.875, 0.96, 1.06, 1.24),
    Wearing.CHIN: (0.44, 0.55, 0.845, 0.88),
}


class Pattern(Enum):
    """What is printed on a mask."""

    PLAIN = "plain"
    STRIPES = "stripes"
    DOTS = "dots"
    CHECK = "check"


class Hair(Enum):
    """How the hair, or what is worn over it, frames the face."""

    BALD = "bald"
    SHORT = "short"
    LONG = "long"
    SCARF = "scarf"
    CAP = "cap"


@dataclass(frozen=True)
class Mask:
    """A mask on a face: top_y and bottom_y on the middle line, side_y the upper corner on the cheek."""

    top_y: float
    side_y: float
    bottom_y: float
    fullness: float
    colour: Colour
    ink: Colour
    pattern: Pattern
    folds: int
    valve: bool

    @staticmethod
    def random(rng: np.random.Generator, wearing: Wearing) -> "Mask":
        """A mask worn as ``wearing`` says, at a position that varies as people's do."""
        least_top, most_top, least_bottom, most_bottom = _REACH[wearing]
        top = rng.uniform(least_top, most_top)
        # A slack mask under the nose stays up at its loops; one pulled up over the nose dips to the cheeks.
        side = top + (rng.uniform(0.0, 0.12) if top < 0.6 else rng.uniform(-0.10, 0.0))
        base = _MASKS[rng.integers(len(_MASKS))]
        skin_like = rng.random() < 0.04
        return Mask(
            top_y=float(top),
            side_y=float(side),
            bottom_y=float(rng.uniform(least_bottom, most_bottom)),
            fullness=float(rng.uniform(0.0, 0.05)),
            colour=_vary(rng, _SKINS[rng.integers(len(_SKINS))] if skin_like else base, 20),
            ink=_vary(rng, _MASKS[rng.integers(len(_MASKS))], 30),
            pattern=list(Pattern)[rng.choice(4, p=(0.7, 0.12, 0.09, 0.09))],
            folds=int(rng.integers(0, 4)),
            valve=bool(rng.random() < 0.1),
        )


@dataclass(frozen=True)
class Head:
    """A person's looks. half_width and the rest are in face heights; roll in degrees; yaw moves the features, -1 to 1.

    light: brightness of the left side minus that of the right, as a share. mask: None is a bare face.
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
    def random(rng: np.random.Generator, wearing: Wearing | None) -> "Head":
        """A head of random looks; ``wearing`` None leaves the face bare."""
        return Head(
            skin=_vary(rng, _SKINS[rng.integers(len(_SKINS))], 10),
            hair_colour=_vary(rng, _HAIRS[rng.integers(len(_HAIRS))], 14),
            clothes=_vary(rng, (110, 100, 100), 90),
            half_width=float(rng.uniform(0.355, 0.42)),
            jaw=float(rng.uniform(1.9, 3.0)),
            hair=list(Hair)[rng.choice(5, p=(0.12, 0.4, 0.3, 0.08, 0.1))],
            beard=bool(rng.random() < 0.18),
            glasses=bool(rng.random() < 0.25),
            smile=float(rng.uniform(-0.4, 1.0)),
            yaw=float(np.clip(rng.normal(0.0, 0.35), -1, 1)),
            roll=float(np.clip(rng.normal(0.0, 3.0), -9, 9)),
            light=float(rng.uniform(-0.35, 0.35)),
            mask=None if wearing is None else Mask.random(rng, wearing),
        )

    def wear(self, mask: Mask | None) -> "Head":
        """The same person with another mask, or with none."""
        return replace(self, mask=mask)


def draw(canvas: Pixels, head: Head, centre_x_px: float, centre_y_px: float, height_px: float) -> Box:
    """Draw the head into ``canvas``, (H, W, 3) uint8 BGR, in place; parts beyond its edge are cut off.

    centre_x_px, centre_y_px, height_px: of the face, hairline to chin. Returns the box a face finder would give:
    hairline to chin, cheek to cheek.
    """
    pen = _Pen(canvas, head, centre_x_px, centre_y_px, height_px)
    before = canvas.copy()
    _draw_behind(pen, head)
    pen.fill(_contour(head, CHEEK_Y - 0.60, 1.0, 0.0), head.skin)
    _draw_features(pen, head)
    _draw_hair(pen, head)
    if head.mask is not None:
        _draw_mask(pen, head, head.mask)
    pen.shade(before)
    width = 2 * head.half_width * height_px
    return Box(centre_x_px - width / 2, centre_y_px - height_px / 2, width, height_px)


def backdrop(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """A room out of focus, (height, width, 3) uint8 BGR: two tones that run into each other, and some furniture."""
    tones = rng.uniform(40, 225, (2, 1)) + rng.normal(0, 14, (2, 3))
    down = np.linspace(0, 1, height)[:, None, None]
    room = np.broadcast_to(tones[0] * (1 - down) + tones[1] * down, (height, width, 3)).clip(0, 255)
    canvas = np.ascontiguousarray(room.astype(np.uint8))
    for _ in range(int(rng.integers(0, 6))):
        x, y = int(rng.integers(-width // 4, width)), int(rng.integers(-height // 4, height))
        w, h = int(rng.integers(width // 10, width // 2 + 1)), int(rng.integers(height // 10, height + 1))
        colour = tuple(int(value) for value in rng.integers(20, 240, 3))
        cv2.rectangle(canvas, (x, y), (x + w, y + h), colour, -1)
    return _bytes(cv2.GaussianBlur(canvas, (0, 0), max(width, height) / 60))


def expose(pixels: Pixels, rng: np.random.Generator, gain: float = 1.0, noise: float = 3.0) -> Pixels:
    """What a sensor makes of a scene: brightness times ``gain``, noise of that standard deviation in grey levels."""
    grain = rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(noise)
    return _bytes(pixels.astype(np.float32) * np.float32(gain) + grain)


class _Pen:
    """Draws in the face's own units onto the canvas, anti-aliased, rolled about the chin."""

    _SHIFT = 4

    def __init__(self, canvas: Pixels, head: Head, centre_x_px: float, centre_y_px: float, height_px: float) -> None:
        self._canvas, self._height_px, self._light = canvas, height_px, head.light
        turn = np.deg2rad(head.roll)
        self._turn = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        self._centre = np.array([centre_x_px, centre_y_px])
        self._pivot = np.array([0.0, 0.5])

    def fill(self, points: Points, colour: Colour) -> None:
        """Fill the polygon (N, 2)."""
        cv2.fillPoly(self._canvas, [self._to_px(points)], colour, cv2.LINE_AA, self._SHIFT)

    def line(self, points: Points, colour: Colour, width: float, *, closed: bool = False) -> None:
        """Draw a line through (N, 2), ``width`` in face heights but never under a pixel."""
        thick = max(round(width * self._height_px), 1)
        cv2.polylines(self._canvas, [self._to_px(points)], closed, colour, thick, cv2.LINE_AA, self._SHIFT)

    def fill_pattern(self, points: Points, mask: Mask) -> None:
        """Fill the polygon with the mask's colour and print."""
        before = self._canvas.copy()
        self.fill(points, mask.colour)
        if mask.pattern is Pattern.PLAIN:
            return
        steps = np.arange(-0.6, 0.61, 0.09)
        for step in steps:
            if mask.pattern is Pattern.DOTS:
                for other in steps:
                    self.fill(_ellipse(step, other + 0.85, 0.025, 0.025, 10), mask.ink)
            else:
                self.line(np.array([[-0.6, step + 0.85], [0.6, step + 0.85]]), mask.ink, 0.03)
                if mask.pattern is Pattern.CHECK:
                    self.line(np.array([[step, 0.2], [step, 1.5]]), mask.ink, 0.02)
        inside = np.zeros(self._canvas.shape[:2], np.uint8)
        cv2.fillPoly(inside, [self._to_px(points)], 255, cv2.LINE_AA, self._SHIFT)
        share = inside[:, :, None].astype(np.float32) / 255
        self._canvas[...] = _bytes(self._canvas * share + before * (1 - share))

    def shade(self, before: Pixels) -> None:
        """Light what was drawn since ``before`` from one side."""
        drawn = (self._canvas != before).any(axis=2)
        across = (np.arange(self._canvas.shape[1]) - self._centre[0]) / (0.45 * self._height_px)
        gain = 1 - self._light * np.clip(across, -1.3, 1.3) * 0.6
        lit = _bytes(self._canvas * gain.astype(np.float32)[None, :, None])
        self._canvas[drawn] = lit[drawn]

    def _to_px(self, points: Points) -> NDArray[np.int32]:
        placed = (points - self._pivot) @ self._turn.T * self._height_px + self._centre
        fixed: NDArray[np.int32] = np.round(placed * (1 << self._SHIFT)).astype(np.int32)
        return fixed


def _half_width(head: Head, y: Points | float) -> Points:
    """The face's half width at height y: an ellipse above the cheeks, a superellipse of the jaw's shape below."""
    y = np.asarray(y, np.float64)
    above = np.clip(1 - ((CHEEK_Y - y) / 0.60) ** 2, 0, 1) ** 0.5
    below = np.clip(1 - (np.clip(y - CHEEK_Y, 0, 1) / (1 - CHEEK_Y)) ** head.jaw, 0, 1) ** 0.55
    return np.asarray(head.half_width * np.where(y < CHEEK_Y, above, below))


def _contour(head: Head, from_y: float, to_y: float, wider: float) -> Points:
    """The face's outline between two heights, closed, ``wider`` outside it."""
    y = np.linspace(from_y, to_y, 40)
    x = _half_width(head, y) + wider
    return np.concatenate([np.stack([x, y], 1), np.stack([-x, y], 1)[::-1]])


def _draw_behind(pen: _Pen, head: Head) -> None:
    """Neck, shoulders, ears, and the hair that falls behind them."""
    w = head.half_width
    if head.hair in (Hair.LONG, Hair.SCARF):
        pen.fill(_ellipse(0, 0.42, w * 1.32, 0.72, 40), head.hair_colour if head.hair is Hair.LONG else head.clothes)
    dark = _scale(head.skin, 0.72)
    pen.fill(np.array([[-0.62 * w, 0.7], [0.62 * w, 0.7], [0.72 * w, 1.4], [-0.72 * w, 1.4]]), dark)
    pen.fill(np.array([[-0.25, 1.2], [0.25, 1.2], [0.85, 1.42], [1.0, 2.4], [-1.0, 2.4], [-0.85, 1.42]]), head.clothes)
    if head.hair is not Hair.SCARF:
        for side in (-1, 1):
            pen.fill(_ellipse(side * (w + 0.01), 0.50, 0.05, 0.11, 20), _scale(head.skin, 0.9))


def _draw_features(pen: _Pen, head: Head) -> None:
    """Eyes, brows, nose, mouth, beard and glasses; yaw slides them over the face."""
    slide = 0.10 * head.yaw
    dark, red = _scale(head.skin, 0.68), _blend(_scale(head.skin, 0.78), (80, 70, 170), 0.45)
    if head.beard:
        pen.fill(_contour(head, 0.74, 1.02, 0.01), _blend(head.hair_colour, head.skin, 0.2))
        pen.fill(_ellipse(slide, 0.745, 0.13, 0.03, 20), _blend(head.hair_colour, head.skin, 0.2))
    for side in (-1, 1):
        x = slide + side * 0.165 * (1 - 0.25 * max(side * head.yaw, 0.0))
        pen.fill(_ellipse(x, EYES_Y, 0.065, 0.028, 24), (235, 235, 238))
        pen.fill(_ellipse(x + 0.015 * head.yaw, EYES_Y, 0.028, 0.028, 16), (40, 40, 45))
        brow = np.array([[x - 0.07, EYES_Y - 0.075], [x, EYES_Y - 0.095], [x + 0.07, EYES_Y - 0.08]])
        pen.line(brow, _scale(head.hair_colour, 0.9), 0.022)
        if head.glasses:
            pen.line(_ellipse(x, EYES_Y + 0.005, 0.11, 0.075, 24), (35, 35, 40), 0.016, closed=True)
    tip = slide * 1.35
    pen.fill(np.array([[slide * 0.8, 0.44], [tip + 0.055, NOSE_Y], [tip - 0.055, NOSE_Y]]), _scale(head.skin, 0.92))
    pen.fill(_ellipse(tip, NOSE_Y - 0.015, 0.055, 0.035, 20), _scale(head.skin, 0.96))
    for side in (-1, 1):
        pen.fill(_ellipse(tip + side * 0.034, NOSE_Y + 0.012, 0.020, 0.012, 12), dark)
    wide = 0.105 + 0.025 * head.smile
    lift = 0.03 * head.smile
    along = np.linspace(-1, 1, 15)
    upper = np.stack([slide + wide * along, MOUTH_Y - lift * along**2 - 0.022 * (1 - along**2)], 1)
    lower = np.stack([slide + wide * along, MOUTH_Y - lift * along**2 + 0.034 * (1 - along**2)], 1)
    pen.fill(np.concatenate([upper, lower[::-1]]), red)
    pen.line(np.stack([slide + wide * along, MOUTH_Y - lift * along**2], 1), _scale(red, 0.55), 0.010)


def _draw_hair(pen: _Pen, head: Head) -> None:
    """The hair above the forehead, a cap or a scarf's edge."""
    if head.hair is Hair.BALD:
        return
    colour = head.clothes if head.hair in (Hair.SCARF, Hair.CAP) else head.hair_colour
    w = head.half_width
    around = np.linspace(np.pi, 2 * np.pi, 30)
    outer = np.stack([1.08 * w * np.cos(around), 0.34 + 0.56 * np.sin(around)], 1)
    edge = np.linspace(1, -1, 20)
    depth = 0.20 if head.hair is Hair.CAP else 0.10
    inner = np.stack([0.93 * w * edge, depth + 0.26 * edge**4], 1)
    pen.fill(np.concatenate([outer, inner]), colour)
    if head.hair is Hair.CAP:
        pen.fill(_ellipse(0.1 * head.yaw, 0.20, 1.05 * w, 0.06, 30), _scale(colour, 0.7))


def _draw_mask(pen: _Pen, head: Head, mask: Mask) -> None:
    """Straps to the ears, the cloth along the jaw, its folds."""
    slide = 0.10 * head.yaw
    edge_y = np.linspace(mask.side_y, mask.bottom_y, 24)
    # Cloth ends a little inside the cheek's edge above and hangs about the chin below; where it ends on the
    # face (an uncovered chin) its corners stay on the skin.
    ends_below = mask.bottom_y > 1.0
    reach = mask.bottom_y if ends_below else mask.bottom_y + 0.10
    low = np.clip(1 - (np.clip(edge_y - CHEEK_Y, 0, 1) / (reach + 0.03 - CHEEK_Y)) ** 3.0, 0, 1) ** 0.5
    x = (head.half_width * 0.99 + mask.fullness * 0.5) * np.maximum(low, 0.42)
    right = np.stack([x, edge_y], 1)
    left = np.stack([-x, edge_y], 1)
    across = np.linspace(-1, 1, 25)
    rise = np.abs(across) ** 1.6
    top = np.stack([across * x[0] + slide * (1 - across**2), mask.top_y + (mask.side_y - mask.top_y) * rise], 1)
    bottom = np.stack([across[::-1] * x[-1], mask.bottom_y + (0.0 if ends_below else 0.01) * (1 - across**2)], 1)
    ear = head.half_width + 0.01
    strap = _blend(mask.colour, (245, 245, 245), 0.6)
    for side in (-1, 1):
        for end, y in ((mask.side_y + 0.02, 0.46), (edge_y[14], 0.56)):
            pen.line(np.array([[side * x[0] * 0.97, end], [side * ear, y]]), strap, 0.012)
    pen.fill_pattern(np.concatenate([top, right, bottom, left[::-1]]), mask)
    crease = _scale(mask.colour, 0.82)
    for fold in range(mask.folds):
        y = mask.top_y + (mask.bottom_y - mask.top_y) * (fold + 1) / (mask.folds + 1)
        pen.line(np.stack([across * 0.78 * x[0], y - 0.03 * (1 - across**2)], 1), crease, 0.010)
    pen.line(top, crease, 0.012)
    if mask.valve:
        y = (mask.top_y + mask.bottom_y) / 2
        pen.fill(_ellipse(0.12 + slide, y, 0.06, 0.05, 16), _scale(mask.colour, 0.7))


def _ellipse(x: float, y: float, radius_x: float, radius_y: float, points: int) -> Points:
    around = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([x + radius_x * np.cos(around), y + radius_y * np.sin(around)], 1)


def _vary(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    shift = rng.uniform(-spread, spread) + rng.uniform(-spread / 2, spread / 2, 3)
    blue, green, red = (int(value) for value in np.clip(np.asarray(colour) + shift, 0, 255))
    return blue, green, red


def _scale(colour: Colour, gain: float) -> Colour:
    return _blend((0, 0, 0), colour, gain)


def _blend(first: Colour, second: Colour, share: float) -> Colour:
    """``share`` of the second colour, the rest of the first."""
    blue, green, red = (round(a * (1 - share) + b * share) for a, b in zip(first, second))
    return blue, green, red


def _bytes(values: NDArray[np.generic]) -> Pixels:
    rounded: Pixels = np.clip(np.asarray(values, np.float32) + np.float32(0.5), 0, 255).astype(np.uint8)
    return rounded
