"""How a frame is exposed: the face, and the background behind it. For mounting a camera."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.geometry import Box
from binarycop.pixels import Pixels, every

_LONGER_PX = 160
_CLIPPED, _BLACK = 250, 5  # luma; JPEG and noise move a value by a few steps
_BESIDE, _ABOVE = 0.3, 0.3  # of the face's box: hair and ears are not background
_AROUND = 0.2  # of the box, at each side: what is beside a turned head or under a loose box is not the face
_LEAST_PIXELS = 25


@dataclass(frozen=True)
class Tone:
    """The luma (ITU-R BT.601) of a part of a frame.

    brightness: its mean, 0 to 255. clipped, black: the share of pixels, 0 to 1, that have no detail left since they are
    at the upper or lower end.
    """

    brightness: float
    clipped: float
    black: float


@dataclass(frozen=True)
class Exposure:
    """Of one frame. face: the middle of its box; None without one. background: None if the head leaves none of it."""

    face: Tone | None
    background: Tone | None

    @property
    def backlight(self) -> float | None:
        """The background's brightness as a multiple of the face's. None if one of them is missing."""
        if self.face is None or self.background is None:
            return None
        return self.background.brightness / max(self.face.brightness, 1.0)


def exposure_of(pixels: Pixels, box: Box | None) -> Exposure:
    """Measure a frame, (H, W, 3) uint8 BGR. box: the face in it.

    Only the middle of the box counts as the face: its edges may show the background, which would hide that a face is
    backlit. The face's luma is a mean, since the median of a face with a black mask could be the mask's. The background
    is the area above and beside the head, down to the chin: below that there are clothes. Without a face it is the
    whole frame. A large frame is sampled every few pixels.
    """
    step_px = max(-(-max(pixels.shape[:2]) // _LONGER_PX), 1)
    luma = np.asarray(cv2.cvtColor(every(pixels, 0, 0, step_px), cv2.COLOR_BGRA2GRAY), np.uint8)
    if box is None:
        return Exposure(None, _tone(luma))
    height, width = luma.shape
    left, right = (_within(at_px / step_px, width) for at_px in (box.x_px, box.x_px + box.width_px))
    top, chin = (_within(at_px / step_px, height) for at_px in (box.y_px, box.y_px + box.height_px))
    is_behind = np.zeros(luma.shape, bool)
    is_behind[:chin] = True
    beside, above = _BESIDE * box.width_px / step_px, _ABOVE * box.height_px / step_px
    is_behind[_within(top - above, height) :, _within(left - beside, width) : _within(right + beside, width)] = False
    return Exposure(_tone(_middle(luma[top:chin, left:right])), _tone(luma[is_behind]))


def _middle(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The box without its edges; all of it if too little would be left."""
    height, width = face.shape
    down, across = round(_AROUND * height), round(_AROUND * width)
    middle = face[down : height - down, across : width - across]
    return middle if middle.size >= _LEAST_PIXELS else face


def _within(at: float, limit: int) -> int:
    return min(max(round(at), 0), limit)


def _tone(luma: NDArray[np.uint8]) -> Tone | None:
    if luma.size < _LEAST_PIXELS:
        return None
    return Tone(float(luma.mean()), float((luma >= _CLIPPED).mean()), float((luma <= _BLACK).mean()))
