"""A camera on the kernel's V4L2, read by OpenCV."""

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
from binarycop.frames.driver_stamps import DriverStamps
from binarycop.frames.image import MAX_FRAME_PX, decode

# How long OpenCV waits for a frame of a stalled camera, in whole seconds; its default is 10 s. There is no property
# for it. OpenCV reads this variable when the first camera is read.
_TIMEOUT_VARIABLE = "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"
_TIMEOUT_S = "2"
_MAX_BAD_IN_A_ROW = 15
_MAX_JPEG_RATIO = 4  # a JPEG may have so many times the pixels of the format that the driver stated
_MJPG = int.from_bytes(b"MJPG", "little")


@dataclass(frozen=True)
class CameraSettings:
    """What is requested of a camera. It may send something else; its frames are used as they are.

    fourcc: the pixel format, ``MJPG`` or ``YUYV``; an empty text leaves the choice to OpenCV.
    """

    width_px: int
    height_px: int
    rate_hz: float
    fourcc: str


def device_path(spec: str) -> Path:
    """The device file of a camera, from its number (``0`` is /dev/video0) or its path."""
    return Path(f"/dev/video{int(spec)}") if spec.isascii() and spec.isdecimal() else Path(spec)


def open_v4l2(path: str) -> Any:
    """OpenCV's capture on a V4L2 device. Check ``isOpened``: OpenCV raises no error."""
    return cv2.VideoCapture(path, cv2.CAP_V4L2)


class Camera:
    """A live camera. Each read waits for the next picture, 2 s at most.

    spec: a number or a path, see ``device_path``. clock: the kernel's monotonic clock, which V4L2's time stamps are
    compared with. open_capture: opens the ``cv2.VideoCapture``. Raises SourceError with the reason if there is no such
    device, access is denied, another program uses it, it gives no picture, or its pictures are too large.

    OpenCV gives a buffer's time stamp (CAP_PROP_POS_MSEC), but neither its sequence number nor its flags.
    """

    is_live = True

    def __init__(
        self,
        spec: str,
        clock: Clock,
        settings: CameraSettings,
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
        os.environ.setdefault(_TIMEOUT_VARIABLE, _TIMEOUT_S)
        self._capture = open_capture(str(path))
        if self._capture.isOpened():
            self._configure(settings)
            began_s = clock.now_s()
            # A busy or wrong device often opens without error and fails only at its first picture.
            if self._capture.grab():
                self._stamps = DriverStamps(began_s, self._stamp_ms(), clock.now_s())
                return
        self._capture.release()
        raise SourceError(spec, v4l2.why_no_picture(path))

    def read(self) -> Frame:
        """See ``Source.read``. After 15 bad pictures in a row it raises SourceError as well."""
        if not self._capture.grab():
            raise SourceError(self.name, "gives no more pictures: unplugged or stalled")
        stamp_ms = self._stamp_ms()
        captured_s = self._stamps.captured_s(stamp_ms, self._clock.now_s())
        has_advanced = self._stamps.has_advanced(stamp_ms)
        number, self._number = self._number, self._number + 1
        try:
            pixels = self._retrieve()
        except ValueError as error:
            self._bad_in_a_row += 1
            if self._bad_in_a_row >= _MAX_BAD_IN_A_ROW:
                reason = f"gave {self._bad_in_a_row} bad pictures in a row; the last one {error}"
                raise SourceError(self.name, reason) from error
            raise UndecodableFrame(self.name, f"picture {number} {error}") from error
        self._bad_in_a_row = 0
        return Frame(pixels, captured_s, number, has_advanced)

    def close(self) -> None:
        """See ``Source.close``."""
        self._capture.release()

    def _retrieve(self) -> NDArray[np.uint8]:
        """The picture that was grabbed last, (H, W, 3) uint8 BGR. Raises ValueError if it is bad."""
        try:
            is_converted, raw = self._capture.retrieve()
        except cv2.error as error:
            raise ValueError("cannot be converted") from error
        if not is_converted or raw is None or raw.dtype != np.uint8:
            raise ValueError("cannot be converted")
        pixels = decode(raw.tobytes(), max_px=self._max_jpeg_px) if self._is_jpeg else np.asarray(raw)
        if pixels.ndim != 3 or pixels.shape[2] != 3:
            raise ValueError("is not in colour")
        return pixels

    def _stamp_ms(self) -> float:
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC))

    def _configure(self, settings: CameraSettings) -> None:
        # The format comes first, as it decides which sizes exist. A camera may refuse any of these; that is no error.
        if settings.fourcc:
            self._capture.set(cv2.CAP_PROP_FOURCC, int.from_bytes(settings.fourcc.encode("ascii"), "little"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width_px)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height_px)
        self._capture.set(cv2.CAP_PROP_FPS, settings.rate_hz)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        # For a bad JPEG, OpenCV returns the picture before it once more, as if it were new (seen in 4.5.4 and 5.0).
        # So it has to return the JPEG's bytes, which are decoded here.
        self._is_jpeg = int(self._capture.get(cv2.CAP_PROP_FOURCC)) == _MJPG and bool(
            self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        )
        width_px = round(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        height_px = round(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        if width_px * height_px > MAX_FRAME_PX:
            self._capture.release()
            raise SourceError(self.name, f"sends {width_px}×{height_px} pixels, more than {MAX_FRAME_PX}")
        self._max_jpeg_px = min(_MAX_JPEG_RATIO * width_px * height_px or MAX_FRAME_PX, MAX_FRAME_PX)
