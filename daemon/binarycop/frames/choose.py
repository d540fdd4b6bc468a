"""Opens the source that ``frames.source`` names."""

from pathlib import Path

from binarycop.clock import Clock
from binarycop.errors import SourceError
from binarycop.frames.base import Recording, Source
from binarycop.frames.camera import Camera, CameraSettings
from binarycop.frames.clip import Clip
from binarycop.frames.demo import Demo
from binarycop.frames.folder import Folder, FolderSettings
from binarycop.frames.names import DEMO, KINDS, is_camera, why_none
from binarycop.trace import NO_TRACER, Tracer


def open_source(spec: str, clock: Clock, camera: CameraSettings, tracer: Tracer = NO_TRACER) -> Source:
    """Open the camera or recording that ``spec`` names. Raises SourceError if that is not possible."""
    return Camera(spec, clock, camera, tracer=tracer) if is_camera(spec) else open_recording(spec)


def open_recording(spec: str, folder: FolderSettings | None = None) -> Recording:
    """Open the demo, a clip or a folder of pictures. Raises SourceError if ``spec`` is none of these."""
    if spec == DEMO:
        return Demo()
    if not spec:  # as a path it would be this folder
        raise SourceError(spec, why_none(spec))
    path = Path(spec)
    try:
        is_folder, is_file, exists = path.is_dir(), path.is_file(), path.exists()
    except OSError as error:
        raise SourceError(spec, f"cannot be read: {error.strerror}; {KINDS}") from error
    if is_folder:
        return Folder(path, folder)
    if is_file:
        return Clip(path)
    if exists:
        raise SourceError(spec, f"is neither file nor folder; {KINDS}")
    raise SourceError(spec, why_none(spec))
