"""Plays drawn pictures into vivid's video output, which vivid's camera then captures.

``camera_player FILE MARK`` plays the raw pictures of FILE again and again, and notifies systemd after the first one.
While the file MARK does not exist it plays only the first pictures, which show nobody. A sensor never gives the same
picture twice, so four pixels of the upper row count the pictures.
"""

import fcntl
import mmap
import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WIDTH_PX, HEIGHT_PX = 320, 240
PICTURE_BYTES = WIDTH_PX * HEIGHT_PX * 2
"""A picture is YUYV: (240, 320, 2) uint8. vivid shows 25 a second."""
SHOWN_TIMES = 3
EMPTY = 10
"""This many pictures at the start of the file show nobody."""

# linux/videodev2.h: v4l2_queryctrl, v4l2_control, v4l2_format, v4l2_requestbuffers, v4l2_buffer, and their ioctls.
_QUERY = struct.Struct("II32siiiiI8x")
_CONTROL = struct.Struct("Ii")
_FORMAT = struct.Struct("I4xIII188x")
_REQUEST = struct.Struct("III8x")
_BUFFER = struct.Struct("III48xIQI12x")
_QUERYCTRL, _S_CTRL, _S_FMT, _STREAMON = 0xC0445624, 0xC008561C, 0xC0D05605, 0x40045612
_REQBUFS, _QUERYBUF, _QBUF, _DQBUF = 0xC0145608, 0xC0585609, 0xC058560F, 0xC0585611
_NEXT = 0x80000000
_OUTPUT, _MAPPED, _BUFFERS = 2, 1, 4
_COUNTER_PX = (0, 16, 32, 48)
_YUYV = int.from_bytes(b"YUYV", "little")


def main() -> None:
    """Runs until an error ends it."""
    output, camera = _node("-vid-out"), _node("-vid-cap")
    with open(camera, "rb", buffering=0) as capture:
        _set(capture.fileno(), "Loop Video", 1)
        _set(capture.fileno(), "OSD Text Mode", 2)
    device = os.open(output, os.O_RDWR)
    _ask(device, _S_FMT, _FORMAT, _OUTPUT, WIDTH_PX, HEIGHT_PX, _YUYV)
    _ask(device, _REQBUFS, _REQUEST, _BUFFERS, _OUTPUT, _MAPPED)
    buffers = [_map(device, index) for index in range(_BUFFERS)]
    is_notified = False
    for number, picture in enumerate(_pictures(Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]))):
        index = number
        if number >= _BUFFERS:
            if not is_notified:
                fcntl.ioctl(device, _STREAMON, struct.pack("i", _OUTPUT))
                _notify_systemd()
                is_notified = True
            # This waits until vivid has shown a picture.
            index, *_ = _ask(device, _DQBUF, _BUFFER, 0, _OUTPUT, 0, _MAPPED, 0, 0)
        buffers[index][:] = picture
        for place, column_px in enumerate(_COUNTER_PX):
            buffers[index][2 * column_px] = 16 + 3 * (number >> 6 * place & 63)  # the pixel's brightness
        _ask(device, _QBUF, _BUFFER, index, _OUTPUT, PICTURE_BYTES, _MAPPED, 0, 0)


def _pictures(data: bytes, mark: Path) -> Iterator[bytes]:
    while True:
        pictures = len(data) // PICTURE_BYTES if mark.exists() else EMPTY
        for start in range(0, pictures * PICTURE_BYTES, PICTURE_BYTES):
            for _ in range(SHOWN_TIMES):
                yield data[start : start + PICTURE_BYTES]


def _node(end: str) -> str:
    [name] = [file.parent for file in Path("/sys/class/video4linux").glob("*/name") if end in file.read_text()]
    return f"/dev/{name.name}"


def _map(device: int, index: int) -> mmap.mmap:
    *_, offset, length = _ask(device, _QUERYBUF, _BUFFER, index, _OUTPUT, 0, _MAPPED, 0, 0)
    if length != PICTURE_BYTES:
        raise OSError(f"vivid's buffer has {length} bytes, a picture has {PICTURE_BYTES}")
    return mmap.mmap(device, length, offset=offset)


def _set(device: int, name: str, value: int) -> None:
    """Set the control with that name. Raises OSError (EINVAL) if there is none."""
    number = _NEXT
    while True:
        control, _, found_name, *_ = _ask(device, _QUERYCTRL, _QUERY, number, 0, b"", 0, 0, 0, 0, 0)
        if found_name.rstrip(b"\0").decode() == name:
            _ask(device, _S_CTRL, _CONTROL, control, value)
            return
        number = control | _NEXT


def _ask(device: int, request: int, form: struct.Struct, *values: int | bytes) -> tuple[Any, ...]:
    """Send an ioctl. Returns the values that the kernel has written."""
    argument = bytearray(form.pack(*values))
    fcntl.ioctl(device, request, argument)
    return form.unpack(argument)


def _notify_systemd() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])


if __name__ == "__main__":
    main()
