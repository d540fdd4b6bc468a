"""How a mask is worn: the four classes of BinaryCoP, in the order of the network's scores."""

from enum import IntEnum


class Wearing(IntEnum):
    """The class order of every bundle (paper, section III); the value is the index of the score."""

    CORRECT = 0
    NOSE = 1
    NOSE_MOUTH = 2
    CHIN = 3

    @property
    def label(self) -> str:
        """The name used in settings, journal, bundles and data folders, e.g. ``nose_mouth``."""
        return self.name.lower()


LABELS = tuple(wearing.label for wearing in Wearing)

FOLDERS = {**{wearing.label: wearing for wearing in Wearing}, "no_mask": Wearing.NOSE_MOUTH}
"""Names of labelled picture folders; a bare face counts as nose and mouth uncovered."""
