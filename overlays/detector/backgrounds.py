"""Backgrounds without a face: cut from pictures next to the people, made of a texture, or drawn."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import Box
from overlays.detector.labels import LabelledImage

WIDTH_PX, HEIGHT_PX = 256, 192
"""Size of every training frame."""
_EMPTY_SHARE = 0.3
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789&@%?!"
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX)
Pixels = NDArray[np.uint8]


def background(
    crowds: Sequence[LabelledImage],
    bare: Sequence[LabelledImage],
    empty: Sequence[LabelledImage],
    textures: Sequence[Pixels],
    rng: np.random.Generator,
) -> Pixels:
    """A random background, (192, 256, 3) uint8 BGR.

    crowds, bare: labelled pictures. empty: pictures without people. textures: (H, W, 3) each.
    """
    if empty and rng.random() < _EMPTY_SHARE:
        found = _window_without_face(empty[int(rng.integers(len(empty)))], rng)
        if found is not None:
            return _resized(found)
    chance = rng.random()
    if chance < 0.6:
        many = crowds if rng.random() < 0.6 else bare
        found = _window_without_face(many[int(rng.integers(len(many)))], rng)
        if found is not None:
            return _resized(found)
    if chance < 0.72 and textures:
        texture = textures[int(rng.integers(len(textures)))]
        side = int(rng.integers(40, min(texture.shape[:2]) + 1))
        return _resized(texture[:side, :side])
    return drawn(rng)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A random size; 10 to 20 is as frequent as 100 to 200."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _window_without_face(image: LabelledImage, rng: np.random.Generator) -> Pixels | None:
    """A random window of a picture without a face in it; None if 12 tries found none."""
    height, width = image.pixels.shape[:2]
    for _ in range(12):
        across = int(rng.uniform(0.15, 0.9) * width)
        down = min(int(across * rng.uniform(0.6, 1.0)), height - 1)
        left, top = int(rng.integers(0, width - across)), int(rng.integers(0, height - down))
        window = Box(left, top, across, down)
        if not any(window.iou(box) > 0 for box in (*image.faces, *image.ignored)):
            return image.pixels[top : top + down, left : left + across]
    return None


def _resized(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.resize(pixels, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_LINEAR), np.uint8)


def drawn(rng: np.random.Generator) -> Pixels:
    """A drawn background: rectangles and ellipses, many of them in skin colours, and text. Some are only noise."""
    corners = rng.integers(0, 256, (2, 2, 3)).astype(np.uint8)
    canvas = np.ascontiguousarray(_resized(corners))
    if rng.random() < 0.15:
        coarse = rng.integers(0, 256, (int(rng.integers(6, 96)), int(rng.integers(8, 128)), 3)).astype(np.uint8)
        return _resized(coarse)
    for _ in range(int(rng.integers(0, 14))):
        x, y = int(rng.integers(0, WIDTH_PX)), int(rng.integers(0, HEIGHT_PX))
        across, down = int(log_uniform(rng, 4, 120)), int(log_uniform(rng, 4, 120))
        skin = np.array((110, 140, 190)) * rng.uniform(0.3, 1.3)
        colour = tuple(np.clip(skin if rng.random() < 0.4 else rng.integers(0, 256, 3), 0, 255).astype(int).tolist())
        if rng.random() < 0.5:
            cv2.rectangle(canvas, (x, y), (x + across, y + down), colour, -1)
        else:
            cv2.ellipse(canvas, (x, y), (across // 2, down // 2), float(rng.uniform(0, 180)), 0, 360, colour, -1)
    if rng.random() < 0.5:
        _write_words(canvas, rng)
    return canvas


def _write_words(canvas: Pixels, rng: np.random.Generator) -> None:
    """Write a few words: detectors take round letters, and pairs of them, for faces."""
    for _ in range(int(rng.integers(1, 5))):
        word = "".join(_LETTERS[at] for at in rng.integers(0, len(_LETTERS), int(rng.integers(1, 9))))
        size = log_uniform(rng, 10, 110) / 22  # at size 1 capitals are 22 px high
        thick = max(round(size * rng.uniform(1, 6)), 1)
        at = int(rng.uniform(-0.1, 0.8) * WIDTH_PX), int(rng.uniform(0.1, 1.1) * HEIGHT_PX)
        colour = tuple(rng.integers(0, 256, 3).tolist())
        cv2.putText(canvas, word, at, _FONTS[rng.integers(len(_FONTS))], size, colour, thick, cv2.LINE_AA)
