"""Asks the kernel what a video device is, so that a person is told why it gives no picture."""

import errno
import fcntl
import os
import struct
from pathlib import Path

_QUERYCAP = 0x80685600  # VIDIOC_QUERYCAP: _IOR('V', 0, struct v4l2_capability), 104 bytes
_REQBUFS = 0xC0145608  # VIDIOC_REQBUFS: _IOWR('V', 8, struct v4l2_requestbuffers), 20 bytes
_DEVICE_CAPS_AT = 88
_CAPTURE = 0x0000_0001 | 0x0000_1000  # single- or multi-planar
_TYPE_CAPTURE, _MEMORY_MMAP = 1, 1

_REASONS = {
    errno.ENOENT: "there is no such device; is the camera plugged in?",
    errno.ENODEV: "there is no such device; is the camera plugged in?",
    errno.ENXIO: "there is no such device; is the camera plugged in?",
    errno.EACCES: "permission denied; its user must be in the group video",
    errno.EPERM: "permission denied; its user must be in the group video",
    errno.EBUSY: "is busy: another program uses it",
}


def why_not_opened(path: Path) -> str | None:
    """Why the device cannot be opened at all; None where it can."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        return reason_of(error)
    return None


def why_no_picture(path: Path) -> str:
    """Why a device gives no picture though it can be opened, as far as the kernel says.

    For use after OpenCV had no success, never before: a camera that works must not be refused for an odd answer.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return reason_of(error)
    try:
        return _ask(handle)
    except OSError as error:
        return reason_of(error)
    finally:
        os.close(handle)


def reason_of(error: OSError) -> str:
    """What the error number means for a camera."""
    return _REASONS.get(error.errno or 0, f"cannot be opened: {error.strerror}")


def _ask(handle: int) -> str:
    capability = bytearray(104)
    try:
        fcntl.ioctl(handle, _QUERYCAP, capability)
    except OSError as error:
        if error.errno in (errno.ENOTTY, errno.EINVAL):
            return "is not a camera"
        raise
    if not struct.unpack_from("=I", capability, _DEVICE_CAPS_AT)[0] & _CAPTURE:
        return "takes no pictures, as with a camera's second device for metadata; try the number before it"
    try:
        # Buffers go back when the handle is closed; no one else's are touched, the kernel answers EBUSY instead.
        fcntl.ioctl(handle, _REQBUFS, bytearray(struct.pack("=5I", 1, _TYPE_CAPTURE, _MEMORY_MMAP, 0, 0)))
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise
    return "gives no picture, though no other program seems to use it; try another size, rate or format"
