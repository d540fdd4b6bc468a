"""The labelled pictures that training scenes are made from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Detector
from binarycop.evaluation.annotated import Group
from binarycop.frames.image import read_picture
from overlays.detector import manual_labels, split
from overlays.detector.backgrounds import Pixels
from overlays.detector.hard_negatives import HardNegative, mine_hard_negatives
from overlays.detector.labels import LabelledImage, YuNetLabeller
from overlays.detector.pose_augmentation import views
from overlays.detector.split import Part
from overlays.synthesis import faces, landmarks, patches, real_photos
from overlays.synthesis.dataset import Recipe, Synthesis
from overlays.synthesis.faces import Portrait, Split
from overlays.synthesis.mask_texture import MaskTextures
from overlays.synthesis.masks import MaskCatalogue

# Pictures of these kinds are rare, so each is listed this many times in addition.
_REPEAT_FAIRFACE, _REPEAT_BARE_CROWDS = 2, 2


@dataclass(frozen=True)
class SourceFiles:
    """The files that ``overlays.synthesis.landmarks`` and ``overlays.synthesis.patches`` wrote."""

    landmarks: Path
    patches: Path


@dataclass(frozen=True)
class Sources:
    """Everything that scenes are made from.

    crowds: annotated pictures of several people. bare, masked: pictures of one person, whose face is the first.
    dressed: puts masks on the bare patches with the numbers ``dressable``; boxes: of all patches, (N, 4). textures:
    (H, W, 3) uint8, without a face. hard_negatives: false detections of an earlier stage. empty: pictures without
    people.
    """

    crowds: tuple[LabelledImage, ...]
    bare: tuple[LabelledImage, ...]
    masked: tuple[LabelledImage, ...]
    dressed: Synthesis
    dressable: NDArray[np.int64]
    boxes: NDArray[np.float32]
    textures: tuple[Pixels, ...]
    hard_negatives: tuple[HardNegative, ...] = ()
    empty: tuple[LabelledImage, ...] = ()


def read_sources(data: Path, files: SourceFiles, seed: int, previous: Detector | None) -> Sources:
    """Read and label all training pictures.

    previous: the detector of an earlier stage, with a low threshold; its false detections become hard negatives.
    """
    labeller = YuNetLabeller(data / patches.YUNET)
    pictures = split.annotated(data, Part.FIT)
    pictures += _REPEAT_BARE_CROWDS * [
        picture for picture in pictures if any(face.group is Group.BARE for face in picture.faces)
    ]
    crowds = labeller.label_crowds(pictures, manual_labels.read())
    bare = [portrait for portrait in faces.bare(data) if portrait.split is Split.TRAIN]
    # The portraits that are most like what a gate sees.
    bare += _REPEAT_FAIRFACE * [portrait for portrait in bare if portrait.source == "fairface540"]
    meshes = landmarks.load(files.landmarks)
    taken, reported = real_photos.taken_from(data), split.reported_pictures(data)

    def label_portraits(portraits: list[Portrait]) -> tuple[LabelledImage, ...]:
        """Label pictures of one person, each also with the head rotated, without copies of reported pictures."""
        names = [portrait.name for portrait in portraits if portrait.name not in taken]
        labelled: dict[str, list[LabelledImage]] = {}
        for number, name in enumerate(dict.fromkeys(names)):
            if reported.contain(data / name):
                continue
            pixels = read_picture(data / name)
            images = [labeller.label_portrait(view) for view in views(pixels, meshes.get(name), [seed, number])]
            labelled[name] = [image for image in images if image is not None]
        return tuple(image for name in names for image in labelled.get(name, ()))

    bare_images, masked_images = label_portraits(bare), label_portraits(faces.correctly_masked(data))
    kept = patches.load(files.patches).of(Split.TRAIN)
    empty = tuple(LabelledImage(read_picture(path), ()) for path in split.empty(data, Part.FIT))
    mined = mine_hard_negatives(previous, (*crowds, *bare_images, *masked_images, *empty)) if previous else ()
    return Sources(
        tuple(crowds),
        bare_images,
        masked_images,
        Synthesis(kept, Split.TRAIN, MaskCatalogue.read(data), Recipe()),
        np.flatnonzero(kept.is_bare & kept.is_mapped),
        kept.boxes,
        MaskTextures.read(data).textures,
        tuple(mined),
        empty,
    )
