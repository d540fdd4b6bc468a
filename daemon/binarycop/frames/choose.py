"""Opens the source that ``frames.source`` names."""

import os
import re
from pathlib import Path

from binarycop.clock import Clock
from binarycop.errors import SourceError
from binarycop.frames.base import Source
from binarycop.frames.camera import Camera, CameraSettings, device_path
from binarycop.frames.clip import Clip
from binarycop.frames.demo import Demo
from binarycop.frames.folder import Folder, FolderSettings

DEMO = "demo"
# A camera's path without some of its slashes; only the names of the links to it may have large letters.
_DEVICE = re.compile(r"/?(?:dev/?)?(?:video *([0-9]{1,3})|((?:v4l|binarycop)/.+))", re.IGNORECASE)
_KINDS = "a source is demo, a camera's number or /dev path, a video file, or a folder of pictures"


def is_camera(spec: str) -> bool:
    """Whether this names a camera, connected or not: a number, or a path in /dev."""
    return (spec.isascii() and spec.isdecimal()) or spec.startswith("/dev/")


def is_recording(spec: str) -> bool:
    """Whether this names anything else than a camera: it has an end and its own time."""
    return not is_camera(spec)


def open_source(spec: str, clock: Clock, camera: CameraSettings) -> Source:
    """Open the camera or recording that ``spec`` names. Raises SourceError if that is not possible."""
    return Camera(spec, clock, camera) if is_camera(spec) else open_recording(spec)


def open_recording(spec: str, folder: FolderSettings | None = None) -> Source:
    """Open the demo, a clip or a folder of pictures. Raises SourceError if ``spec`` is none of these."""
    if spec == DEMO:
        return Demo()
    if not spec:  # as a path it would be this folder
        raise SourceError(spec, _why_none(spec))
    path = Path(spec)
    try:
        is_folder, is_file, exists = path.is_dir(), path.is_file(), path.exists()
    except OSError as error:
        raise SourceError(spec, f"cannot be read: {error.strerror}; {_KINDS}") from error
    if is_folder:
        return Folder(path, folder)
    if is_file:
        return Clip(path)
    if exists:
        raise SourceError(spec, f"is neither file nor folder; {_KINDS}")
    raise SourceError(spec, _why_none(spec))


def absence(spec: str) -> str | None:
    """Why there is no source of this name now; None if there is something, whatever it is. Opens nothing."""
    if is_camera(spec):
        device = device_path(spec)
        return None if os.path.exists(device) else f"there is no {device} now; is the camera plugged in?"
    return None if spec == DEMO or os.path.exists(spec) else _why_none(spec)


def _why_none(spec: str) -> str:
    if not spec:
        return f"is empty; {_KINDS}"
    if "://" in spec:
        return f"is an address, and network cameras are not supported; {_KINDS}"
    meant = _near_miss(spec)
    return f"does not exist; {f'did you mean {meant}?' if meant else _KINDS}"


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
