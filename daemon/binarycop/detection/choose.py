"""Which finder the settings mean."""

from pathlib import Path

from binarycop.detection.base import Detector
from binarycop.detection.fixed_region import FixedRegion
from binarycop.detection.lookout.detector import Lookout
from binarycop.detection.yunet import YuNet
from binarycop.errors import DetectorError
from binarycop.settings.faces import DetectorKind, FacesSettings

_CHECKOUT = Path(__file__).resolve().parents[3]
_MODEL = _CHECKOUT.parent / "shared" / "data" / "models" / "face_detection_yunet_2023mar.onnx"


def make_detector(settings: FacesSettings, *, is_demo: bool = False, watches: bool = True) -> Detector:
    """Make the finder of the settings.

    auto is lookout; the demo's drawn heads stand on a marked spot, so for them it is the fixed spot. watches: see
    ``FixedRegion``. Raises DetectorError.
    """
    kind = settings.finder
    if kind is DetectorKind.AUTO:
        kind = DetectorKind.FIXED if is_demo else DetectorKind.LOOKOUT
    if kind is DetectorKind.LOOKOUT:
        ours = settings.lookout
        return Lookout.shipped(ours.engine, longer_px=ours.longer_px, threshold=ours.threshold)
    if kind is DetectorKind.YUNET:
        named = settings.yunet.model
        model = Path(named) if named else _MODEL
        if not named and not model.is_file():
            raise DetectorError("finder yunet: its model does not ship with the project; name one in faces.yunet.model")
        return YuNet(model, longer_px=settings.yunet.longer_px, threshold=settings.yunet.threshold)
    spot = settings.fixed
    return FixedRegion(spot.left, spot.top, spot.width, spot.height, watches=watches)
