"""Masks as drawings on the canonical plane, each with its opacity, ready to be warped onto a face."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.synthesis import artwork
from overlays.synthesis.artwork import Template
from overlays.synthesis.mask_placement import KINDS, STAND_OFF, Kind, MaskPlacement, outline
from overlays.synthesis.mask_texture import MaskTextures, draw_valve
from overlays.synthesis.plane import Opacity, Picture, blank, coordinates, fill, line, to_opacity

_KIND_SHARES = (0.42, 0.28, 0.17, 0.07, 0.06)
_VALVES, _VALVE_CHANCE = (Kind.FFP2, Kind.CLOTH, Kind.DUCKBILL), 0.22
_TEMPLATE_CHANCE, _DYED_CHANCE = 0.35, 0.5


@dataclass(frozen=True)
class Mask:
    """A drawn mask.

    picture: (S, S, 3) uint8 BGR. opacity: (S, S) float32, 0 to 1. stand_off: distance from the face, in face heights.
    """

    picture: Picture
    opacity: Opacity
    stand_off: float
    kind: Kind
    colour: str


@dataclass(frozen=True)
class MaskCatalogue:
    """All that masks can be made from. Without artwork, masks are drawn in plain colours."""

    textures: MaskTextures = field(default_factory=MaskTextures)
    templates: tuple[Template, ...] = ()

    @staticmethod
    def read(data: Path) -> "MaskCatalogue":
        """Everything that the folder ``mask_art`` has."""
        return MaskCatalogue(MaskTextures.read(data), artwork.read(data))

    def mask(self, rng: np.random.Generator, mask_class: MaskClass, skin: NDArray[np.float64] | None = None) -> Mask:
        """A random mask, worn as the class says. skin: the skin colour of the person, BGR."""
        kind = KINDS[rng.choice(len(KINDS), p=_KIND_SHARES)]
        placement = MaskPlacement.random(rng, mask_class, kind)
        stand_off = float(rng.uniform(0.3, 1.4)) * STAND_OFF[kind]
        fitting = [template for template in self.templates if template.kind is kind]
        cloth, colour = self.textures.sample(rng, kind, skin)
        if fitting and rng.random() < _TEMPLATE_CHANCE:
            template = fitting[rng.integers(len(fitting))]
            is_dyed = rng.random() < _DYED_CHANCE
            picture, opacity = artwork.apply_template(template, placement, cloth.mean(axis=(0, 1)) if is_dyed else None)
            if kind in _VALVES and rng.random() < _VALVE_CHANCE:
                draw_valve(picture, rng)
            return Mask(picture, opacity, stand_off, kind, colour if is_dyed else "artwork")
        _relief(cloth, rng, kind, placement)
        if kind in _VALVES and rng.random() < _VALVE_CHANCE:
            draw_valve(cloth, rng)
        cover = blank()
        fill(cover, outline(placement, kind))
        if kind is not Kind.GAITER:
            _straps(cloth, cover, rng, kind, placement)
        return Mask(cloth, to_opacity(cover), stand_off, kind, colour)


def _relief(picture: Picture, rng: np.random.Generator, kind: Kind, placement: MaskPlacement) -> None:
    """Draw folds and seams, then shade the picture: a mask is darker towards its sides and its lower edge."""
    contrast = rng.uniform(0.04, 0.25)
    lines = blank()
    x = np.linspace(-0.42, 0.42, 12)
    if kind in (Kind.SURGICAL, Kind.GAITER):
        for part in np.linspace(0.15, 0.8, int(rng.integers(2, 5))):
            y = placement.top + part * (placement.bottom - placement.top) + 0.04 * (x / 0.4) ** 2 * (0.5 - part)
            _stroke(lines, np.stack([x, y], 1), rng)
    elif kind is Kind.DUCKBILL:
        y = np.full_like(x, (placement.top + placement.bottom) / 2 + rng.uniform(-0.05, 0.05))
        _stroke(lines, np.stack([x, y], 1), rng)
    else:
        y = np.linspace(placement.top, placement.bottom, 12)
        _stroke(lines, np.stack([np.zeros_like(y), y], 1), rng)
    if rng.random() < 0.3:  # a visible hem
        edge = outline(placement, kind)
        _stroke(lines, np.concatenate([edge, edge[:1]]), rng)
    folds = to_opacity(lines, rng.uniform(0.8, 2.0), contrast)
    sideways, rows = coordinates()
    downwards = np.clip((rows - placement.top) / max(placement.bottom - placement.top, 0.1), 0, 1)
    across = 1.06 - rng.uniform(0.05, 0.35) * np.clip(np.abs(sideways / 0.42), 0, 1.3) ** 2
    light = (across[None] - rng.uniform(0.0, 0.30) * downwards[:, None] ** 2).astype(np.float32) - folds
    cv2.multiply(picture, cv2.merge([light] * 3), picture, 1.0, cv2.CV_8U)


def _straps(
    picture: Picture, cover: NDArray[np.uint8], rng: np.random.Generator, kind: Kind, placement: MaskPlacement
) -> None:
    if rng.random() < 0.25:  # hidden by hair, or too thin to be visible
        return
    shade = [int(rng.integers(190, 250))] * 3 if kind is not Kind.CLOTH else rng.integers(10, 240, 3).tolist()
    straps = blank()
    for side in (-1, 1):
        for start, end in ((placement.side + 0.02, 0.42), (placement.low, 0.56)):
            ends = np.array([[side * placement.width * 0.97, start], [side * 0.44, end]])
            line(straps, ends, int(rng.integers(1, 3)))
    cv2.copyTo(np.full_like(picture, shade), cv2.bitwise_and(straps, cv2.compare(cover, 0, cv2.CMP_EQ)), picture)
    np.maximum(cover, straps, out=cover)


def _stroke(lines: NDArray[np.uint8], points: NDArray[np.float64], rng: np.random.Generator) -> None:
    line(lines, points, int(rng.integers(1, 4)))
