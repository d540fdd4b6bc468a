"""A camera on the kernel's V4L2."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from binarycop.clock import Clock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames import pixel_format
from binarycop.frames.base import Frame
from binarycop.frames.converter import Converter
from binarycop.frames.driver_stamps import DriverStamps
from binarycop.frames.names import device_path
from binarycop.frames.v4l2 import Buffer, CaptureDevice, DriverFormat
from binarycop.trace import NO_TRACER, Stage, Tracer

_TIMEOUT_S = 2.0
_MAX_BAD_IN_A_ROW = 15
_RATE_TOLERANCE = 0.01  # a camera may say 29.97 Hz for 30
_INTERLACED = frozenset({4, 8, 9})  # of v4l2_field


@dataclass(frozen=True)
class CameraSettings:
    """What is requested of a camera. If it has another mode, that is used if possible.

    fourcc: the pixel format, ``MJPG`` or ``YUYV``.
    """

    width_px: int
    height_px: int
    rate_hz: float
    fourcc: str


class Camera:
    """A live camera. Each read waits for the next picture, 2 s at most.

    spec: a number or a path, as ``device_path`` takes it. clock: the kernel's monotonic clock, which V4L2's time stamps
    are compared with. open_device: opens the device. Raises SourceError with the reason if there is no such device,
    access is denied, another program uses it, it gives no picture, or its pictures cannot be used.

    mode: what it sends, and what was requested if that is something else, in words.
    """

    is_live = True

    def __init__(
        self,
        spec: str,
        clock: Clock,
        settings: CameraSettings,
        *,
        open_device: Callable[[str, Path], CaptureDevice] = CaptureDevice,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self.name, self._clock, self._tracer = spec, clock, tracer
        self._number = self._bad_in_a_row = 0
        self._ready: deque[Buffer] = deque()
        self._device = open_device(spec, device_path(spec))
        try:
            self.mode = self._configure(settings)
            began_s = clock.now_s()
            self._device.start()
            self._stamps = DriverStamps(began_s, self._first_stamp_s(), clock.now_s())
        except SourceError:
            self._device.close()
            raise

    def read(self) -> Frame:
        """See ``Source.read``. After 15 bad pictures in a row it raises SourceError as well."""
        buffer = self._newest()
        try:
            captured_s = self._stamps.captured_s(buffer.stamp_s, self._clock.now_s())
            has_advanced = self._stamps.has_advanced(buffer.stamp_s)
            number, self._number = self._number, self._number + 1
            if buffer.is_damaged:
                raise ValueError("is damaged: the camera's driver says so")
            with self._tracer.span(Stage.CONVERT):
                picture = self._converter.picture(buffer.data)
        except ValueError as error:
            self._bad_in_a_row += 1
            if self._bad_in_a_row >= _MAX_BAD_IN_A_ROW:
                reason = f"gave {self._bad_in_a_row} bad pictures in a row; the last one {error}"
                raise SourceError(self.name, reason) from error
            raise UndecodableFrame(self.name, f"picture {number} {error}") from error
        finally:
            self._device.requeue(buffer.index)
        self._bad_in_a_row = 0
        return Frame(picture, captured_s, number, has_advanced)

    def drop_waiting(self) -> None:
        """See ``Source.drop_waiting``. A driver whose buffers are all full drops new pictures, not old ones."""
        # No buffer is given back before all are taken: a fast driver would fill it again at once, without end.
        while (old := self._device.dequeue(0)) is not None:
            self._ready.append(old)
        while self._ready:
            self._device.requeue(self._ready.popleft().index)

    def close(self) -> None:
        """See ``Source.close``."""
        self._ready.clear()
        self._device.close()

    def _first_stamp_s(self) -> float:
        """Wait for the first whole picture, which is not used: some cameras begin with empty or bad ones."""
        for _ in range(_MAX_BAD_IN_A_ROW):
            buffer = self._device.dequeue(_TIMEOUT_S)
            if buffer is None:
                reason = "gives no picture, though no other program uses it; try another size, rate or format"
                raise SourceError(self.name, reason)
            self._device.requeue(buffer.index)
            if self._is_whole(buffer):
                return buffer.stamp_s
        raise SourceError(self.name, f"begins with {_MAX_BAD_IN_A_ROW} pictures that are empty, too short or damaged")

    def _newest(self) -> Buffer:
        """The newest picture. Older ones are skipped, but not a bad one nor the one before it: bad ones are events."""
        ready = self._ready
        first = None if ready else self._device.dequeue(_TIMEOUT_S)
        if first is not None:
            ready.append(first)
        if not ready:
            raise SourceError(self.name, "gives no more pictures: unplugged or stalled")
        while (buffer := self._device.dequeue(0)) is not None:
            ready.append(buffer)
        while len(ready) > 1 and self._is_whole(ready[0]) and self._is_whole(ready[1]):
            self._device.requeue(ready.popleft().index)
        return ready.popleft()

    def _is_whole(self, buffer: Buffer) -> bool:
        return not buffer.is_damaged and buffer.data.size >= self._converter.min_bytes

    def _configure(self, settings: CameraSettings) -> str:
        """Set format, size and rate as far as the camera has them. Returns the mode in words."""
        offered = self._device.formats()
        fourcc = pixel_format.choose(settings.fourcc, offered)
        if fourcc is None:
            raise SourceError(self.name, pixel_format.why_none(offered))
        # The format comes first, as it decides which sizes and rates exist.
        given = self._device.set_format(fourcc, settings.width_px, settings.height_px)
        rate_hz = self._device.set_rate(settings.rate_hz)
        try:
            self._converter = Converter(given)
        except ValueError as error:
            raise SourceError(self.name, f"{error}; it offers {' '.join(offered)}") from error
        return _mode(settings, given, rate_hz)


def _mode(wanted: CameraSettings, given: DriverFormat, rate_hz: float | None) -> str:
    got = _words(given.fourcc, given.width_px, given.height_px, rate_hz)
    if given.field in _INTERLACED:
        got += ", interlaced"
    is_same_size = (given.width_px, given.height_px) == (wanted.width_px, wanted.height_px)
    is_same_format = given.fourcc == wanted.fourcc or {given.fourcc, wanted.fourcc} <= set(pixel_format.JPEG)
    is_same_rate = rate_hz is None or abs(rate_hz / wanted.rate_hz - 1) <= _RATE_TOLERANCE
    if is_same_size and is_same_format and is_same_rate:
        return got
    return f"{got} instead of {_words(wanted.fourcc, wanted.width_px, wanted.height_px, wanted.rate_hz)}"


def _words(fourcc: str, width_px: int, height_px: int, rate_hz: float | None) -> str:
    size = f"{fourcc} {width_px}×{height_px}"
    return size if rate_hz is None else f"{size} at {rate_hz:.4g} Hz"
