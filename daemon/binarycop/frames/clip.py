"""A video file as a source of frames, in its own time."""

import math
import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame
from binarycop.frames.clip_header import ClipHeader
from binarycop.frames.container import read_header
from binarycop.frames.image import MAX_FRAME_PX
from binarycop.frames.orientation import upright
from binarycop.frames.picture_files import SUFFIXES
from binarycop.frames.timeline import Timeline

DEFAULT_RATE_HZ = 25.0
_BACKENDS = (cv2.CAP_FFMPEG, cv2.CAP_OPENCV_MJPEG)  # they read one file only, unlike CAP_IMAGES and GStreamer
_IMAGE_SEQUENCE = re.compile(r"%\d*d")
# A grab reads 512 packets (4096 in OpenCV 5) and fails if none belongs to a picture. Where the sound goes on alone,
# many grabs fail before the next picture, or before the decoder returns its last ones: this many cover three hours of
# sound.
_MAX_GRABS = 1000
_BLACK_FRAMES = 25
_SQUARE = 0.01  # pixels that differ less from squares are not stretched
_MAX_STRETCH = 4.0


class Clip:
    """The frames of one local video file, upright and with square pixels.

    They are turned and mirrored as the container states (``container``), and stretched if it says that their pixels are
    not square; its clean aperture does not count. A frame's time is its time stamp in the container (``timeline``). If
    it has none, it follows the last one by a period of the container's frame rate, or of 25 Hz if that is not stated.

    Raises SourceError if the path is not a regular file or this OpenCV cannot read it, it has no picture or is several
    clips in one, it cannot be shown as it states, or its frames have more than 4096×4096 pixels. A frame in it may be
    larger than its header says; OpenCV 4.5 decodes that before it is refused here. Only regular files are passed to
    OpenCV, as it would also open network addresses and image sequences.

    Four things depend on OpenCV's version. OpenCV 4 gives no stamps for the two or three frames that a decoder holds
    back at the end: a pause between them is not detected. OpenCV since 4.13 gives black frames for an interlaced clip:
    a clip that begins with 25 of them raises UndecodableFrame once. OpenCV 4 converts all colours by BT.601: skin in an
    HD clip, which is by BT.709, is wrong by up to 5 of 255. OpenCV 5 does not read the rate of a raw H.264 stream.
    """

    is_live = False
    mode = "recording"

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._check(path)
        self._header = self._read_header(path)
        self._capture = self._open(path)
        # OpenCV 4.6 turns a portrait clip upside down, and no version mirrors.
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        width_px = round(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        self._check_size("has frames of", width_px, round(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        self._rate_hz = rate_hz if math.isfinite(rate_hz) and rate_hz > 0 else DEFAULT_RATE_HZ
        self._stated_frames = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self._timeline = Timeline(1 / self._rate_hz)
        self._number = self._black = 0
        self._is_over = False
        self._has_grabbed = self._grab()
        if not self._has_grabbed:
            self.close()
            raise SourceError(self.name, "has no picture that can be read")
        self._stretch = self._stated_stretch()

    def read(self) -> Frame | None:
        """See ``Source.read``. A clip that ends well before its stated length raises SourceError, once."""
        if self._is_over:
            return None
        if not self._has_grabbed and not self._grab():
            self._is_over = True
            self._check_length()
            return None
        self._has_grabbed = False
        captured_s = self._timeline.at(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        number, self._number = self._number, self._number + 1
        is_decoded, pixels = self._capture.retrieve()
        if not is_decoded or pixels is None or pixels.ndim != 3:
            raise UndecodableFrame(self.name, f"frame {number} cannot be decoded")
        self._check_size(f"frame {number} has", pixels.shape[1], pixels.shape[0])
        self._count_black(pixels, number)
        return Frame(self._as_seen(np.asarray(pixels, np.uint8), number), captured_s, number)

    @property
    def share_read(self) -> float:
        """See ``Recording``."""
        return min(self._number / self._stated_frames, 1.0) if self._stated_frames >= 1 else 0.0

    def drop_waiting(self) -> None:
        """See ``Source.drop_waiting``."""

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

    def _read_header(self, path: Path) -> ClipHeader:
        try:
            return read_header(path)
        except ValueError as error:
            raise SourceError(self.name, str(error)) from error
        except OSError as error:
            raise SourceError(self.name, f"cannot be read: {error.strerror}") from error

    def _check_size(self, what: str, width_px: float, height_px: float) -> None:
        if width_px * height_px > MAX_FRAME_PX:
            self.close()
            raise SourceError(self.name, f"{what} {width_px:.0f}×{height_px:.0f} pixels, more than {MAX_FRAME_PX}")

    def _open(self, path: Path) -> cv2.VideoCapture:
        # An absolute path, so that OpenCV takes a file named "http:…" for a file.
        absolute_path = str(path.resolve())
        for backend in _BACKENDS:
            capture = cv2.VideoCapture(absolute_path, backend)
            if capture.isOpened():
                return capture
            capture.release()
        raise SourceError(
            self.name, "is not a video that can be read: unknown format, only sound, damaged or truncated"
        )

    def _grab(self) -> bool:
        return any(self._capture.grab() for _ in range(_MAX_GRABS))

    def _stated_stretch(self) -> float:
        """How many times wider than high a pixel is. Raises SourceError if that is no reasonable shape."""
        width, height = self._capture.get(cv2.CAP_PROP_SAR_NUM), self._capture.get(cv2.CAP_PROP_SAR_DEN)
        stretch = width / height if width > 0 and height > 0 else 1.0
        if not 1 / _MAX_STRETCH <= stretch <= _MAX_STRETCH:
            self.close()
            raise SourceError(self.name, f"states that its pixels are {stretch:.3g} times wider than high")
        return stretch

    def _as_seen(self, pixels: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
        if abs(self._stretch - 1) > _SQUARE:
            # The longer side of a pixel grows, so that nothing is lost.
            width_px = round(pixels.shape[1] * max(self._stretch, 1.0))
            height_px = round(pixels.shape[0] * max(1 / self._stretch, 1.0))
            self._check_size(f"frame {number} has, with square pixels,", width_px, height_px)
            pixels = np.asarray(cv2.resize(pixels, (width_px, height_px)), np.uint8)
        return upright(pixels, self._header.orientation)

    def _count_black(self, pixels: NDArray[np.uint8], number: int) -> None:
        """Raise UndecodableFrame, once, if the clip has begun with nothing but black frames."""
        if self._black == number and not pixels[::16, ::16].any():
            self._black += 1
            if self._black == _BLACK_FRAMES:
                # OpenCV since 4.13 does so, without an error.
                remedy = "if the clip is interlaced, convert it, for example with ffmpeg -vf yadif"
                raise UndecodableFrame(self.name, f"the first {_BLACK_FRAMES} frames are black; {remedy}")

    def _check_length(self) -> None:
        """Raise SourceError if the header states more than there was."""
        frames, stated_s = self._number, self._header.picture_s
        shown_s = self._timeline.now_s + 1 / self._rate_hz
        if stated_s is not None and is_truncated(frames, shown_s, self._stated_frames, stated_s):
            raise SourceError(self.name, f"is truncated: {frames} of {round(self._stated_frames)} frames")
        if stated_s is None and self._header.missing_bytes:
            missing_bytes = self._header.missing_bytes
            raise SourceError(self.name, f"is truncated after {frames} frames: {missing_bytes} bytes are missing")


def is_truncated(frames: int, shown_s: float, stated_frames: float, stated_s: float) -> bool:
    """Whether a clip of ``frames`` frames, shown for ``shown_s``, ended well before its stated frames and duration.

    A container may give a wrong frame count, and an edit list may leave out frames. The last frame may be shown for
    long. So both have to be short, by more than 2 %, and the frames by more than two.
    """
    if not math.isfinite(stated_frames) or stated_frames <= 0:
        return False
    missing = stated_frames - frames
    return missing > max(2.0, 0.02 * stated_frames) and stated_s - shown_s > 0.02 * stated_s
