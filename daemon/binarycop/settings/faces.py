"""Settings of ``faces``: detection and tracking."""

from dataclasses import dataclass
from enum import Enum

from binarycop.settings.field import bounded


class DetectorKind(Enum):
    """Which detector finds the faces; auto is ``lookout``, and ``fixed`` for the demo."""

    AUTO = "auto"
    LOOKOUT = "lookout"
    YUNET = "yunet"
    FIXED = "fixed"


class EngineKind(Enum):
    """Which library runs the networks of ``lookout``; auto is ncnn if it is installed, otherwise OpenCV."""

    AUTO = "auto"
    OPENCV = "opencv"
    NCNN = "ncnn"


@dataclass(frozen=True)
class LookoutSettings:
    """The detector ``lookout``, which is included in the project."""

    engine: EngineKind = EngineKind.AUTO
    """Which library runs the two networks."""

    longer_px: int = bounded(320, 64, 1280)
    """A larger frame is shrunk to this longer side, in pixels, before detection.

    Half of it takes a quarter of the time. Lookout is not made for faces below 16 px of the shrunk frame.
    """

    threshold: float = bounded(0.48, 0.05, 0.99)
    """Smallest confidence that counts as a face.

    The default is the lowest with at most 0.1 false positives per picture (MODEL.md).
    """


@dataclass(frozen=True)
class YuNetSettings:
    """The detector ``yunet``."""

    model: str = ""
    """Path of the model file, which is not included. Empty: ``../shared/data/models`` next to a checkout."""

    longer_px: int = bounded(320, 64, 1280)
    """A larger frame is shrunk to this longer side, in pixels, before detection."""

    threshold: float = bounded(0.5, 0.05, 0.99)
    """Smallest confidence that counts as a face."""


@dataclass(frozen=True)
class FixedRegionSettings:
    """The detector ``fixed``: where a face is when a person stands on the mark. The defaults suit the demo only."""

    left: float = bounded(0.356, 0, 0.95)
    """Left edge, as a share of the frame's width."""

    top: float = bounded(0.225, 0, 0.95)
    """Upper edge, as a share of the frame's height."""

    width: float = bounded(0.288, 0.02, 1)
    """Width, as a share of the frame's width."""

    height: float = bounded(0.492, 0.02, 1)
    """Height, as a share of the frame's height."""


@dataclass(frozen=True)
class FacesSettings:
    """Detection and tracking."""

    finder: DetectorKind = DetectorKind.AUTO
    """Which detector finds the faces."""

    least_px: int = bounded(40, 8, 1024, reloadable=True)
    """Smallest face that counts: the shorter side of its box, in pixels of the frame.

    The default is the smallest width at which recall is that of near faces, in frames of 640×480 (EXPERIMENTS.md of
    overlays). At a gate, set half the size of a face at the spot where people stop, but not less than the default, so
    that people further back do not count, and nobody is judged from too far away.
    """

    find_every: int = bounded(4, 1, 100, reloadable=True)
    """While something moves, the detector runs in one of this many frames; in the others, faces are tracked.

    It also runs when a new person may be coming, and while a track is lost. It does not run while the scene is static
    and every track is visible.
    """

    lost_s: float = bounded(0.5, 0.05, 10, reloadable=True)
    """Seconds that a track may be lost; after that, the person has left.

    While no frame comes, nobody has left for 2 s, but no vote counts from before a gap longer than this.
    """

    still_s: float = bounded(60.0, 10, 3600, reloadable=True)
    """Seconds after which a face that never moves counts as a picture: it is left out until it moves.

    Only the time counts in which somebody else walks. A person who has walked into view is never left out.
    """

    deadline_s: float = bounded(2.0, 0.1, 60, reloadable=True)
    """Seconds that a frame may wait for its detection, or may be processed; after that, the gate reports a fault."""

    lookout: LookoutSettings = LookoutSettings()
    """The detector ``lookout``."""

    yunet: YuNetSettings = YuNetSettings()
    """The detector ``yunet``."""

    fixed: FixedRegionSettings = FixedRegionSettings()
    """The detector ``fixed``."""
