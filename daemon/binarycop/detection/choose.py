"""Makes the detector that the settings select."""

from binarycop.detection.base import Detector
from binarycop.detection.fixed_region import FixedRegion
from binarycop.detection.letterbox import fit_by_opencv
from binarycop.detection.lookout.detector import Lookout
from binarycop.detection.yunet import YuNet
from binarycop.detection.yunet_file import yunet_file
from binarycop.pixels import Fit
from binarycop.settings.faces import DetectorKind, FacesSettings


def make_detector(
    settings: FacesSettings, *, is_demo: bool = False, subtract_background: bool = True, fit: Fit = fit_by_opencv
) -> Detector:
    """Make the detector of ``settings.finder``. Raises DetectorError.

    is_demo: ``auto`` is then ``fixed``, since the demo's drawn heads stand at one place; otherwise it is ``lookout``.
    subtract_background: see ``FixedRegion``. fit: see ``letterbox``.
    """
    kind = settings.finder
    if kind is DetectorKind.AUTO:
        kind = DetectorKind.FIXED if is_demo else DetectorKind.LOOKOUT
    if kind is DetectorKind.LOOKOUT:
        lookout = settings.lookout
        return Lookout.load(lookout.engine, longer_px=lookout.longer_px, threshold=lookout.threshold, fit=fit)
    if kind is DetectorKind.YUNET:
        yunet = settings.yunet
        return YuNet(yunet_file(yunet), longer_px=yunet.longer_px, threshold=yunet.threshold, fit=fit)
    region = settings.fixed
    return FixedRegion(region.left, region.top, region.width, region.height, subtract_background=subtract_background)


def words_of(detector: Detector) -> str:
    """The detector, and which library runs its networks, e.g. ``lookout on ncnn``."""
    return f"{detector.name} on {detector.engine}" if isinstance(detector, Lookout) else detector.name
