"""Photographs of people as a report measures them: cut by the daemon's detector, with what is known of each person."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.classes import LABELS
from binarycop.classifier.base import Classifier
from binarycop.detection.base import Detector
from binarycop.detection.views import cut_views, mean_scores, views_of_each_face
from binarycop.frames.image import read_picture
from binarycop.geometry import CropGeometry
from binarycop.settings.classifier import ClassifierSettings
from overlays.command_line import with_progress
from overlays.detector import manual_traits
from overlays.report import skin
from overlays.report.examples import KIND, SKIN, TONE, TURN, Examples, trait_columns
from overlays.synthesis import landmarks
from overlays.synthesis.patches import band_of_turn, turn_of
from overlays.training.evaluation import LabelledCrops, read_photographs

MASKED_FACE_NET, DEV, MORE, TEST = "maskedfacenet_nc", "real_photos/dev", "real_photos_more", "real_photos/test"
NAMES = {
    TEST: "real photographs, test",
    MASKED_FACE_NET: "MaskedFace-Net",
    DEV: "real photographs, dev",
    MORE: "real photographs, more",
}
"""The folders, with the name of each set. Networks are chosen by the last two."""
REAL = (TEST, DEV, MORE)
"""Those with real masks, or none; on the pictures of MaskedFace-Net masks are drawn."""


def read(data: Path, meshes: Path, detector: Detector, geometry: CropGeometry) -> dict[str, Examples]:
    """The sets by name. meshes: what ``overlays.synthesis.landmarks`` wrote for the folders of ``NAMES``."""
    known = landmarks.load(meshes)
    return {
        name: _examples(read_photographs(data / folder, detector, geometry), data, known)
        for folder, name in NAMES.items()
    }


def together(sets: list[Examples]) -> Examples:
    """Several sets as one."""
    columns = {name: np.concatenate([one.groups[name] for one in sets]) for name in sets[0].groups}
    labelled = LabelledCrops(
        np.concatenate([one.labelled.crops for one in sets]),
        np.concatenate([one.labelled.classes for one in sets]),
        sum(one.labelled.no_face for one in sets),
        tuple(path for one in sets for path in one.labelled.paths),
        tuple(box for one in sets for box in one.labelled.boxes),
    )
    return Examples(labelled, np.concatenate([one.identities for one in sets]), columns)


def scores_of_views(classifier: Classifier, labelled: LabelledCrops, geometry: CropGeometry) -> NDArray[np.int32]:
    """The scores (N, 4) of photographs as one gate's daemon computes them by default: the mean of several views."""
    views = views_of_each_face(ClassifierSettings().views, 1)
    return np.stack(
        [
            mean_scores(classifier.scores(cut_views(read_picture(path), box, geometry, views)))
            for path, box in with_progress(
                list(zip(labelled.paths, labelled.boxes)), "classifying photographs in several views"
            )
        ]
    )


def _examples(labelled: LabelledCrops, data: Path, meshes: dict[str, NDArray[np.float32]]) -> Examples:
    names = [str(path.relative_to(data)) for path in labelled.paths]
    known = [meshes.get(name) for name in names]
    angles = [
        None if mesh is None else skin.angle_above_mask(read_picture(data / name), mesh)
        for name, mesh in zip(names, known)
    ]
    tones = [skin.tone(angle) for angle in angles]
    groups = {
        SKIN: [skin.third(tone) for tone in tones],
        TONE: tones,
        TURN: ["" if mesh is None else band_of_turn(turn_of(mesh[:, :2].astype(np.float64))) for mesh in known],
        KIND: ["mask" if path.parent.name in LABELS else "bare" for path in labelled.paths],
        **trait_columns(manual_traits.read(), names),
    }
    # The people on photographs are not identified, so each photograph counts as a person of its own.
    return Examples(labelled, np.array(names), {name: np.array(column) for name, column in groups.items()})
