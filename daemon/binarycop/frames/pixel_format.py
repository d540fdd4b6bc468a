"""The pixel formats that are read, by their names in linux/videodev2.h, and the choice among those of a camera."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2

JPEG = ("MJPG", "JPEG")


@dataclass(frozen=True)
class Layout:
    """Uncompressed pictures in one block of memory.

    code: OpenCV's conversion to BGR; None if they are BGR already. px_bytes: of one pixel in a line of the first plane.
    half_lines: lines of the block for two lines of the picture, with those of the planes for colour. is_yuv: brightness
    and colour; red, green and blue otherwise. has_colour_first: before the brightness, in each pixel. has_red_first:
    the red difference before the blue one. has_halves: the lines of two of its planes have half of the stride.
    """

    code: int | None
    px_bytes: int
    half_lines: int = 2
    is_yuv: bool = False
    has_colour_first: bool = False
    has_red_first: bool = False
    has_halves: bool = False


# OpenCV names a Bayer format by the second and third pixel of its second line, V4L2 by its first two lines. The fourth
# byte of XR24 and AR24 is not used.
LAYOUTS = {
    "YUYV": Layout(cv2.COLOR_YUV2BGR_YUY2, 2, is_yuv=True),
    "UYVY": Layout(cv2.COLOR_YUV2BGR_UYVY, 2, is_yuv=True, has_colour_first=True),
    "YVYU": Layout(cv2.COLOR_YUV2BGR_YVYU, 2, is_yuv=True, has_red_first=True),
    "NV12": Layout(cv2.COLOR_YUV2BGR_NV12, 1, 3, is_yuv=True),
    "NV21": Layout(cv2.COLOR_YUV2BGR_NV21, 1, 3, is_yuv=True, has_red_first=True),
    "YU12": Layout(cv2.COLOR_YUV2BGR_I420, 1, 3, is_yuv=True, has_halves=True),
    "YV12": Layout(cv2.COLOR_YUV2BGR_YV12, 1, 3, is_yuv=True, has_red_first=True, has_halves=True),
    "BGR3": Layout(None, 3),
    "RGB3": Layout(cv2.COLOR_RGB2BGR, 3),
    "XR24": Layout(cv2.COLOR_BGRA2BGR, 4),
    "AR24": Layout(cv2.COLOR_BGRA2BGR, 4),
    "BA81": Layout(cv2.COLOR_BayerRG2BGR, 1),
    "GBRG": Layout(cv2.COLOR_BayerGR2BGR, 1),
    "GRBG": Layout(cv2.COLOR_BayerGB2BGR, 1),
    "RGGB": Layout(cv2.COLOR_BayerBG2BGR, 1),
}

_RAW = ("BA81", "GBRG", "GRBG", "RGGB")
# In the order of preference. A raw sensor comes last: its driver may do nothing for the colours.
_READ = (*(name for name in LAYOUTS if name not in _RAW), *JPEG, *_RAW)
_GREY = frozenset({"GREY", "Y04", "Y06", "Y10", "Y12", "Y14", "Y16", "Y16-BE", "Y10B", "Y10P", "Y8I", "Y12I"})
_DEPTH = frozenset({"Z16", "INZI"})


def choose(wanted: str, offered: Iterable[str]) -> str | None:
    """The wanted format if the camera offers it, else the first one that is read; None if there is none."""
    offers = frozenset(offered)
    preferred = (wanted, *(JPEG if wanted in JPEG else ()), *_READ)
    return next((fourcc for fourcc in preferred if fourcc in offers), None)


def why_none(offered: Iterable[str]) -> str:
    """Why none of these formats is read, in words."""
    offers = tuple(offered)
    if offers and (_GREY | _DEPTH).issuperset(offers):
        return f"sends grey, infrared or depth pictures only ({' '.join(offers)}): masks are judged in colour"
    return f"offers only {' '.join(offers) or 'nothing'}; supported are {' '.join(_READ)}"
