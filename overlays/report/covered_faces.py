"""Measure how the networks classify a lower face that is covered by something other than a mask.

    python -m overlays.report.covered_faces --data ../shared/data

A flat sheet of paper, or a dark scarf with some texture, is drawn over the lower half of the bare faces of
``real_photos_more``. Detector, crop and network are the daemon's own; one decision per picture, without votes.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.classes import LABELS
from binarycop.classifier.base import Classifier
from binarycop.classifier.choose import open_emulator
from binarycop.detection.base import SMALLEST_FACE_PX, Detector, largest_face
from binarycop.detection.choose import make_detector
from binarycop.detection.crop import crop
from binarycop.frames.image import MAX_FRAME_PX, read_picture
from binarycop.geometry import Box, CropGeometry
from binarycop.settings.faces import FacesSettings
from overlays import pictures
from overlays.command_line import add_data_option

Pixels = NDArray[np.uint8]
BUNDLES = "n-cnv", "u-cnv", "cnv"
NOT_FOUND = "not found"
_FROM, _TO, _SIDE = (
    0.5,
    1.15,
    0.05,
)  # of the face's box: the cover's upper and lower edge, and what it exceeds each side


@dataclass(frozen=True)
class Cover:
    """What covers the lower face. colour: BGR. sd: standard deviation of each pixel's noise, in grey levels."""

    name: str
    colour: tuple[int, int, int]
    sd: float


COVERS = Cover("paper", (225, 228, 230), 4.0), Cover("scarf", (60, 40, 110), 14.0)


def covered(pixels: Pixels, face: Box, cover: Cover, seed: int) -> Pixels:
    """A copy of a picture, (H, W, 3) uint8 BGR, whose lower half of the face is covered."""
    left, right = face.x_px - _SIDE * face.width_px, face.x_px + (1 + _SIDE) * face.width_px
    top, bottom = face.y_px + _FROM * face.height_px, face.y_px + _TO * face.height_px
    picture: Pixels = pixels.copy()
    region = picture[max(int(top), 0) : max(int(bottom), 0), max(int(left), 0) : max(int(right), 0)]
    noise = np.random.default_rng(seed).normal(0, cover.sd, region.shape)
    region[:] = np.clip(np.array(cover.colour) + noise, 0, 255).astype(np.uint8)
    return picture


def find(
    pictures: Sequence[tuple[int, Pixels, Box]], cover: Cover, detector: Detector
) -> list[tuple[Pixels, Box | None]]:
    """Cover the face of each (seed, picture, face). Returns each picture with the box that is still found, or None."""
    found = []
    for seed, pixels, face in pictures:
        picture = covered(pixels, face, cover, seed)
        again = largest_face(detector.detect(picture), SMALLEST_FACE_PX)
        found.append((picture, again.box if again else None))
    return found


def count(
    pictures: Sequence[tuple[Pixels, Box | None]], classifier: Classifier, geometry: CropGeometry
) -> Counter[str]:
    """How many covered faces get each class; those that the detector does not find any more count as ``NOT_FOUND``."""
    answers = Counter[str]()
    for picture, box in pictures:
        if box is None:
            answers[NOT_FOUND] += 1
            continue
        scores = classifier.scores(crop(picture, box, geometry)[None])[0]
        answers[LABELS[int(np.argmax(scores))]] += 1
    return answers


def main() -> int:
    """Print a line for each cover and bundle."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_option(parser)
    data: Path = parser.parse_args().data
    paths = pictures.in_folder(data / "real_photos_more" / "no_mask")
    detector = make_detector(FacesSettings(), is_demo=False)
    shown = []
    for seed, path in enumerate(paths):
        pixels = read_picture(path, shrink_to_px=MAX_FRAME_PX)
        face = largest_face(detector.detect(pixels), SMALLEST_FACE_PX)
        if face is not None:
            shown.append((seed, pixels, face.box))
    hidden = {cover.name: find(shown, cover, detector) for cover in COVERS}
    for name in BUNDLES:
        bundle = bundles.load(find_bundle(name))
        classifier = open_emulator(bundle)
        for cover, faces in hidden.items():
            answers = count(faces, classifier, bundle.manifest.crop)
            text = ", ".join(f"{answers[label]} {label}" for label in (*LABELS, NOT_FOUND) if answers[label])
            print(f"{name:<6} {cover:<6} of {sum(answers.values())} faces: {text}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
