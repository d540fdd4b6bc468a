"""A V4L2 capture device, through the kernel's own interface (linux/videodev2.h): its formats, its buffers, its errors.

OpenCV's capture is not used: it hides a buffer's length, stride, error flag and number, and which format the driver
chose (docs/decisions.md).
"""

import errno
import fcntl
import mmap
import os
import select
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from binarycop.errors import SourceError

# Sizes and alignment are native, since the kernel's structures hold its long and its pointers: armv7 has others than
# x86-64. A time stamp is two longs also on a 32-bit kernel with a 64-bit time_t, which still takes the older ioctl.
# driver, card, bus, version, capabilities, device_caps
CAPABILITY = struct.Struct("@16s32s32s3I12x")
# index, type, flags, description, pixelformat
DESCRIPTION = struct.Struct("@3I32sI16x")
# type; width, height, pixelformat, field, bytesperline, sizeimage, colorspace, priv, flags, ycbcr_enc, quantization,
# xfer_func
FORMAT = struct.Struct("@I0L12I152x")
# type, capability, capturemode, numerator and denominator of the time per frame
PARAMETERS = struct.Struct("@5I184x")
# count, type, memory
REQUEST = struct.Struct("@3I8x")
# index, type, bytesused, flags, field, seconds, microseconds, sequence, memory, offset, length, reserved, request
BUFFER = struct.Struct("@5I2l16x2IL3I0L")
# type
SUBSCRIPTION = struct.Struct("@I28x")
_INT = struct.Struct("@i")


def _code(direction: int, number: int, argument: struct.Struct) -> int:
    return direction << 30 | argument.size << 16 | ord("V") << 8 | number  # asm-generic/ioctl.h


_WRITE, _READ = 1, 2
QUERYCAP = _code(_READ, 0, CAPABILITY)
ENUM_FMT = _code(_READ | _WRITE, 2, DESCRIPTION)
S_FMT = _code(_READ | _WRITE, 5, FORMAT)
REQBUFS = _code(_READ | _WRITE, 8, REQUEST)
QUERYBUF = _code(_READ | _WRITE, 9, BUFFER)
QBUF = _code(_READ | _WRITE, 15, BUFFER)
DQBUF = _code(_READ | _WRITE, 17, BUFFER)
STREAMON = _code(_WRITE, 18, _INT)
STREAMOFF = _code(_WRITE, 19, _INT)
S_PARM = _code(_READ | _WRITE, 22, PARAMETERS)
SUBSCRIBE_EVENT = _code(_WRITE, 90, SUBSCRIPTION)

_CAPTURE, _CAPTURE_PLANES, _STREAMING, _HAS_DEVICE_CAPS = 0x1, 0x1000, 0x0400_0000, 0x8000_0000
_TYPE, _TYPE_PLANES, _MAPPED = 1, 9, 1
_BUFFERS = 3  # one is converted, one waits, one is filled
_FIELD_NONE, _EXTENDED, _ERROR, _SOURCE_CHANGE = 1, 0xFEEDCAFE, 0x40, 5
_MAX_FORMATS = 64  # so that a driver whose list never ends does not hang the camera

_NO_DEVICE = "there is no such device; is the camera plugged in?"
_REASONS = {
    errno.ENOENT: _NO_DEVICE,
    errno.ENODEV: _NO_DEVICE,
    errno.ENXIO: _NO_DEVICE,
    errno.EACCES: "access denied; the user must be in the group video",
    errno.EPERM: "access denied; the user must be in the group video",
    errno.EBUSY: "is busy: another program uses it",
    errno.ENOSPC: "has no room on its USB bus at this size and rate; try MJPG, a smaller size, or another port",
    errno.EPIPE: "is part of a pipeline that is set to another format or size (media-ctl)",
}


@dataclass(frozen=True)
class DriverFormat:
    """What the driver sends, from its answer to VIDIOC_S_FMT: the driver replaces what the camera does not have.

    fourcc: the pixel format. stride_bytes: from one line to the next, 0 for compressed pictures. field: v4l2_field.
    colorspace, encoding, quantization: of enum v4l2_colorspace, v4l2_ycbcr_encoding and v4l2_quantization, 0 if the
    driver does not say.
    """

    fourcc: str
    width_px: int
    height_px: int
    stride_bytes: int
    field: int = _FIELD_NONE
    colorspace: int = 0
    encoding: int = 0
    quantization: int = 0


@dataclass(frozen=True)
class Buffer:
    """One buffer that the driver has filled, until ``CaptureDevice.requeue``.

    data: (N,) uint8, the bytes that are used; the driver's own memory. is_damaged: the driver says that they are wrong.
    stamp_s: when the picture was captured, on a clock that the driver chose; 0 if it gives none.
    """

    index: int
    data: NDArray[np.uint8]
    is_damaged: bool
    stamp_s: float


class CaptureDevice:
    """An open capture device, one thread's own.

    name: the source's name in errors. Every method raises SourceError with the reason if the kernel refuses.
    """

    def __init__(self, name: str, path: Path) -> None:
        self._name, self._maps = name, list[NDArray[np.uint8]]()
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError as error:
            raise self._refused(error, "cannot be opened") from error
        try:
            self._check_capabilities()
        except SourceError:
            self.close()
            raise
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN | select.POLLPRI)

    def formats(self, buffer_type: int = _TYPE) -> list[str]:
        """The pixel formats that the camera offers."""
        found: list[str] = []
        with suppress(OSError):  # the list's end
            while len(found) < _MAX_FORMATS:
                answer = self._ioctl(ENUM_FMT, DESCRIPTION, len(found), buffer_type, 0, b"", 0)
                found.append(_fourcc(answer[4]))
        return found

    def set_format(self, fourcc: str, width_px: int, height_px: int) -> DriverFormat:
        """Ask for a format with whole frames; returns the one that the driver has set."""
        number = int.from_bytes(fourcc.encode("ascii"), "little")
        requested = (width_px, height_px, number, _FIELD_NONE, 0, 0, 0, _EXTENDED, 0, 0, 0, 0)
        answer = self._ask(S_FMT, FORMAT, "cannot be set to this format", _TYPE, *requested)
        _, width_px, height_px, number, field, stride, _, colorspace, priv, _, encoding, quantization, _ = answer
        if priv != _EXTENDED:
            encoding = quantization = 0  # an old driver leaves them undefined
        return DriverFormat(_fourcc(number), width_px, height_px, stride, field, colorspace, encoding, quantization)

    def set_rate(self, rate_hz: float) -> float | None:
        """Ask for frames per second; returns the rate that the driver took, or None if it says nothing about it."""
        try:
            answer = self._ioctl(S_PARM, PARAMETERS, _TYPE, 0, 0, 1000, round(1000 * rate_hz))
        except OSError:
            return None
        _, _, _, numerator, denominator = answer
        return denominator / numerator if numerator and denominator else None

    def start(self) -> None:
        """Start the stream, with buffers of the driver."""
        count, *_ = self._ask(REQBUFS, REQUEST, "gives no buffers", _BUFFERS, _TYPE, _MAPPED)
        for index in range(count):
            answer = self._ask(QUERYBUF, BUFFER, "gives no buffers", *_buffer(index))
            offset, length = answer[9], answer[10]
            try:
                mapped = mmap.mmap(self._fd, length, mmap.MAP_SHARED, mmap.PROT_READ, offset=offset)
            except (OSError, ValueError) as error:
                raise SourceError(self._name, f"gives no buffers: {error}") from error
            self._maps.append(np.frombuffer(mapped, np.uint8))
            self.requeue(index)
        with suppress(OSError):  # few drivers have this event
            self._ioctl(SUBSCRIBE_EVENT, SUBSCRIPTION, _SOURCE_CHANGE)
        self._ask(STREAMON, _INT, "cannot start", _TYPE)

    def dequeue(self, timeout_s: float) -> Buffer | None:
        """The next filled buffer; waits up to ``timeout_s`` seconds for it, then returns None."""
        buffer = self._dequeue()
        if buffer is None and timeout_s > 0:
            for _, events in self._poll.poll(round(1000 * timeout_s)):
                if events & select.POLLPRI:
                    raise SourceError(self._name, "has another signal now: its size or rate has changed")
            buffer = self._dequeue()
        return buffer

    def requeue(self, index: int) -> None:
        """Give a buffer back to the driver, which may fill it at once."""
        self._ask(QBUF, BUFFER, "takes no buffers", *_buffer(index))

    def close(self) -> None:
        """End the stream and close the device; may be called twice."""
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        self._maps.clear()  # a mapping ends with the last view of its memory
        for request, argument in ((STREAMOFF, _INT.pack(_TYPE)), (REQBUFS, REQUEST.pack(0, _TYPE, _MAPPED))):
            with suppress(OSError):
                fcntl.ioctl(fd, request, bytearray(argument))
        os.close(fd)

    def _check_capabilities(self) -> None:
        try:
            *_, of_all_nodes, of_this_node = self._ioctl(QUERYCAP, CAPABILITY, b"", b"", b"", 0, 0, 0)
        except OSError as error:
            if error.errno in (errno.ENOTTY, errno.EINVAL):
                raise SourceError(self._name, "is not a camera") from error
            raise self._refused(error, "cannot be asked") from error
        capabilities = of_this_node if of_all_nodes & _HAS_DEVICE_CAPS else of_all_nodes
        if not capabilities & (_CAPTURE | _CAPTURE_PLANES):
            hint = "probably the camera's second device, for metadata; try the number before it"
            raise SourceError(self._name, f"takes no pictures: {hint}")
        if not capabilities & _CAPTURE:
            offers = " ".join(self.formats(_TYPE_PLANES))
            raise SourceError(self._name, f"offers pictures in separate planes only ({offers}), which is not supported")
        if not capabilities & _STREAMING:
            raise SourceError(self._name, "has no memory-mapped buffers; other ways to read it are not supported")

    def _dequeue(self) -> Buffer | None:
        try:
            answer = self._ioctl(DQBUF, BUFFER, *_buffer(0))
        except BlockingIOError:
            return None
        except OSError as error:
            raise SourceError(self._name, "gives no more pictures: unplugged or stalled") from error
        index, _, used_bytes, flags, _, seconds, microseconds, *_ = answer
        data = self._maps[index][:used_bytes]
        return Buffer(index, data, bool(flags & _ERROR), seconds + microseconds / 1e6)

    def _ask(self, request: int, argument: struct.Struct, problem: str, *values: Any) -> tuple[Any, ...]:
        """An ioctl. Raises SourceError if it fails; problem: the message for an error that is not in ``_REASONS``."""
        try:
            return self._ioctl(request, argument, *values)
        except OSError as error:
            raise self._refused(error, problem) from error

    def _ioctl(self, request: int, argument: struct.Struct, *values: Any) -> tuple[Any, ...]:
        """The argument as the kernel has changed it."""
        content = bytearray(argument.pack(*values))
        fcntl.ioctl(self._fd, request, content)
        return argument.unpack(content)

    def _refused(self, error: OSError, problem: str) -> SourceError:
        return SourceError(self._name, _REASONS.get(error.errno or 0, f"{problem}: {error.strerror}"))


def _buffer(index: int) -> tuple[int, ...]:
    return (index, _TYPE, 0, 0, 0, 0, 0, 0, _MAPPED, 0, 0, 0, 0)


def _fourcc(number: int) -> str:
    """As text; the highest bit means big-endian."""
    text = (number & 0x7FFF_FFFF).to_bytes(4, "little").decode("ascii", "replace")
    return text.rstrip() + ("-BE" if number >> 31 else "")
