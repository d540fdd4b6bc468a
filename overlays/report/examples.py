"""The crops that a report measures, with what is known about each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overlays.detector import manual_traits
from overlays.detector.manual_traits import ManualTraits
from overlays.report import skin
from overlays.report.people import UTKFACE, People
from overlays.synthesis import patches as stored
from overlays.synthesis.faces import Split
from overlays.synthesis.patches import Patches, band_of_turn
from overlays.training.evaluation import LabelledCrops
from overlays.training.sample_store import CropStore

SKIN, TONE, RACE, AGE, GENDER = "skin, three groups", "skin tone (ITA)", "race label", "age", "gender"
TURN, BEARD, GLASSES, HEADGEAR = "turn of the head", "beard", "glasses", "headgear"
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
        SKIN: [skin.third(tones.get(identity, "")) for identity in identities],
        TONE: [tones.get(identity, "") for identity in identities],
        RACE: [person.race for person in persons],
        AGE: [person.age for person in persons],
        GENDER: [person.gender for person in persons],
        TURN: [band_of_turn(turn) for turn in store.turns.tolist()],
        **trait_columns(_traits_by_identity(), identities),
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


def trait_columns(traits: Mapping[str, ManualTraits], names: Sequence[str]) -> dict[str, list[str]]:
    """The columns of the traits that were labelled by eye; empty for faces that were not labelled."""
    seen = [traits.get(name) for name in names]
    return {
        BEARD: ["" if face is None else face.beard.value for face in seen],
        GLASSES: ["" if face is None else ("glasses" if face.glasses else "none") for face in seen],
        HEADGEAR: ["" if face is None else ("headgear" if face.headgear else "none") for face in seen],
    }


def _traits_by_identity() -> dict[str, ManualTraits]:
    """The traits by identity (folder and file name without suffix), for data sets with one picture of each person."""
    return {
        str(Path(name).with_suffix("").relative_to("unmasked")): face
        for name, face in manual_traits.read().items()
        if name.startswith("unmasked/")
    }


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
