"""What one frame gave, in numbers. Pure; no picture can be made of it."""

from dataclasses import dataclass

from binarycop.geometry import Box


@dataclass(frozen=True)
class FaceMeasures:
    """What is measured of the front person's face.

    width_px, shorter_px: of its box in the frame. across, down: its centre, as shares of the frame. left, right, top,
    bottom: the room to each edge of the frame, in widths of the face; below 0 the face is cut off. brightness,
    sharpness: of the crop that is classified (``detection/light.py``). box_brightness: of the box alone, since the crop
    has some background, too. clipped: the share of the face without detail since it is too bright. backlight: the
    background's brightness as a multiple of the face's; None if it is unknown.
    """

    width_px: float
    shorter_px: float
    across: float
    down: float
    left: float
    right: float
    top: float
    bottom: float
    brightness: float
    box_brightness: float
    sharpness: float
    clipped: float
    backlight: float | None


@dataclass(frozen=True)
class FaceSample(FaceMeasures):
    """The front person's face in one frame.

    lead: the best score minus the second best; None without scores. has_vote: whether that is enough for a vote.
    """

    lead: int | None
    has_vote: bool


@dataclass(frozen=True)
class Sample:
    """One frame.

    at_s: when it was captured. number: the source counts its frames, also those that nobody looked at. face: None if
    there is none. behind: the brightness of the background, 0 to 255; behind_clipped: its share without detail; both
    None if nothing of it is in view.
    """

    at_s: float
    number: int
    face: FaceSample | None
    behind: float | None
    behind_clipped: float | None


def place_in(box: Box, width_px: int, height_px: int) -> tuple[float, float]:
    """The centre of a face as shares of a frame of this size, each from 0 to 1."""
    x_px, y_px = box.centre
    return min(max(x_px / width_px, 0.0), 1.0), min(max(y_px / height_px, 0.0), 1.0)


def room_in(box: Box, width_px: int, height_px: int) -> tuple[float, float, float, float]:
    """The room from a face to the left, right, upper and lower edge of a frame, in widths of the face."""
    unit_px = max(box.width_px, 1.0)
    right_px, bottom_px = width_px - box.x_px - box.width_px, height_px - box.y_px - box.height_px
    return box.x_px / unit_px, right_px / unit_px, box.y_px / unit_px, bottom_px / unit_px
