"""Makes the detector that the settings select."""

from pathlib import Path

from binarycop.bundle.search import CHECKOUT
from binarycop.detection.base import Detector
from binarycop.detection.fixed_region import FixedRegion
from binarycop.detection.lookout.detector import Lookout
from binarycop.detection.yunet import YuNet
from binarycop.errors import DetectorError
from binarycop.settings.faces import DetectorKind, FacesSettings, YuNetSettings

_YUNET_MODEL = CHECKOUT.parent / "shared" / "data" / "models" / "face_detection_yunet_2023mar.onnx"


def make_detector(settings: FacesSettings, *, is_demo: bool = False, subtract_background: bool = True) -> Detector:
    """Make the detector of ``settings.finder``. Raises DetectorError.

    is_demo: ``auto`` is then ``fixed``, since the demo's drawn heads stand at one place; otherwise it is ``lookout``.
    subtract_background: see ``FixedRegion``.
    """
    kind = settings.finder
    if kind is DetectorKind.AUTO:
        kind = DetectorKind.FIXED if is_demo else DetectorKind.LOOKOUT
    if kind is DetectorKind.LOOKOUT:
        lookout = settings.lookout
        return Lookout.load(lookout.engine, longer_px=lookout.longer_px, threshold=lookout.threshold)
    if kind is DetectorKind.YUNET:
        return YuNet(
            yunet_model(settings.yunet), longer_px=settings.yunet.longer_px, threshold=settings.yunet.threshold
        )
    region = settings.fixed
    return FixedRegion(region.left, region.top, region.width, region.height, subtract_background=subtract_background)


def yunet_model(settings: YuNetSettings) -> Path:
    """The model file of ``yunet``. DetectorError if the settings name none, and none is beside a checkout."""
    if settings.model:
        return Path(settings.model)
    if not _YUNET_MODEL.is_file():
        raise DetectorError("detector yunet: its model does not ship with the project; set faces.yunet.model")
    return _YUNET_MODEL
