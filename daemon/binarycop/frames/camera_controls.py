"""Exposure and gain of a camera as its driver reports them. They are read, never set."""

import errno
import fcntl
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# linux/videodev2.h: id, value; id, type, name, minimum, maximum, step, default, flags, reserved
CONTROL = struct.Struct("@Ii")
QUERY = struct.Struct("@2I32s4i3I")
_READ_WRITE = 3
G_CTRL = _READ_WRITE << 30 | CONTROL.size << 16 | ord("V") << 8 | 27
QUERYCTRL = _READ_WRITE << 30 | QUERY.size << 16 | ord("V") << 8 | 36

# linux/v4l2-controls.h
GAIN = 0x0098_0913
EXPOSURE_AUTO, EXPOSURE_ABSOLUTE, EXPOSURE_AUTO_PRIORITY = 0x009A_0901, 0x009A_0902, 0x009A_0903
_EXPOSURE_UNIT_S = 1e-4
_MANUAL_TIME = frozenset({1, 2})  # of enum v4l2_exposure_auto_type: manual, and shutter priority
_GONE = frozenset({errno.ENODEV, errno.ENXIO})
_UNUSABLE = 0x1  # V4L2_CTRL_FLAG_DISABLED


@dataclass(frozen=True)
class CameraControls:
    """Each is None if the camera does not have it.

    exposure_s: how long one picture is exposed. is_automatic: whether the camera chooses that time. may_slow_down: it
    may lower its rate to expose for longer (exposure_dynamic_framerate). gain, most_gain: now and at most, in the
    driver's own unit.
    """

    exposure_s: float | None = None
    is_automatic: bool | None = None
    may_slow_down: bool | None = None
    gain: int | None = None
    most_gain: int | None = None


class ControlReader:
    """Reads the controls of one camera, also while another thread or program streams from it.

    An answer of a USB camera takes milliseconds; the kernel waits for 5 s at most.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._fd = path, -1

    def read(self) -> CameraControls:
        """The controls now; all are None without a camera. It is opened again if it was lost."""
        try:
            if self._fd < 0:
                self._fd = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
            exposure, mode, gain = (self._value(number) for number in (EXPOSURE_ABSOLUTE, EXPOSURE_AUTO, GAIN))
            priority = self._value(EXPOSURE_AUTO_PRIORITY)
        except OSError:
            self.close()
            return CameraControls()
        return CameraControls(
            exposure_s=None if exposure is None else exposure[0] * _EXPOSURE_UNIT_S,
            is_automatic=None if mode is None else mode[0] not in _MANUAL_TIME,
            may_slow_down=None if priority is None else bool(priority[0]),
            gain=None if gain is None else gain[0],
            most_gain=None if gain is None else gain[1],
        )

    def close(self) -> None:
        """Close the camera; may be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with suppress(OSError):
                os.close(fd)

    def _value(self, number: int) -> tuple[int, int] | None:
        """A control's value and its maximum; None if the camera does not have it. Raises OSError without a camera."""
        query, control = bytearray(QUERY.size), bytearray(CONTROL.pack(number, 0))
        struct.pack_into("@I", query, 0, number)
        try:
            fcntl.ioctl(self._fd, QUERYCTRL, query)
            _, _, _, _, most, _, _, flags, _, _ = QUERY.unpack(query)
            if flags & _UNUSABLE:
                return None
            fcntl.ioctl(self._fd, G_CTRL, control)
        except OSError as error:
            if error.errno in _GONE:
                raise
            return None  # EINVAL or ENOTTY; cameras with faults in their firmware give others
        return CONTROL.unpack(control)[1], most
