"""The crops that a report measures, with what is known about each."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overlays.report import skin
from overlays.report.people import UTKFACE, People
from overlays.synthesis import patches as stored
from overlays.synthesis.faces import Split
from overlays.synthesis.patches import Patches
from overlays.training.evaluation import LabelledCrops
from overlays.training.sample_store import CropStore

TONE, RACE, AGE, GENDER = "skin tone (ITA)", "race label", "age", "gender"
KIND, COLOUR, EXTRAS = "mask type", "mask colour", "hard case"


@dataclass(frozen=True)
class Examples:
    """N crops with their classes.

    identities: (N,) text; each drawn head has an identity of its own. groups: for each grouping (N,) text, empty if
    unknown and for drawn heads.
    """

    labelled: LabelledCrops
    identities: NDArray[np.str_]
    groups: dict[str, NDArray[np.str_]]


def examples(store: CropStore, patches: Patches, people: People) -> Examples:
    """Synthetic crops, with what is known about the faces that they were made from."""
    identities = store.identities.tolist()
    tones = _tones(patches, store.identities)
    persons = [people.of(identity) for identity in identities]
    groups = {
        TONE: [tones.get(identity, "") for identity in identities],
        RACE: [person.race for person in persons],
        AGE: [person.age for person in persons],
        GENDER: [person.gender for person in persons],
        KIND: store.kinds.tolist(),
        COLOUR: store.colours.tolist(),
        EXTRAS: ["several" if "+" in names else names or "none" for names in store.occlusions.tolist()],
    }
    is_photographed = store.identities != ""
    numbers = np.arange(len(is_photographed)).astype(str)
    return Examples(
        store.labelled,
        np.where(is_photographed, store.identities, np.char.add("drawn/", numbers)),
        {name: np.where(is_photographed, np.array(column), "") for name, column in groups.items()},
    )


def examples_of_photographs(labelled: LabelledCrops) -> Examples:
    """Photographs. Their identities are unknown, so each counts as a person of its own."""
    return Examples(labelled, np.arange(len(labelled.crops)).astype(str), {})


def save_utkface_test_faces(file: Path, out: Path) -> None:
    """Write the UTKFace faces of the patches in ``file`` to ``out``, as a test split, unless ``out`` is up to date.

    UTKFace has no identities, so its faces are normally for training only. If a network was trained on none of them,
    all of them can be used for a test. Raises ValueError if there are none.
    """
    if out.exists() and out.stat().st_mtime > file.stat().st_mtime:
        return
    patches = stored.load(file)
    chosen = _of_utkface(patches)
    if not chosen.any():
        raise ValueError(f"{file} has no faces of {UTKFACE}: make it with --noncommercial")
    columns = {name: getattr(patches, name)[chosen] for name in Patches.__dataclass_fields__}
    columns["splits"] = np.full(int(chosen.sum()), Split.TEST.value)
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(out, allow_pickle=False, **columns)


def has_utkface(patches: Patches) -> bool:
    """Whether the patches contain faces of UTKFace."""
    return bool(_of_utkface(patches).any())


def _of_utkface(patches: Patches) -> NDArray[np.bool_]:
    return np.asarray(np.char.startswith(patches.identities, f"{UTKFACE}/"))


def _tones(patches: Patches, identities: NDArray[np.str_]) -> dict[str, str]:
    """The skin tone of each identity, from the median angle of its pictures."""
    angles: dict[str, list[float]] = {}
    for at in np.flatnonzero(patches.is_bare & np.isin(patches.identities, identities)):
        angle = skin.angle(patches.pixels[at], patches.planes[at])
        if angle is not None:
            angles.setdefault(str(patches.identities[at]), []).append(angle)
    return {identity: skin.tone(float(np.median(values))) for identity, values in angles.items()}
