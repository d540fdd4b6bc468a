"""What the name of a source means: the demo, a camera, or a path. It opens nothing, and needs no OpenCV."""

import os
import re
from pathlib import Path

DEMO = "demo"
KINDS = "a source is demo, a camera's number or /dev path, a video file, or a folder of pictures"
# A camera's path without some of its slashes; only the names of the links to it may have large letters.
_DEVICE = re.compile(r"/?(?:dev/?)?(?:video *([0-9]{1,3})|((?:v4l|binarycop)/.+))", re.IGNORECASE)


def is_camera(spec: str) -> bool:
    """Whether this names a camera, connected or not: a number, or a path in /dev."""
    return (spec.isascii() and spec.isdecimal()) or spec.startswith("/dev/")


def is_recording(spec: str) -> bool:
    """Whether this names something other than a camera: it has an end and its own time."""
    return not is_camera(spec)


def device_path(spec: str) -> Path:
    """The device file of a camera, from its number (``0`` is /dev/video0) or its path."""
    return Path(f"/dev/video{int(spec)}") if spec.isascii() and spec.isdecimal() else Path(spec)


def absence(spec: str) -> str | None:
    """Why there is no source of this name now; None if something of this name exists. Opens nothing."""
    if is_camera(spec):
        device = device_path(spec)
        return None if os.path.exists(device) else f"there is no {device} now; is the camera plugged in?"
    return None if spec == DEMO or os.path.exists(spec) else why_none(spec)


def why_none(spec: str) -> str:
    """Why nothing of this name exists, in words, and what it may mean."""
    if not spec:
        return f"is empty; {KINDS}"
    if "://" in spec:
        return f"is an address, and network cameras are not supported; {KINDS}"
    meant = _near_miss(spec)
    return f"does not exist; {f'did you mean {meant}?' if meant else KINDS}"


def _near_miss(spec: str) -> str | None:
    """The demo or the camera that ``spec`` means if it lacks a slash or has other letters; None if it means neither."""
    name = spec.strip()
    if name.lower() == DEMO:
        return DEMO
    device = _DEVICE.fullmatch(name)
    if device is None:
        return None
    number, link = device.groups()
    return f"/dev/{link}" if number is None else f"/dev/video{int(number)}"
