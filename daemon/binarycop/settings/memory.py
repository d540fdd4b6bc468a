"""How much memory the daemon needs with given settings, against the limit of its unit.

The figures are above what was measured on x86 with recordings (docs/service.md): a camera's driver has buffers of its
own, and the C library of a board was not measured.
"""

from binarycop.settings.faces import DetectorKind
from binarycop.settings.schema import Settings

UNIT_MIB = 256
"""MemoryMax= of binarycop.service; a test compares."""

_BASE_MIB = 88.0  # Python, OpenCV, numpy, the network
_LANE_MIB = 2.5
_DETECTOR_MIB = 6.0
_FRAMES = 5.5  # whole frames that a lane has at once, from the camera's driver to the detector
_FREED_FRAMES = 9  # of the largest size: the C library keeps memory that was freed
_BYTES_PER_PX = 3
_SPARE = 1.25


def needed_mib(settings: Settings) -> int:
    """The most resident memory, in MiB. Lanes with the same detector settings share one detector."""
    detectors = {
        (lane.faces.finder, lane.faces.lookout, lane.faces.yunet)
        for lane in settings.gates
        if lane.faces.finder is not DetectorKind.FIXED
    }
    frames_px = [lane.frames.width_px * lane.frames.height_px for lane in settings.gates]
    frames_mib = _BYTES_PER_PX * (_FRAMES * sum(frames_px) + _FREED_FRAMES * max(frames_px)) / 2**20
    return round(_BASE_MIB + _LANE_MIB * len(settings.gates) + _DETECTOR_MIB * len(detectors) + frames_mib)


def limit_mib(settings: Settings) -> int:
    """The MemoryMax= that the unit must have: the need plus a quarter of it as reserve, at least the unit's own."""
    return max(UNIT_MIB, round(_SPARE * needed_mib(settings)))
