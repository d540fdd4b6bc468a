"""Settings of ``frames``: the camera or recording of a gate."""

from dataclasses import dataclass
from enum import Enum

from binarycop.settings.field import bounded


class PixelFormat(Enum):
    """What is asked of a camera: compressed, or raw 4:2:2."""

    MJPG = "MJPG"
    YUYV = "YUYV"


@dataclass(frozen=True)
class FramesSettings:
    """Where frames come from: ``demo``, a camera (0, /dev/video0), a clip or a folder of pictures."""

    source: str = "demo"
    width_px: int = bounded(640, 64, 4096)
    height_px: int = bounded(480, 64, 4096)
    rate_hz: float = bounded(30.0, 1, 240)
    pixel_format: PixelFormat = PixelFormat.MJPG
    stale_s: float = bounded(2.0, 0.2, 60)
    frozen_s: float = bounded(5.0, 0.5, 600)
