"""Crops that show no face. A network with four classes answers them too, so what it answers has to be known."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import LABELS, MaskClass
from binarycop.detection.base import Detector
from binarycop.detection.crop import crop
from binarycop.frames.image import read_picture
from binarycop.geometry import CropGeometry
from overlays.command_line import with_progress
from overlays.detector import split
from overlays.detector.split import Part
from overlays.report import markdown
from overlays.training import no_face
from overlays.training.calibration import top2_margins
from overlays.training.evaluation import wilson_interval

_SEED = 6
_SQUARES = 8  # of each picture
_DRAWINGS, _NOISE = 2000, 2000


def read(data: Path, detector: Detector, geometry: CropGeometry) -> dict[str, NDArray[np.uint8]]:
    """Crops of each kind, (N, 32, 32, 3) uint8 RGB, from pictures on which neither network nor detector was trained."""
    rng = np.random.default_rng(_SEED)
    scenes = [read_picture(path) for path in split.empty(data, Part.REPORT)]
    beside = no_face.beside_faces(data, Part.REPORT, detector)
    looked_at = with_progress(scenes, "looking for faces where there are none")
    found = [crop(scene, face.box, geometry) for scene in looked_at for face in detector.detect(scene)]
    noise = no_face.noise(_NOISE, rng)
    return {
        f"what the detector takes for a face in {len(scenes)} scenes without people": no_face.stacked(found),
        "random squares of scenes without people": no_face.squares(
            [(scene, ()) for scene in scenes], _SQUARES, rng, geometry
        ),
        "random squares of crowds, beside all faces": no_face.squares(beside, _SQUARES, rng, geometry),
        "drawings: rectangles, ellipses, words": no_face.drawings(_DRAWINGS, rng, geometry),
        "noise, from fine to coarse": noise,
    }


def lines(scores: dict[str, NDArray[np.int32]], margin: int) -> list[str]:
    """How many crops of each kind get each class with a lead of at least ``margin``, or none. scores: (N, 4) each."""
    rows = []
    for name, of_kind in scores.items():
        voted = top2_margins(of_kind) >= margin
        counts = np.bincount(of_kind.argmax(axis=1)[voted], minlength=len(LABELS)).tolist()
        if not len(of_kind):
            rows.append([name, "0", *["-"] * (len(LABELS) + 1)])
            continue
        right = counts[MaskClass.CORRECT]
        low, high = wilson_interval(right, len(of_kind))
        shares = [f"{count / len(of_kind):.3f}" for count in (*counts[1:], int((~voted).sum()))]
        rows.append([name, str(len(of_kind)), f"{right / len(of_kind):.3f} ({low:.3f}-{high:.3f})", *shares])
    return [
        "What shows no face is answered too. The share of crops that are given each class with a lead of at least the",
        f"abstain margin ({margin}), and of those that give no vote. Several crops come from one picture, so the true",
        "intervals are wider.",
        "",
        *markdown.table(["crops without a face", "crops", *LABELS, "no vote"], rows),
    ]
