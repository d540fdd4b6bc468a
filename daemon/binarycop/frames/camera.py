"""A camera of the kernel's V4L2, by OpenCV."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.clock import Clock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames import v4l2
from binarycop.frames.base import Frame
from binarycop.frames.image import decode

# OpenCV waits 10 s for a frame of a stalled camera unless this says otherwise, in whole seconds; it has no
# property for that. It is read when the first camera is read.
_SELECT_TIMEOUT = "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"
_SELECT_TIMEOUT_S = "2"
_BAD_IN_A_ROW_MOST = 15
_MJPG = int.from_bytes(b"MJPG", "little")


@dataclass(frozen=True)
class CameraSettings:
    """What is asked of a camera; it may give something else, and its frames are taken as they come.

    fourcc: how the camera sends its pictures, ``MJPG`` or ``YUYV``; empty leaves the choice to OpenCV.
    """

    width_px: int = 320
    height_px: int = 240
    rate_hz: float = 30.0
    fourcc: str = "MJPG"


def device_path(spec: str) -> Path:
    """The device of a camera's number (``0`` is /dev/video0) or path."""
    return Path(f"/dev/video{int(spec)}") if spec.isascii() and spec.isdecimal() else Path(spec)


def open_v4l2(path: str) -> Any:
    """OpenCV's capture of a V4L2 device, which may turn out not to be open."""
    return cv2.VideoCapture(path, cv2.CAP_V4L2)


class Camera:
    """A live camera. Each read waits for the next picture, 2 s at most.

    open_capture: makes the ``cv2.VideoCapture``. Raises SourceError with the reason where there is no
    such device, it may not be used, another program has it, or it gives no picture.
    """

    is_live = True

    def __init__(
        self,
        spec: str,
        clock: Clock,
        settings: CameraSettings | None = None,
        *,
        open_capture: Callable[[str], Any] = open_v4l2,
    ) -> None:
        self.name, self._clock = spec, clock
        self._number = self._bad_in_a_row = 0
        self._is_jpeg = False
        path = device_path(spec)
        reason = v4l2.why_not_opened(path)
        if reason is not None:
            raise SourceError(spec, reason)
        os.environ.setdefault(_SELECT_TIMEOUT, _SELECT_TIMEOUT_S)
        self._capture = open_capture(str(path))
        if self._capture.isOpened():
            self._ask_for(settings or CameraSettings())
            # A busy or wrong device often opens well and fails at its first picture only.
            if self._capture.grab():
                return
        self._capture.release()
        raise SourceError(spec, v4l2.why_no_picture(path))

    def read(self) -> Frame:
        """See ``Source.read``. Raises SourceError also after 15 undecodable pictures in a row."""
        if not self._capture.grab():
            raise SourceError(self.name, "gives no more pictures: unplugged or stalled")
        captured_s = self._clock.now_s()
        number, self._number = self._number, self._number + 1
        try:
            pixels = self._retrieve()
        except ValueError as error:
            self._bad_in_a_row += 1
            if self._bad_in_a_row >= _BAD_IN_A_ROW_MOST:
                reason = f"gave {self._bad_in_a_row} bad pictures in a row; the last one {error}"
                raise SourceError(self.name, reason) from error
            raise UndecodableFrame(self.name, f"picture {number} {error}") from error
        self._bad_in_a_row = 0
        return Frame(pixels, captured_s, number)

    def close(self) -> None:
        """See ``Source.close``."""
        self._capture.release()

    def _retrieve(self) -> NDArray[np.uint8]:
        """The picture last grabbed. Raises ValueError where it is bad."""
        try:
            done, raw = self._capture.retrieve()
        except cv2.error as error:
            raise ValueError("cannot be converted") from error
        if not done or raw is None or raw.dtype != np.uint8:
            raise ValueError("cannot be converted")
        pixels = decode(raw.tobytes()) if self._is_jpeg else np.asarray(raw)
        if pixels.ndim != 3 or pixels.shape[2] != 3:
            raise ValueError("is not in colour")
        return pixels

    def _ask_for(self, settings: CameraSettings) -> None:
        # The format first, since it decides which sizes there are; each is a wish, so a refusal is no error.
        if settings.fourcc:
            self._capture.set(cv2.CAP_PROP_FOURCC, int.from_bytes(settings.fourcc.encode("ascii"), "little"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width_px)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height_px)
        self._capture.set(cv2.CAP_PROP_FPS, settings.rate_hz)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        # Where a JPEG is bad OpenCV gives the picture before it once more, as if it were new (seen in 4.5.4 and
        # 5.0). So it is to hand over the bytes, and they are decoded here.
        self._is_jpeg = int(self._capture.get(cv2.CAP_PROP_FOURCC)) == _MJPG and bool(
            self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        )
