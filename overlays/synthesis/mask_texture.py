"""Textures for drawn masks: plain colours, prints, MaskTheFace's textures, and cloth cut from real masks."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.frames.image import read_picture
from overlays import pictures
from overlays.synthesis.mask_placement import Kind
from overlays.synthesis.plane import FINE, SIDE_PX, Picture, plain, to_px

_COLOURS = ("blue", "white", "black", "green", "pink", "grey")
_BGR = ((215, 190, 150), (228, 226, 224), (38, 36, 36), (175, 195, 140), (200, 175, 225), (130, 126, 122))
_SHARES = {
    Kind.SURGICAL: (0.42, 0.28, 0.12, 0.09, 0.05, 0.04),
    Kind.CLOTH: (0.08, 0.15, 0.35, 0.04, 0.08, 0.30),
    Kind.FFP2: (0.04, 0.66, 0.15, 0.02, 0.03, 0.10),
    Kind.DUCKBILL: (0.10, 0.70, 0.06, 0.04, 0.04, 0.06),
    Kind.GAITER: (0.12, 0.08, 0.42, 0.06, 0.04, 0.28),
}
_REAL_CHANCE, _SKIN_CHANCE = 0.25, 0.08
_PRINT_CHANCES = {Kind.CLOTH: 0.45, Kind.GAITER: 0.45}
_MAX_ZOOM = 2.0  # of a small piece of cloth


@dataclass(frozen=True)
class MaskTextures:
    """Sources of textures, all (H, W, 3) uint8 BGR. textures: pictures of cloth; cloths: pieces of real masks."""

    textures: tuple[NDArray[np.uint8], ...] = ()
    cloths: tuple[NDArray[np.uint8], ...] = ()

    @staticmethod
    def read(data: Path) -> "MaskTextures":
        """The textures of ``mask_art``; none if the folder is missing. Raises UndecodableFrame."""
        paths = pictures.in_folder(data / "mask_art" / "masks" / "textures")
        small = (cv2.resize(read_picture(path), (256, 256), interpolation=cv2.INTER_AREA) for path in paths)
        return MaskTextures(tuple(np.asarray(picture, np.uint8) for picture in small))

    def sample(self, rng: np.random.Generator, kind: Kind, skin: NDArray[np.float64] | None) -> tuple[Picture, str]:
        """A random texture for a mask, (S, S, 3) uint8 BGR, and the name of its colour.

        skin: the skin colour of the person, BGR. Some masks get this colour, since networks fail on them most.
        """
        if self.cloths and rng.random() < _REAL_CHANCE:
            cloth = self.cloths[rng.integers(len(self.cloths))]
            return _stretched(rng, cloth), "real"
        if skin is not None and rng.random() < _SKIN_CHANCE:
            return plain(skin * np.exp(rng.normal(0, 0.12)) + rng.normal(0, 5, 3)), "skin"
        if kind is Kind.CLOTH and self.textures and rng.random() < 0.3:
            return _stretched(rng, self.textures[rng.integers(len(self.textures))]), "print"
        at = rng.choice(len(_COLOURS), p=_SHARES[kind])
        colour, name = np.array(_BGR[at], float), _COLOURS[at]
        if kind in (Kind.CLOTH, Kind.GAITER) and rng.random() < 0.35:
            colour, name = rng.uniform(10, 245, 3), "other"
        canvas = plain(colour + rng.normal(0, 9) + rng.normal(0, 6, 3))
        if rng.random() < _PRINT_CHANCES.get(kind, 0.06):
            _PRINTS[rng.integers(len(_PRINTS))](canvas, rng)
            name = "print"
        if rng.random() < 0.12:
            _badge(canvas, rng)
        return canvas, name


def cut_cloth(patch: NDArray[np.uint8], box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """The piece of a real, correctly worn mask that covers the mouth.

    patch: (H, W, 3) uint8 BGR; box: the face's x, y, width and height in pixels.
    """
    x, y, width, height = box
    rows = slice(max(int(y + 0.62 * height), 0), int(y + 0.86 * height) + 1)
    columns = slice(max(int(x + 0.3 * width), 0), int(x + 0.7 * width) + 1)
    return np.ascontiguousarray(patch[rows, columns])


def _stretched(rng: np.random.Generator, piece: NDArray[np.uint8]) -> Picture:
    """A piece enlarged to the whole plane, and mirrored at its edges."""
    zoom = rng.uniform(0.5, 1.5) if max(piece.shape[:2]) > SIDE_PX else rng.uniform(1.2, _MAX_ZOOM)
    x, y = rng.uniform(0, 60, 2)
    matrix = np.array([[zoom, 0, -x], [0, zoom, -y]])
    return np.asarray(cv2.warpAffine(piece, matrix, (SIDE_PX, SIDE_PX), borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def _stripes(canvas: Picture, rng: np.random.Generator) -> None:
    _stripes_in(canvas, tuple(rng.integers(0, 256, 3).tolist()), rng)


def _stripes_in(canvas: Picture, ink: int | tuple[int, ...], rng: np.random.Generator) -> None:
    step, slanted = int(rng.integers(6, 22)), bool(rng.random() < 0.5)
    for at in range(-SIDE_PX, 2 * SIDE_PX, step):
        ends = ((at, 0), (at + int(rng.integers(0, 2)) * SIDE_PX, SIDE_PX)) if slanted else ((0, at), (SIDE_PX, at))
        cv2.line(canvas, *ends, ink, int(rng.integers(1, max(step // 2, 2))), cv2.LINE_AA)


def _dots(canvas: Picture, rng: np.random.Generator) -> None:
    """Dots in rows, or patches of any size anywhere, such as flowers and camouflage."""
    inks = rng.integers(0, 256, (int(rng.integers(1, 4)), 3)).tolist()
    if rng.random() < 0.5:
        step, radius = int(rng.integers(7, 20)), int(rng.integers(1, 7))
        spots = [(x + (y // step % 2) * step // 2, y) for y in range(0, SIDE_PX, step) for x in range(0, SIDE_PX, step)]
    else:
        radius = int(rng.integers(4, 14))
        spots = rng.integers(0, SIDE_PX, (int(rng.integers(15, 60)), 2)).tolist()
    for number, (x, y) in enumerate(spots):
        cv2.circle(canvas, (x, y), radius, inks[number % len(inks)], -1, cv2.LINE_AA)


def _checks(canvas: Picture, rng: np.random.Generator) -> None:
    """Two sets of bands, as in a tartan; their colours mix."""
    for _ in range(2):
        bands = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
        _stripes_in(bands, 255, rng)
        ink = np.full_like(canvas, rng.integers(0, 256, 3))
        cv2.copyTo(cv2.addWeighted(canvas, 0.5, ink, 0.5, 0), bands, canvas)


def _halves(canvas: Picture, rng: np.random.Generator) -> None:
    """Another colour below or beside a line."""
    at, ink = to_px(np.array([[rng.uniform(-0.2, 0.2), rng.uniform(0.5, 0.9)]]))[0] >> FINE, rng.integers(0, 256, 3)
    if rng.random() < 0.7:
        canvas[at[1] :] = ink
    else:
        canvas[:, at[0] :] = ink


def _cloudy(canvas: Picture, rng: np.random.Generator) -> None:
    """Colours that change softly, as in a batik."""
    count = int(rng.integers(4, 16))
    spots = rng.normal(0, 60, (count, count, 3)).astype(np.float32)
    cv2.add(canvas, cv2.resize(spots, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC), canvas, None, cv2.CV_8U)


def _letters(canvas: Picture, rng: np.random.Generator) -> None:
    ink, size = rng.integers(0, 256, 3).tolist(), float(rng.uniform(0.4, 1.3))
    for _ in range(int(rng.integers(1, 4))):
        text = "".join(chr(int(code)) for code in rng.integers(65, 91, int(rng.integers(2, 7))))
        x, y = to_px(np.array([[rng.uniform(-0.35, 0.0), rng.uniform(0.5, 1.0)]]))[0] >> FINE
        cv2.putText(canvas, text, (int(x), int(y)), cv2.FONT_HERSHEY_SIMPLEX, size, ink, 2, cv2.LINE_AA)


_PRINTS = (_stripes, _dots, _dots, _checks, _halves, _cloudy, _letters)


def draw_valve(canvas: Picture, rng: np.random.Generator) -> None:
    """The valve of a respirator: a disc or a square with a rim and slots, beside the nose or in the middle."""
    at = np.array([[rng.choice((-1, 0, 1)) * rng.uniform(0.08, 0.22), rng.uniform(0.62, 0.86)]])
    x, y = (to_px(at)[0] >> FINE).tolist()
    radius = int(rng.integers(6, 12))
    body = rng.integers(150, 250) * np.ones(3) if rng.random() < 0.6 else rng.uniform(10, 240, 3)
    shade = np.clip(body * rng.uniform(0.5, 0.85), 0, 255).tolist()
    if rng.random() < 0.7:
        cv2.circle(canvas, (x + 1, y + 2), radius, shade, -1, cv2.LINE_AA)
        cv2.circle(canvas, (x, y), radius, body.tolist(), -1, cv2.LINE_AA)
        cv2.circle(canvas, (x, y), max(radius - 3, 2), shade, 1, cv2.LINE_AA)
    else:
        cv2.rectangle(canvas, (x - radius, y - radius + 3), (x + radius, y + radius - 1), shade, -1, cv2.LINE_AA)
        cv2.rectangle(
            canvas, (x - radius, y - radius + 2), (x + radius, y + radius - 3), body.tolist(), -1, cv2.LINE_AA
        )
    for slot in range(-1, 2):
        row = y + slot * max(radius // 3, 2)
        cv2.line(canvas, (x - radius // 2, row), (x + radius // 2, row), shade, 1, cv2.LINE_AA)


def _badge(canvas: Picture, rng: np.random.Generator) -> None:
    """A small print."""
    x, y = to_px(np.array([[rng.uniform(-0.25, 0.25), rng.uniform(0.55, 0.9)]]))[0] >> FINE
    axes = tuple(rng.integers(5, 16, 2).tolist())
    cv2.ellipse(canvas, (int(x), int(y)), axes, 0, 0, 360, rng.integers(0, 256, 3).tolist(), -1, cv2.LINE_AA)
