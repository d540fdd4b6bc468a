"""How a mask is worn, and what a gate goes by: the words that every room shares."""

from enum import Enum, IntEnum


class Wearing(IntEnum):
    """The four classes in the order of every bundle's scores (paper, section III)."""

    CORRECT = 0
    NOSE = 1
    NOSE_MOUTH = 2
    CHIN = 3

    @property
    def label(self) -> str:
        """The name used in settings, journal, bundles and data folders, e.g. ``nose_mouth``."""
        return self.name.lower()


class Finding(Enum):
    """What a gate shows and decides by: a person's class, or why there is none."""

    CORRECT = "correct"
    NOSE = "nose"
    NOSE_MOUTH = "nose_mouth"
    CHIN = "chin"
    UNDECIDED = "undecided"
    NOBODY = "nobody"
    FAULT = "fault"

    @classmethod
    def of(cls, wearing: Wearing) -> "Finding":
        """The finding for a class."""
        return cls(wearing.label)


LABELS = tuple(wearing.label for wearing in Wearing)

FOLDERS = {**{wearing.label: wearing for wearing in Wearing}, "no_mask": Wearing.NOSE_MOUTH}
"""Names of labelled picture folders; a bare face counts as nose and mouth uncovered."""
