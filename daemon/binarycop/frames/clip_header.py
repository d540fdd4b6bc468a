"""What a clip's header says about its pictures."""

from dataclasses import dataclass

from binarycop.frames.orientation import Orientation

SEVERAL_CLIPS = "is several clips in one file, of which only the first would be read; split it"
NO_QUARTER_TURN = "states that its pictures are turned by an angle that is no multiple of 90°"


@dataclass(frozen=True)
class ClipHeader:
    """What the header says.

    orientation: how the pictures have to be turned or mirrored. picture_s: for how many seconds there are pictures,
    None if the header does not state that of the pictures alone. missing_bytes: by how much the file is shorter than
    its header states.
    """

    orientation: Orientation = Orientation.UPRIGHT
    picture_s: float | None = None
    missing_bytes: int = 0
