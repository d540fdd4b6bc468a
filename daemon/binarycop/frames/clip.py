"""A video file, at its own time."""

import math
import re
from pathlib import Path

import cv2
import numpy as np

from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame
from binarycop.frames.image import SUFFIXES

RATE_UNSTATED_HZ = 25.0
_STEP_MOST_S = 10.0  # a longer step between two frames is a broken time stamp
_BACKENDS = (cv2.CAP_FFMPEG, cv2.CAP_OPENCV_MJPEG)  # each reads one file, unlike CAP_IMAGES and GStreamer
_NUMBERED = re.compile(r"%\d*d")


class Clip:
    """The frames of one local video file.

    Their time is the container's own, or from its rate where it has no sound time stamps; 25 frames per
    second where it states no rate either. Raises SourceError where the path is no regular file (nothing
    else is ever handed to OpenCV, which would also take a network address or a pattern of pictures), or
    is not a video that this OpenCV can read.
    """

    is_live = False

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._check(path)
        self._capture = self._open(path)
        rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        self._rate_hz = rate_hz if math.isfinite(rate_hz) and rate_hz > 0 else RATE_UNSTATED_HZ
        self._stated = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self._timeline = Timeline(1 / self._rate_hz)
        self._number = 0
        self._is_over = False

    def read(self) -> Frame | None:
        """See ``Source.read``. A clip that stops well before its stated end says so once, by SourceError."""
        if self._is_over:
            return None
        if not self._capture.grab():
            self._is_over = True
            if is_cut_short(self._number, self._timeline.now_s, self._stated, self._rate_hz):
                reason = f"is truncated: {self._number} of {round(self._stated)} frames"
                raise SourceError(self.name, reason)
            return None
        captured_s = self._timeline.at(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        number, self._number = self._number, self._number + 1
        done, pixels = self._capture.retrieve()
        if not done or pixels is None or pixels.ndim != 3:
            raise UndecodableFrame(self.name, f"frame {number} cannot be decoded")
        return Frame(np.asarray(pixels, np.uint8), captured_s, number)

    def close(self) -> None:
        """See ``Source.close``."""
        self._is_over = True
        self._capture.release()

    def _check(self, path: Path) -> None:
        try:
            is_file = path.is_file()
        except OSError as error:
            raise SourceError(self.name, f"cannot be looked at: {error.strerror}") from error
        if not is_file:
            raise SourceError(self.name, "is not a regular file" if path.exists() else "does not exist")
        if path.suffix.lower() in SUFFIXES:
            raise SourceError(self.name, "is a picture, not a clip; give its folder")
        if _NUMBERED.search(path.name):
            raise SourceError(self.name, "has a name that OpenCV takes for a pattern of pictures; rename it")

    def _open(self, path: Path) -> cv2.VideoCapture:
        # From the root, so that a file called "http:…" is still a file.
        full = str(path.resolve())
        for backend in _BACKENDS:
            capture = cv2.VideoCapture(full, backend)
            if capture.isOpened():
                return capture
            capture.release()
        raise SourceError(self.name, "is not a video that can be read: of an unknown kind, damaged, or cut short")


class Timeline:
    """A container's time stamps made sound: from 0, never back, never standing still. All in seconds."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._last_stamp_s: float | None = None
        self.now_s = 0.0

    def at(self, stamp_s: float) -> float:
        """The time of the next frame, whose stamp in the container is ``stamp_s``."""
        if self._last_stamp_s is not None:
            step_s = stamp_s - self._last_stamp_s
            self.now_s += step_s if 0 < step_s <= _STEP_MOST_S else self._period_s
        self._last_stamp_s = stamp_s
        return self.now_s


def is_cut_short(frames: int, last_s: float, stated: float, rate_hz: float) -> bool:
    """Whether a clip of ``frames`` frames, the last at ``last_s``, ended well before ``stated`` frames at ``rate_hz``.

    The stated count may be an estimate from the duration or nonsense where the container has none, and
    the rate a mean: so both the frames and their time must be short of it by 2 % and by two frames.
    """
    if not math.isfinite(stated) or stated <= 0:
        return False
    missing = stated - frames
    missing_by_time = stated - (last_s * rate_hz + 1)
    return min(missing, missing_by_time) > max(2.0, 0.02 * stated)
