"""How a mask is worn, and what a gate goes by: the words that every room shares."""

from enum import Enum, IntEnum


class MaskClass(IntEnum):
    """The four classes in the order of every bundle's scores (paper, section III)."""

    CORRECT = 0
    NOSE = 1
    NOSE_MOUTH = 2
    CHIN = 3

    @property
    def label(self) -> str:
        """The name used in settings, journal, bundles and data folders, e.g. ``nose_mouth``."""
        return self.name.lower()


class GateStatus(Enum):
    """What a gate shows and decides by: a person's class, or why there is none."""

    CORRECT = "correct"
    NOSE = "nose"
    NOSE_MOUTH = "nose_mouth"
    CHIN = "chin"
    UNDECIDED = "undecided"
    NOBODY = "nobody"
    FAULT = "fault"

    @classmethod
    def of(cls, wearing: MaskClass) -> "GateStatus":
        """The finding for a class."""
        return cls(wearing.label)


LABELS = tuple(wearing.label for wearing in MaskClass)

FOLDERS = {**{wearing.label: wearing for wearing in MaskClass}, "no_mask": MaskClass.NOSE_MOUTH}
"""Names of labelled picture folders; a bare face counts as nose and mouth uncovered."""
