"""The people in the clips: held-out faces with drawn masks, or photographs of people with real masks."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.frames.image import read_picture
from binarycop.geometry import Box
from overlays.synthesis import patches as stored
from overlays.synthesis import real_photos
from overlays.synthesis.dataset import Recipe, Synthesis
from overlays.synthesis.faces import Split
from overlays.synthesis.masks import MaskCatalogue

_SURROUNDINGS = 0.75  # part of a photograph that is kept on each side of the face, in sides of the face


@dataclass(frozen=True)
class Person:
    """A picture of a person, (H, W, 3) uint8 BGR, with the face at ``box``. name: of the face or the photograph."""

    pixels: NDArray[np.uint8]
    box: Box
    mask_class: MaskClass
    name: str


def dressed_people(patches: Path, data: Path, split: Split, seed: int) -> Iterator[Person]:
    """An endless sequence of people; the bare faces of the split alternate, and so do the four classes."""
    faces = stored.load(patches).of(split)
    synthesis = Synthesis(stored.load(patches), split, MaskCatalogue.read(data), Recipe())
    bare, number = np.flatnonzero(faces.is_bare), 0
    while True:
        for at in np.random.default_rng([seed, number]).permutation(bare).tolist():
            mask_class = MaskClass(number % len(MaskClass))
            pixels, _ = synthesis.dress(np.random.default_rng([seed, number, 1]), mask_class, at)
            yield Person(pixels, Box(*faces.boxes[at].tolist()), mask_class, str(faces.identities[at]))
            number += 1


def photographed_people(data: Path, split: str) -> list[Person]:
    """All people of one split of ``real_photos`` (dev or test), each cut out with some surroundings."""
    people = []
    for row in real_photos.rows(data):
        if row["split"] != split:
            continue
        picture = read_picture(data / real_photos.FOLDER / row["file"])
        box = real_photos.face_box(row)
        people.append(cut(picture, box, MaskClass[row["label"].upper()], row["file"]))
    return people


def cut(picture: NDArray[np.uint8], box: Box, mask_class: MaskClass, name: str) -> Person:
    """A person with some surroundings, from a picture (H, W, 3) uint8 BGR with the face at ``box``."""
    around = _SURROUNDINGS * max(box.width_px, box.height_px)
    left, top = max(int(box.x_px - around), 0), max(int(box.y_px - around), 0)
    right, bottom = int(box.x_px + box.width_px + around), int(box.y_px + box.height_px + around)
    inside = Box(box.x_px - left, box.y_px - top, box.width_px, box.height_px)
    return Person(np.ascontiguousarray(picture[top:bottom, left:right]), inside, mask_class, name)
