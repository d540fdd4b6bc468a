"""Where the model file of the detector ``yunet`` is. A separate module, since it needs no OpenCV."""

from pathlib import Path

from binarycop.bundle.search import CHECKOUT
from binarycop.errors import DetectorError
from binarycop.settings.faces import YuNetSettings

_BESIDE_CHECKOUT = CHECKOUT.parent / "shared" / "data" / "models" / "face_detection_yunet_2023mar.onnx"


def yunet_file(settings: YuNetSettings) -> Path:
    """The model file of ``yunet``. DetectorError if the settings name none, and none is beside a checkout."""
    if settings.model:
        return Path(settings.model)
    if not _BESIDE_CHECKOUT.is_file():
        raise DetectorError("detector yunet: its model does not ship with the project; set faces.yunet.model")
    return _BESIDE_CHECKOUT
