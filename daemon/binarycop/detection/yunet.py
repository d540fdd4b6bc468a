"""The detector ``yunet``: OpenCV Zoo's YuNet (2023mar), from a model file that the settings name.

It runs in plain ``cv2.dnn`` and is decoded here, since the board's OpenCV 4.5.4 cannot load this file into its own
``FaceDetectorYN``. Decoding follows opencv/modules/objdetect/src/face_detect.cpp.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop import regular_file
from binarycop.detection.base import Face
from binarycop.detection.letterbox import fit_by_opencv, letterbox
from binarycop.errors import DetectorError
from binarycop.file_kind import lost_kind
from binarycop.geometry import Box
from binarycop.pixels import Fit

_STRIDES = (8, 16, 32)
# All twelve outputs are requested, since OpenCV 5 returns all or none. The landmarks (kps) are not used.
_OUTPUTS = tuple(f"{part}_{stride}" for part in ("cls", "obj", "bbox", "kps") for stride in _STRIDES)
_NMS_IOU = 0.3
_MAX_BYTES = 32 << 20  # the model has 0.2 MB
_LOG_SIZE_MAX = 8.0


class YuNet:
    """YuNet on frames that are shrunk to ``longer_px``.

    model: the ONNX file. threshold: smallest confidence that counts, 0 to 1. fit: see ``letterbox``.
    Raises DetectorError if the file is missing or this OpenCV cannot load it.
    """

    name = "yunet"

    def __init__(self, model: Path, *, longer_px: int, threshold: float, fit: Fit = fit_by_opencv) -> None:
        try:
            data = regular_file.read(model, _MAX_BYTES, follow_link=True)
            if kind := lost_kind(data):  # OpenCV Zoo has its models in Git LFS
                raise DetectorError(f"detector yunet: {model} is {kind}")
            self._net = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
        except FileNotFoundError as error:
            raise DetectorError(f"detector yunet: there is no model file {model}; set faces.yunet.model") from error
        except OSError as error:
            raise DetectorError(f"detector yunet: {model} cannot be read: {error.strerror}") from error
        except cv2.error as error:
            raise DetectorError(f"detector yunet: OpenCV {cv2.__version__} cannot load {model}: {error.err}") from error
        self._longer_px, self._threshold, self._fit = longer_px, threshold, fit

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``."""
        padded, scale = letterbox(pixels, self._longer_px, max(_STRIDES), fit=self._fit)
        try:
            self._net.setInput(cv2.dnn.blobFromImage(padded))
            outputs = dict(zip(_OUTPUTS, self._net.forward(_OUTPUTS)))
        except cv2.error as error:
            raise DetectorError(
                f"detector yunet: OpenCV {cv2.__version__} cannot run the model: {error.err}"
            ) from error
        boxes, confidences = _decode(outputs, padded.shape[1], padded.shape[0])
        is_likely = confidences >= self._threshold
        boxes, confidences = boxes[is_likely] / scale, confidences[is_likely]
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), confidences.tolist(), self._threshold, _NMS_IOU)
        return [Face(Box(*boxes[index].tolist()), float(confidences[index])) for index in np.asarray(kept, int).ravel()]


def _decode(
    outputs: dict[str, NDArray[np.float32]], width: int, height: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Boxes (N, 4) as x, y, width, height in pixels of the padded frame, and confidences (N,)."""
    boxes, confidences = [], []
    for stride in _STRIDES:
        rows, columns = height // stride, width // stride
        product = np.clip(outputs[f"cls_{stride}"].ravel(), 0, 1) * np.clip(outputs[f"obj_{stride}"].ravel(), 0, 1)
        confidences.append(np.sqrt(product))
        regression = outputs[f"bbox_{stride}"].reshape(-1, 4)
        row, column = np.divmod(np.arange(rows * columns), columns)
        # An extreme output must not overflow to infinity.
        sizes = np.exp(np.minimum(regression[:, 2:], _LOG_SIZE_MAX)) * stride
        centres = (regression[:, :2] + np.stack([column, row], axis=1)) * stride
        boxes.append(np.concatenate([centres - sizes / 2, sizes], axis=1))
    return np.concatenate(boxes), np.concatenate(confidences)
