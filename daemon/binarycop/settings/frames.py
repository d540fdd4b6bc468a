"""Settings of ``frames``: the camera or recording of a gate."""

from dataclasses import dataclass
from enum import Enum

from binarycop.settings.field import bounded


class PixelFormat(Enum):
    """The format that a camera is asked for: compressed (JPEG), or raw 4:2:2."""

    MJPG = "MJPG"
    YUYV = "YUYV"


@dataclass(frozen=True)
class FramesSettings:
    """Where the frames come from. Size, rate and format are requests: the event ``started`` has what a camera sends."""

    source: str = "demo"
    """``demo``, a camera (``0``, ``/dev/video0``), a video file, or a folder of pictures."""

    width_px: int = bounded(640, 64, 4096)
    """Width of a camera's frames, in pixels."""

    height_px: int = bounded(480, 64, 4096)
    """Height of a camera's frames, in pixels."""

    rate_hz: float = bounded(30.0, 1, 240)
    """Frames per second of a camera."""

    pixel_format: PixelFormat = PixelFormat.MJPG
    """``MJPG`` or ``YUYV``. MJPG is the default, since a USB camera sends larger frames faster with it.

    YUYV costs the processor less: a JPEG is decoded as a whole, of a raw picture only what is looked at is converted.
    A camera without the one requested sends another format that is read (``frames/pixel_format.py``), or is refused.
    """

    stale_s: float = bounded(2.0, 0.2, 60)
    """Seconds without a new frame after which the gate reports a fault. An older frame is not used."""

    frozen_s: float = bounded(1.0, 0.5, 600)
    """Seconds without a new picture after which the camera is reported as frozen.

    A frame that repeats an earlier one is never used, so the fault comes after ``stale_s`` in any case.
    """
