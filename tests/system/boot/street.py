"""What the machine's camera looks at: plays drawn pictures into vivid's output, which its camera is made to see.

``street FILE MARK`` plays the raw pictures of FILE, round and round, and tells systemd once the first is on its way.
While there is no file MARK it goes no further than the first pictures, in which nobody is.
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
"""So many pictures at the film's begin show nobody."""

# linux/videodev2.h: v4l2_queryctrl, v4l2_control, v4l2_format, v4l2_requestbuffers, v4l2_buffer, and what takes them.
_QUERY = struct.Struct("II32siiiiI8x")
_CONTROL = struct.Struct("Ii")
_FORMAT = struct.Struct("I4xIII188x")
_REQUEST = struct.Struct("III8x")
_BUFFER = struct.Struct("III48xIQI12x")
_QUERYCTRL, _S_CTRL, _S_FMT, _STREAMON = 0xC0445624, 0xC008561C, 0xC0D05605, 0x40045612
_REQBUFS, _QUERYBUF, _QBUF, _DQBUF = 0xC0145608, 0xC0585609, 0xC058560F, 0xC0585611
_NEXT = 0x80000000
_OUTPUT, _MAPPED, _BUFFERS = 2, 1, 4
_YUYV = int.from_bytes(b"YUYV", "little")


def main() -> None:
    """Never comes back, unless by an error."""
    output, camera = _node("-vid-out"), _node("-vid-cap")
    with open(camera, "rb", buffering=0) as seeing:
        _set(seeing.fileno(), "Loop Video", 1)
        _set(seeing.fileno(), "OSD Text Mode", 2)
    device = os.open(output, os.O_RDWR)
    _ask(device, _S_FMT, _FORMAT, _OUTPUT, WIDTH_PX, HEIGHT_PX, _YUYV)
    _ask(device, _REQBUFS, _REQUEST, _BUFFERS, _OUTPUT, _MAPPED)
    places = [_map(device, index) for index in range(_BUFFERS)]
    told = False
    for number, picture in enumerate(_pictures(Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]))):
        index = number
        if number >= _BUFFERS:
            if not told:
                fcntl.ioctl(device, _STREAMON, struct.pack("i", _OUTPUT))
                _tell_systemd()
                told = True
            # Waits until vivid has shown one.
            index, *_ = _ask(device, _DQBUF, _BUFFER, 0, _OUTPUT, 0, _MAPPED, 0, 0)
        places[index][:] = picture
        _ask(device, _QBUF, _BUFFER, index, _OUTPUT, PICTURE_BYTES, _MAPPED, 0, 0)


def _pictures(film: bytes, mark: Path) -> Iterator[bytes]:
    while True:
        pictures = len(film) // PICTURE_BYTES if mark.exists() else EMPTY
        for start in range(0, pictures * PICTURE_BYTES, PICTURE_BYTES):
            for _ in range(SHOWN_TIMES):
                yield film[start : start + PICTURE_BYTES]


def _node(end: str) -> str:
    [name] = [file.parent for file in Path("/sys/class/video4linux").glob("*/name") if end in file.read_text()]
    return f"/dev/{name.name}"


def _map(device: int, index: int) -> mmap.mmap:
    *_, offset, length = _ask(device, _QUERYBUF, _BUFFER, index, _OUTPUT, 0, _MAPPED, 0, 0)
    if length != PICTURE_BYTES:
        raise OSError(f"vivid wants {length} bytes for a picture, {PICTURE_BYTES} are right")
    return mmap.mmap(device, length, offset=offset)


def _set(device: int, name: str, value: int) -> None:
    """Set the control of that name. Raises OSError (EINVAL) where there is none."""
    number = _NEXT
    while True:
        found, _, said, *_ = _ask(device, _QUERYCTRL, _QUERY, number, 0, b"", 0, 0, 0, 0, 0)
        if said.rstrip(b"\0").decode() == name:
            _ask(device, _S_CTRL, _CONTROL, found, value)
            return
        number = found | _NEXT


def _ask(device: int, request: int, form: struct.Struct, *values: int | bytes) -> tuple[Any, ...]:
    """What the kernel has made of ``values``."""
    asked = bytearray(form.pack(*values))
    fcntl.ioctl(device, request, asked)
    return form.unpack(asked)


def _tell_systemd() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])


if __name__ == "__main__":
    main()
