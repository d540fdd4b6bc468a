"""A video file as a source of frames, in its own time."""

import math
import re
from pathlib import Path

import cv2
import numpy as np

from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame
from binarycop.frames.image import MAX_FRAME_PX, SUFFIXES

DEFAULT_RATE_HZ = 25.0
_MAX_STEP_S = 10.0  # a longer step between two frames is a broken time stamp
_BACKENDS = (cv2.CAP_FFMPEG, cv2.CAP_OPENCV_MJPEG)  # they read one file only, unlike CAP_IMAGES and GStreamer
_IMAGE_SEQUENCE = re.compile(r"%\d*d")


class Clip:
    """The frames of one local video file.

    A frame's time is its time stamp in the container. Instead of a bad stamp, one period of the container's frame rate
    is added, or of 25 Hz if it states none. Raises SourceError if the path is not a regular file or this OpenCV cannot
    read it, or its frames have more than 4096×4096 pixels. A frame in it may be larger than its header says; OpenCV 4.5
    decodes that before it is refused here. Only regular files are passed to OpenCV, as it would also open network
    addresses and image sequences.
    """

    is_live = False

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._check(path)
        self._capture = self._open(path)
        self._check_size(
            "has frames of",
            round(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            round(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        self._rate_hz = rate_hz if math.isfinite(rate_hz) and rate_hz > 0 else DEFAULT_RATE_HZ
        self._stated_frames = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self._timeline = Timeline(1 / self._rate_hz)
        self._number = 0
        self._is_over = False

    def read(self) -> Frame | None:
        """See ``Source.read``. A clip that ends well before its stated length raises SourceError, once."""
        if self._is_over:
            return None
        if not self._capture.grab():
            self._is_over = True
            if is_truncated(self._number, self._timeline.now_s, self._stated_frames, self._rate_hz):
                reason = f"is truncated: {self._number} of {round(self._stated_frames)} frames"
                raise SourceError(self.name, reason)
            return None
        captured_s = self._timeline.at(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        number, self._number = self._number, self._number + 1
        is_decoded, pixels = self._capture.retrieve()
        if not is_decoded or pixels is None or pixels.ndim != 3:
            raise UndecodableFrame(self.name, f"frame {number} cannot be decoded")
        self._check_size(f"frame {number} has", pixels.shape[1], pixels.shape[0])
        return Frame(np.asarray(pixels, np.uint8), captured_s, number)

    def close(self) -> None:
        """See ``Source.close``."""
        self._is_over = True
        self._capture.release()

    def _check(self, path: Path) -> None:
        try:
            is_file = path.is_file()
        except OSError as error:
            raise SourceError(self.name, f"cannot be read: {error.strerror}") from error
        if not is_file:
            raise SourceError(self.name, "is not a regular file" if path.exists() else "does not exist")
        if path.suffix.lower() in SUFFIXES:
            raise SourceError(self.name, "is a picture, not a clip; give its folder")
        if _IMAGE_SEQUENCE.search(path.name):
            raise SourceError(self.name, "has a name that OpenCV takes for an image sequence; rename it")

    def _check_size(self, what: str, width_px: int, height_px: int) -> None:
        if width_px * height_px > MAX_FRAME_PX:
            self.close()
            raise SourceError(self.name, f"{what} {width_px}×{height_px} pixels, more than {MAX_FRAME_PX}")

    def _open(self, path: Path) -> cv2.VideoCapture:
        # An absolute path, so that OpenCV takes a file named "http:…" for a file.
        absolute_path = str(path.resolve())
        for backend in _BACKENDS:
            capture = cv2.VideoCapture(absolute_path, backend)
            if capture.isOpened():
                return capture
            capture.release()
        raise SourceError(self.name, "is not a video that can be read: unknown format, damaged or truncated")


class Timeline:
    """Corrects a container's time stamps: they begin at 0 and always increase. All times are in seconds.

    period_s: the step that replaces a bad one. now_s: the time of the newest frame.
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._last_stamp_s: float | None = None
        self.now_s = 0.0

    def at(self, stamp_s: float) -> float:
        """The corrected time of the next frame, which has the time stamp ``stamp_s`` in the container."""
        if self._last_stamp_s is not None:
            step_s = stamp_s - self._last_stamp_s
            self.now_s += step_s if 0 < step_s <= _MAX_STEP_S else self._period_s
        self._last_stamp_s = stamp_s
        return self.now_s


def is_truncated(frames: int, last_s: float, stated_frames: float, rate_hz: float) -> bool:
    """Whether a clip of ``frames`` frames, the last one at ``last_s``, ended well before ``stated_frames``.

    A container may only estimate its frame count, or give a wrong one, and ``rate_hz`` is a mean. So both the number of
    frames and the duration have to be short, by more than 2 % and by more than two frames.
    """
    if not math.isfinite(stated_frames) or stated_frames <= 0:
        return False
    missing = stated_frames - frames
    missing_by_time = stated_frames - (last_s * rate_hz + 1)
    return min(missing, missing_by_time) > max(2.0, 0.02 * stated_frames)
