"""Which source the settings' ``source`` means."""

from pathlib import Path

from binarycop.clock import Clock
from binarycop.errors import SourceError
from binarycop.frames.base import Source
from binarycop.frames.camera import Camera, CameraSettings
from binarycop.frames.clip import Clip
from binarycop.frames.demo import Demo
from binarycop.frames.folder import Folder, FolderSettings

DEMO = "demo"
_RIGHT = "a source is demo, a camera's number or /dev path, a video file, or a folder of pictures"


def is_camera(spec: str) -> bool:
    """Whether this names a camera, there or not: a number, or a path in /dev."""
    return (spec.isascii() and spec.isdecimal()) or spec.startswith("/dev/")


def is_recording(spec: str) -> bool:
    """Whether this is anything else: it has an end, and its own time."""
    return not is_camera(spec)


def open_source(
    spec: str,
    clock: Clock,
    *,
    camera: CameraSettings | None = None,
    folder: FolderSettings | None = None,
) -> Source:
    """Open what ``spec`` says. Raises SourceError where it is not there, or is nothing that gives frames."""
    if spec == DEMO:
        return Demo()
    if is_camera(spec):
        return Camera(spec, clock, camera)
    if not spec:
        raise SourceError(spec, f"is empty; {_RIGHT}")
    path = Path(spec)
    try:
        is_folder, is_file, is_there = path.is_dir(), path.is_file(), path.exists()
    except OSError as error:
        raise SourceError(spec, f"cannot be looked at: {error.strerror}; {_RIGHT}") from error
    if is_folder:
        return Folder(path, folder)
    if is_file:
        return Clip(path)
    raise SourceError(spec, f"{'is neither file nor folder' if is_there else 'does not exist'}; {_RIGHT}")
