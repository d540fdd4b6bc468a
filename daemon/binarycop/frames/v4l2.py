"""Asks the kernel about a video device, to explain why it gives no picture."""

import errno
import fcntl
import os
import struct
from pathlib import Path

_QUERYCAP = 0x80685600  # VIDIOC_QUERYCAP: _IOR('V', 0, struct v4l2_capability), 104 bytes
_REQBUFS = 0xC0145608  # VIDIOC_REQBUFS: _IOWR('V', 8, struct v4l2_requestbuffers), 20 bytes
_DEVICE_CAPS_OFFSET = 88
_CAPTURE = 0x0000_0001 | 0x0000_1000  # single- or multi-planar
_TYPE_CAPTURE, _MEMORY_MMAP = 1, 1

_REASONS = {
    errno.ENOENT: "there is no such device; is the camera plugged in?",
    errno.ENODEV: "there is no such device; is the camera plugged in?",
    errno.ENXIO: "there is no such device; is the camera plugged in?",
    errno.EACCES: "access denied; the user must be in the group video",
    errno.EPERM: "access denied; the user must be in the group video",
    errno.EBUSY: "is busy: another program uses it",
}


def why_not_opened(path: Path) -> str | None:
    """Why the device cannot be opened, or None if it can."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        return reason_of(error)
    return None


def why_no_picture(path: Path) -> str:
    """Why a device that can be opened gives no picture, as far as the kernel tells.

    Call it only after OpenCV has failed: a camera that works must not be refused because of an unusual answer.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return reason_of(error)
    try:
        return _query(fd)
    except OSError as error:
        return reason_of(error)
    finally:
        os.close(fd)


def reason_of(error: OSError) -> str:
    """What an error of ``open`` means for a camera."""
    return _REASONS.get(error.errno or 0, f"cannot be opened: {error.strerror}")


def _query(fd: int) -> str:
    capability = bytearray(104)
    try:
        fcntl.ioctl(fd, _QUERYCAP, capability)
    except OSError as error:
        if error.errno in (errno.ENOTTY, errno.EINVAL):
            return "is not a camera"
        raise
    if not struct.unpack_from("=I", capability, _DEVICE_CAPS_OFFSET)[0] & _CAPTURE:
        return "takes no pictures: probably the camera's second device, for metadata; try the number before it"
    try:
        # Closing the descriptor frees the buffers. If another program streams, the kernel answers EBUSY.
        fcntl.ioctl(fd, _REQBUFS, bytearray(struct.pack("=5I", 1, _TYPE_CAPTURE, _MEMORY_MMAP, 0, 0)))
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise
    return "gives no picture, though no other program seems to use it; try another size, rate or format"
