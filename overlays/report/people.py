"""What the data sets say about the people on their pictures: age, gender and, in UTKFace, a race label."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

UTKFACE, FAIRFACE = "utkface_nc", "fairface540"

AGES = ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60+")
_AGES_FROM = (0, 3, 10, 20, 30, 40, 50, 60)
_GENDERS = ("male", "female")
_RACES = ("White", "Black", "Asian", "Indian", "other")
_NAME = re.compile(UTKFACE + r"/(\d+)_([01])_([0-4])_\d+")


@dataclass(frozen=True)
class Person:
    """The labels that the data set's makers gave a person; empty if they gave none."""

    age: str = ""
    gender: str = ""
    race: str = ""


class People:
    """Finds the labels of an identity of ``overlays.synthesis.patches``, which is ``<folder>/<name>``."""

    def __init__(self, fairface: dict[str, Person]) -> None:
        self._fairface = fairface

    @staticmethod
    def read(data: Path) -> "People":
        """Read FairFace's labels if the data folder has them. Raises ValueError if a row lacks one."""
        file = data / "unmasked" / FAIRFACE / "ground_truth.json"
        try:
            rows = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
            return People({row["id"]: Person(_band(row["age"]), row["gender"].lower()) for row in rows})
        except KeyError as error:
            raise ValueError(f"{file}: a row lacks {error}") from error
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from error

    def of(self, identity: str) -> Person:
        """The labels of an identity, from UTKFace's file names (age_gender_race_date) or FairFace's table."""
        named = _NAME.fullmatch(identity)
        if named:
            age, gender, race = (int(part) for part in named.groups())
            return Person(_band(str(age)), _GENDERS[gender], _RACES[race])
        folder, _, name = identity.partition("/")
        return self._fairface.get(name, Person()) if folder == FAIRFACE else Person()


def _band(age: str) -> str:
    """The band of an age or of one of FairFace's ranges, by its first number."""
    first = re.search(r"\d+", age)
    if first is None:
        raise ValueError(f"{age!r} is no age")
    return AGES[sum(int(first[0]) >= begins for begins in _AGES_FROM) - 1]
