"""Which finder the settings mean."""

from pathlib import Path

from binarycop.errors import FinderError
from binarycop.faces.base import Finder
from binarycop.faces.fixed import FixedSpot
from binarycop.faces.lookout.finder import Lookout
from binarycop.faces.yunet import YuNet
from binarycop.settings.schema import FacesSettings, FinderKind

_CHECKOUT = Path(__file__).resolve().parents[3]
_MODEL = _CHECKOUT.parent / "shared" / "data" / "models" / "face_detection_yunet_2023mar.onnx"


def make_finder(settings: FacesSettings, *, is_demo: bool = False, watches: bool = True) -> Finder:
    """Make the finder of the settings.

    auto is lookout; the demo's drawn heads stand on a marked spot, so for them it is the fixed spot. watches: see
    ``FixedSpot``. Raises FinderError.
    """
    kind = settings.finder
    if kind is FinderKind.AUTO:
        kind = FinderKind.FIXED if is_demo else FinderKind.LOOKOUT
    if kind is FinderKind.LOOKOUT:
        ours = settings.lookout
        return Lookout.shipped(ours.engine, longer_px=ours.longer_px, threshold=ours.threshold)
    if kind is FinderKind.YUNET:
        named = settings.yunet.model
        model = Path(named) if named else _MODEL
        if not named and not model.is_file():
            raise FinderError("finder yunet: its model does not ship with the project; name one in faces.yunet.model")
        return YuNet(model, longer_px=settings.yunet.longer_px, threshold=settings.yunet.threshold)
    spot = settings.fixed
    return FixedSpot(spot.left, spot.top, spot.width, spot.height, watches=watches)
