"""Textures for drawn masks: plain colours, prints, MaskTheFace's textures, and cloth cut from real masks."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

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
_REAL_CHANCE, _SKIN_CHANCE = 0.25, 0.06
_MAX_ZOOM = 2.0  # of a small piece of cloth


@dataclass(frozen=True)
class MaskTextures:
    """Sources of textures, all (H, W, 3) uint8 BGR. textures: pictures of cloth; cloths: pieces of real masks."""

    textures: tuple[NDArray[np.uint8], ...] = ()
    cloths: tuple[NDArray[np.uint8], ...] = ()

    @staticmethod
    def read(data: Path) -> "MaskTextures":
        """The textures of ``mask_art``; none if the folder is missing."""
        paths = sorted((data / "mask_art" / "masks" / "textures").rglob("*"))
        pictures = [cv2.imread(str(path)) for path in paths if path.suffix.lower() in (".png", ".jpg", ".jpeg")]
        return MaskTextures(
            tuple(cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA) for picture in pictures)
        )

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
        if kind in (Kind.CLOTH, Kind.GAITER) and rng.random() < 0.3:
            _stripes(canvas, rng)
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
    ink = tuple(rng.integers(0, 256, 3).tolist())
    step, slanted = int(rng.integers(6, 22)), bool(rng.random() < 0.5)
    for at in range(-SIDE_PX, 2 * SIDE_PX, step):
        ends = ((at, 0), (at + int(rng.integers(0, 2)) * SIDE_PX, SIDE_PX)) if slanted else ((0, at), (SIDE_PX, at))
        cv2.line(canvas, *ends, ink, int(rng.integers(1, max(step // 2, 2))), cv2.LINE_AA)


def _badge(canvas: Picture, rng: np.random.Generator) -> None:
    """A print or a valve."""
    x, y = to_px(np.array([[rng.uniform(-0.25, 0.25), rng.uniform(0.55, 0.9)]]))[0] >> FINE
    axes = tuple(rng.integers(5, 16, 2).tolist())
    cv2.ellipse(canvas, (int(x), int(y)), axes, 0, 0, 360, rng.integers(0, 256, 3).tolist(), -1, cv2.LINE_AA)
