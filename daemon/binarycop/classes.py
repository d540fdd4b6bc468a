"""The four mask classes and the status that a gate shows. All packages share these types."""

from enum import Enum, IntEnum


class MaskClass(IntEnum):
    """How a mask is worn: the four classes, in the order of every bundle's scores (BinaryCoP paper, section III)."""

    CORRECT = 0
    NOSE = 1
    NOSE_MOUTH = 2
    CHIN = 3

    @property
    def label(self) -> str:
        """The name in settings, journal, bundles and data folders, e.g. ``nose_mouth``."""
        return self.name.lower()


class GateStatus(Enum):
    """What a gate shows and decides on: the person's class, or why there is no class."""

    CORRECT = "correct"
    NOSE = "nose"
    NOSE_MOUTH = "nose_mouth"
    CHIN = "chin"
    UNDECIDED = "undecided"
    NOBODY = "nobody"
    FAULT = "fault"

    @classmethod
    def from_class(cls, mask_class: MaskClass) -> "GateStatus":
        """The status for a class."""
        return cls(mask_class.label)


class Outcome(Enum):
    """How far the voting on a person has got. The lamps show ``still_looking`` and ``gave_up`` alike, as undecided."""

    STILL_LOOKING = "still_looking"  # no verdict yet
    DECIDED = "decided"  # a class
    GAVE_UP = "gave_up"  # no class for ``verdict.give_up_s``
    LEFT = "left"  # the person was gone before there was a verdict

    @property
    def words(self) -> str:
        """For people, e.g. ``gave up``."""
        return self.value.replace("_", " ")


LABELS = tuple(mask_class.label for mask_class in MaskClass)
"""The names of the four classes, in class order."""

FOLDERS = {**{mask_class.label: mask_class for mask_class in MaskClass}, "no_mask": MaskClass.NOSE_MOUTH}
"""The class for each name of a folder with labelled pictures. A bare face counts as nose and mouth uncovered."""
