"""The crops that a report is about, with who and what is on each."""

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
    """labelled: N crops and their classes. identities: (N,) text; a drawn head is one of its own.

    groups: by grouping, (N,) text, empty where it is not known, and for drawn heads.
    """

    labelled: LabelledCrops
    identities: NDArray[np.str_]
    groups: dict[str, NDArray[np.str_]]


def examples(pool: CropStore, patches: Patches, people: People) -> Examples:
    """A pool of synthetic crops and what is known of the faces that it was made from."""
    tones = _tones(patches, pool.identities)
    persons = [people.of(one) for one in pool.identities.tolist()]
    groups = {
        TONE: [tones.get(one, "") for one in pool.identities.tolist()],
        RACE: [one.race for one in persons],
        AGE: [one.age for one in persons],
        GENDER: [one.gender for one in persons],
        KIND: pool.kinds.tolist(),
        COLOUR: pool.colours.tolist(),
        EXTRAS: ["several" if "+" in one else one or "none" for one in pool.occlusions.tolist()],
    }
    is_somebody = pool.identities != ""
    numbers = np.arange(len(is_somebody)).astype(str)
    return Examples(
        pool.labelled,
        np.where(is_somebody, pool.identities, np.char.add("drawn/", numbers)),
        {name: np.where(is_somebody, np.array(column), "") for name, column in groups.items()},
    )


def examples_of_photographs(labelled: LabelledCrops) -> Examples:
    """Photographs, of which nobody knows who is on them: each is taken for a person of its own."""
    return Examples(labelled, np.arange(len(labelled.crops)).astype(str), {})


def save_utkface_test_faces(file: Path, out: Path) -> None:
    """Write UTKFace's faces among the patches of ``file`` alone to ``out``, all for testing, unless they are there.

    UTKFace names nobody, so its faces may only train; where none of them has, all of them may test. Raises ValueError
    where there are none.
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
    """Whether there is a face of UTKFace among them."""
    return bool(_of_utkface(patches).any())


def _of_utkface(patches: Patches) -> NDArray[np.bool_]:
    return np.asarray(np.char.startswith(patches.identities, f"{UTKFACE}/"))


def _tones(patches: Patches, identities: NDArray[np.str_]) -> dict[str, str]:
    """The skin tone of each of these identities: of the middle angle of its pictures."""
    angles: dict[str, list[float]] = {}
    for at in np.flatnonzero(patches.is_bare & np.isin(patches.identities, identities)):
        one = skin.angle(patches.pixels[at], patches.planes[at])
        if one is not None:
            angles.setdefault(str(patches.identities[at]), []).append(one)
    return {identity: skin.tone(float(np.median(ones))) for identity, ones in angles.items()}
