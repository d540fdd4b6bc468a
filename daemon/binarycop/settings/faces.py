"""Settings of ``faces``: detection and tracking."""

from dataclasses import dataclass
from enum import Enum

from binarycop.settings.field import bounded


class DetectorKind(Enum):
    """Which finder; auto is lookout, and fixed for the demo."""

    AUTO = "auto"
    LOOKOUT = "lookout"
    YUNET = "yunet"
    FIXED = "fixed"


class EngineKind(Enum):
    """What runs the finder ``lookout``; auto is ncnn where it is installed, else OpenCV."""

    AUTO = "auto"
    OPENCV = "opencv"
    NCNN = "ncnn"


@dataclass(frozen=True)
class LookoutSettings:
    """The finder ``lookout``; frames are shrunk to ``longer_px`` for it."""

    engine: EngineKind = EngineKind.AUTO
    longer_px: int = bounded(320, 64, 1280)
    threshold: float = bounded(0.64, 0.05, 0.99)


@dataclass(frozen=True)
class YuNetSettings:
    """The finder ``yunet``; an empty model is looked for in a checkout's ../shared/data/models."""

    model: str = ""
    longer_px: int = bounded(320, 64, 1280)
    threshold: float = bounded(0.5, 0.05, 0.99)


@dataclass(frozen=True)
class FixedRegionSettings:
    """The finder ``fixed``: where a face is when its owner stands on the mark, as shares of the frame."""

    left: float = bounded(0.356, 0, 0.95)
    top: float = bounded(0.225, 0, 0.95)
    width: float = bounded(0.288, 0.02, 1)
    height: float = bounded(0.492, 0.02, 1)


@dataclass(frozen=True)
class FacesSettings:
    """Finding and following.

    find_every: the finder is asked in one of so many frames while something moves, and between them faces are
    followed. lost_s: how long a person may be out of sight within one passage. deadline_s: a finder that takes
    longer over a frame has failed.
    """

    finder: DetectorKind = DetectorKind.AUTO
    least_px: int = bounded(16, 8, 1024)
    find_every: int = bounded(4, 1, 100)
    lost_s: float = bounded(0.5, 0.05, 10)
    deadline_s: float = bounded(2.0, 0.1, 60)
    lookout: LookoutSettings = LookoutSettings()
    yunet: YuNetSettings = YuNetSettings()
    fixed: FixedRegionSettings = FixedRegionSettings()
