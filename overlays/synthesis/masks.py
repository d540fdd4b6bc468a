"""Masks, drawn flat on the canonical face plane: shapes, how they are worn, and what they are made of.

Positions are those of ``canon``; a mask is a picture of that plane with a transparency, to be warped onto a face.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.wearing import Wearing
from overlays.synthesis.canon import JAW, LOWER_LIP_Y, NOSE_TIP_Y, UPPER_LIP_Y

SIDE_PX = 160
LEFT, TOP, UNIT_PX = -0.72, 0.08, 111.0  # the plane's part that is drawn: 1.44 face heights square
_FINE = 4  # bits of OpenCV's sub-pixel positions


class Kind(Enum):
    """The cut of a mask."""

    SURGICAL = "surgical"
    CLOTH = "cloth"
    FFP2 = "ffp2"
    DUCKBILL = "duckbill"


@dataclass(frozen=True)
class Worn:
    """Where a mask sits, in canonical units.

    top: its upper edge in the middle; side: that edge's end on the cheek; low: where the side edge ends;
    bottom: the lower edge in the middle; width: half, at the cheeks; peak: exponent of the upper edge, small is
    pointed; tilt: radians.
    """

    top: float
    side: float
    low: float
    bottom: float
    width: float
    peak: float
    tilt: float

    @staticmethod
    def random(rng: np.random.Generator, wearing: Wearing) -> "Worn":
        """A position that people wear a mask at and call, or not, correct; the classes leave a gap between them."""
        if wearing in (Wearing.CORRECT, Wearing.CHIN):
            top = rng.triangular(0.26, 0.38, NOSE_TIP_Y - 0.04)
            side = max(top + rng.uniform(0.02, 0.20), rng.uniform(0.40, 0.55))
        elif wearing is Wearing.NOSE:
            top = rng.uniform(NOSE_TIP_Y - 0.01, UPPER_LIP_Y + 0.01)
            side = top + rng.uniform(-0.14, 0.06)
        else:
            top = rng.uniform(LOWER_LIP_Y + 0.005, 0.99)
            side = top + rng.uniform(-0.16, 0.02)
        bottom = rng.uniform(LOWER_LIP_Y + 0.03, 0.905) if wearing is Wearing.CHIN else rng.uniform(0.97, 1.14)
        bottom = max(bottom, top + rng.uniform(0.12, 0.25))
        return Worn(
            top=float(top),
            side=float(side),
            low=float(side + rng.uniform(0.1, 0.6) * max(min(bottom, 0.95) - side, 0.02)),
            bottom=float(bottom),
            width=float(rng.uniform(0.34, 0.43)),
            peak=float(rng.uniform(1.1, 2.4)),
            tilt=float(rng.normal(0, 0.03)),
        )


def outline(worn: Worn, kind: Kind) -> NDArray[np.float64]:
    """The mask's edge as a closed polygon, (N, 2) canonical."""
    across = np.linspace(0, 1, 16)
    top = np.stack([worn.width * across, worn.top + (worn.side - worn.top) * across**worn.peak], 1)
    down = np.linspace(0, 1, 20)
    power = {Kind.SURGICAL: 3.0, Kind.CLOTH: 2.2, Kind.FFP2: 1.7, Kind.DUCKBILL: 3.5}[kind]
    lower_x = worn.width * (1 - down**power) ** (1 / 1.7)
    lower = np.stack([lower_x, worn.low + (worn.bottom - worn.low) * down], 1)
    if worn.bottom > JAW[-1, 1]:  # cloth over the jaw stands off it, so it is never inside
        jaw = np.interp(lower[:, 1], JAW[:, 1], JAW[:, 0], right=0.0)
        lower[:, 0] = np.maximum(lower[:, 0], np.minimum(jaw * 1.03, worn.width * 1.05))
    half = np.concatenate([top, lower])
    whole = np.concatenate([half, (half * (-1, 1))[::-1]])
    sine, cosine = np.sin(worn.tilt), np.cos(worn.tilt)
    middle = np.array([0.0, (worn.top + worn.bottom) / 2])
    turned: NDArray[np.float64] = (whole - middle) @ np.array([[cosine, sine], [-sine, cosine]]) + middle
    return turned


class Wardrobe:
    """Fabrics to cut masks from: plain colours and, where the artwork is there, MaskTheFace's textures."""

    def __init__(self, textures: list[NDArray[np.uint8]]) -> None:
        self._textures = textures

    @staticmethod
    def read(data: Path) -> "Wardrobe":
        """The textures of ``mask_art``; none where the folder is missing."""
        paths = sorted((data / "mask_art" / "masks" / "textures").rglob("*"))
        pictures = [cv2.imread(str(path)) for path in paths if path.suffix.lower() in (".png", ".jpg", ".jpeg")]
        return Wardrobe([cv2.resize(one, (256, 256), interpolation=cv2.INTER_AREA) for one in pictures])

    def mask(self, rng: np.random.Generator, wearing: Wearing) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A mask worn so: (S, S, 3) uint8 BGR and its opacity (S, S) float32, 0 to 1, on the plane."""
        kind = list(Kind)[rng.choice(4, p=(0.45, 0.30, 0.17, 0.08))]
        worn = Worn.random(rng, wearing)
        edge = _to_px(outline(worn, kind))
        colour = _colour(rng, kind)
        picture = self._fabric(rng, kind, colour)
        _relief(picture, rng, kind, worn)
        opacity = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
        cv2.fillPoly(opacity, [edge], 255, cv2.LINE_AA, _FINE)
        _straps(picture, opacity, rng, kind, worn)
        return picture, opacity.astype(np.float32) / np.float32(255)

    def _fabric(self, rng: np.random.Generator, kind: Kind, colour: NDArray[np.float64]) -> NDArray[np.uint8]:
        canvas = np.empty((SIDE_PX, SIDE_PX, 3), np.uint8)
        canvas[:] = np.clip(colour, 0, 255)
        chance = rng.random()
        if kind is Kind.CLOTH and self._textures and chance < 0.3:
            texture = self._textures[rng.integers(len(self._textures))]
            zoom = rng.uniform(0.7, 1.6)
            x, y = rng.uniform(0, 60, 2)
            canvas = cv2.warpAffine(
                texture, np.array([[zoom, 0, -x], [0, zoom, -y]]), (SIDE_PX, SIDE_PX), borderMode=cv2.BORDER_REFLECT
            )
        elif kind is Kind.CLOTH and chance < 0.5:
            ink = tuple(rng.integers(0, 256, 3).tolist())
            step = int(rng.integers(6, 22))
            for at in range(-SIDE_PX, 2 * SIDE_PX, step):
                ends = (
                    ((at, 0), (at + int(rng.integers(0, 2)) * SIDE_PX, SIDE_PX))
                    if chance < 0.4
                    else ((0, at), (SIDE_PX, at))
                )
                cv2.line(canvas, *ends, ink, int(rng.integers(1, max(step // 2, 2))), cv2.LINE_AA)
        if rng.random() < 0.12:  # a print or a valve
            x, y = _to_px(np.array([[rng.uniform(-0.25, 0.25), rng.uniform(0.55, 0.9)]]))[0] >> _FINE
            axes = tuple(rng.integers(5, 16, 2).tolist())
            cv2.ellipse(canvas, (int(x), int(y)), axes, 0, 0, 360, rng.integers(0, 256, 3).tolist(), -1, cv2.LINE_AA)
        return canvas


def _colour(rng: np.random.Generator, kind: Kind) -> NDArray[np.float64]:
    """BGR. Surgical masks are mostly pale blue or white, respirators white, cloth anything, often dark."""
    blue, white, black = (215, 190, 150), (228, 226, 224), (38, 36, 36)
    green, pink, grey = (175, 195, 140), (200, 175, 225), (130, 126, 122)
    shares = {
        Kind.SURGICAL: (0.42, 0.28, 0.12, 0.09, 0.05, 0.04),
        Kind.CLOTH: (0.08, 0.15, 0.35, 0.04, 0.08, 0.30),
        Kind.FFP2: (0.04, 0.66, 0.15, 0.02, 0.03, 0.10),
        Kind.DUCKBILL: (0.10, 0.70, 0.06, 0.04, 0.04, 0.06),
    }[kind]
    base = np.array((blue, white, black, green, pink, grey)[rng.choice(6, p=shares)], float)
    if kind is Kind.CLOTH and rng.random() < 0.35:
        base = rng.uniform(10, 245, 3)
    if rng.random() < 0.05:  # skin-like cloth is what networks fail on
        base = np.array((150, 180, 220.0)) * rng.uniform(0.4, 1.05)
    return np.asarray(base + rng.normal(0, 9) + rng.normal(0, 6, 3))


def _relief(picture: NDArray[np.uint8], rng: np.random.Generator, kind: Kind, worn: Worn) -> None:
    """Folds and seams, then the roundness: a mask is darker towards its sides and its lower edge."""
    contrast = rng.uniform(0.04, 0.25)
    lines = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    x = np.linspace(-0.42, 0.42, 12)
    if kind is Kind.SURGICAL:
        for part in np.linspace(0.15, 0.8, int(rng.integers(2, 5))):
            y = worn.top + part * (worn.bottom - worn.top) + 0.04 * (x / 0.4) ** 2 * (0.5 - part)
            _stroke(lines, np.stack([x, y], 1), rng)
    elif kind is Kind.DUCKBILL:
        y = np.full_like(x, (worn.top + worn.bottom) / 2 + rng.uniform(-0.05, 0.05))
        _stroke(lines, np.stack([x, y], 1), rng)
    else:
        y = np.linspace(worn.top, worn.bottom, 12)
        _stroke(lines, np.stack([np.zeros_like(y), y], 1), rng)
    lines = cv2.GaussianBlur(lines, (0, 0), rng.uniform(0.8, 2.0))
    plane = (np.arange(SIDE_PX) + 0.5) / UNIT_PX
    sideways = (plane + LEFT) / 0.42
    downwards = np.clip((plane + TOP - worn.top) / max(worn.bottom - worn.top, 0.1), 0, 1)
    light = 1.06 - rng.uniform(0.05, 0.35) * np.clip(np.abs(sideways), 0, 1.3)[None] ** 2
    light = light - rng.uniform(0.0, 0.30) * downwards[:, None] ** 2
    shaded = picture * (light - contrast * lines)[:, :, None]
    picture[...] = np.clip(shaded, 0, 255)


def _straps(
    picture: NDArray[np.uint8], opacity: NDArray[np.uint8], rng: np.random.Generator, kind: Kind, worn: Worn
) -> None:
    if rng.random() < 0.25:  # under the hair, or too thin to be seen
        return
    shade = [int(rng.integers(190, 250))] * 3 if kind is not Kind.CLOTH else rng.integers(10, 240, 3).tolist()
    for side in (-1, 1):
        for start, end in ((worn.side + 0.02, 0.42), (worn.low, 0.56)):
            line = _to_px(np.array([[side * worn.width * 0.97, start], [side * 0.44, end]]))
            cv2.polylines(picture, [line], False, shade, 3, cv2.LINE_AA, _FINE)
            cv2.polylines(opacity, [line], False, 255, int(rng.integers(1, 3)), cv2.LINE_AA, _FINE)


def _stroke(lines: NDArray[np.float32], points: NDArray[np.float64], rng: np.random.Generator) -> None:
    bytes_ = np.zeros(lines.shape, np.uint8)
    cv2.polylines(bytes_, [_to_px(points)], False, 255, int(rng.integers(1, 4)), cv2.LINE_AA, _FINE)
    lines += bytes_.astype(np.float32) / 255


def _to_px(points: NDArray[np.float64]) -> NDArray[np.int32]:
    placed: NDArray[np.int32] = np.round((points - (LEFT, TOP)) * UNIT_PX * (1 << _FINE)).astype(np.int32)
    return placed
