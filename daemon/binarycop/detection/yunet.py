"""The finder ``yunet``: OpenCV Zoo's YuNet (2023mar), a model file that the settings name.

It is run through plain ``cv2.dnn`` and decoded here, since the board's OpenCV 4.5.4 cannot load this
file into its own ``FaceDetectorYN``. Decoding follows opencv/modules/objdetect/src/face_detect.cpp.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.detection.letterbox import letterbox
from binarycop.errors import DetectorError
from binarycop.geometry import Box

_STRIDES = (8, 16, 32)
# All twelve are asked for, since OpenCV 5 gives all or none; the landmarks (kps) are not used.
_OUTPUTS = tuple(f"{part}_{stride}" for part in ("cls", "obj", "bbox", "kps") for stride in _STRIDES)
_MAX_STRIDE = 32


class YuNet:
    """YuNet over frames shrunk to ``longer_px``.

    threshold: least confidence, 0 to 1. overlap: faces that share more than this are one.
    Raises DetectorError where the file is missing or this OpenCV cannot load it.
    """

    name = "yunet"

    def __init__(self, model: Path, *, longer_px: int = 320, threshold: float = 0.6, overlap: float = 0.3) -> None:
        if not model.is_file():
            raise DetectorError(f"finder yunet: there is no model file {model}; set faces.yunet.model")
        try:
            self._net = cv2.dnn.readNetFromONNX(str(model))
        except cv2.error as error:
            raise DetectorError(f"finder yunet: OpenCV {cv2.__version__} cannot load {model}: {error.err}") from error
        self._longer_px, self._threshold, self._overlap = longer_px, threshold, overlap

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """See ``Detector.detect``."""
        padded, scale = letterbox(pixels, self._longer_px, _MAX_STRIDE)
        try:
            self._net.setInput(cv2.dnn.blobFromImage(padded))
            outputs = dict(zip(_OUTPUTS, self._net.forward(_OUTPUTS)))
        except cv2.error as error:
            raise DetectorError(f"finder yunet: OpenCV {cv2.__version__} cannot run the model: {error.err}") from error
        boxes, scores = _decode(outputs, padded.shape[1], padded.shape[0])
        likely = scores >= self._threshold
        boxes, scores = boxes[likely] / scale, scores[likely]
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), self._threshold, self._overlap)
        return [Face(Box(*boxes[index].tolist()), float(scores[index])) for index in np.asarray(kept, int).ravel()]


def _decode(
    outputs: dict[str, NDArray[np.float32]], width: int, height: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Boxes (N, 4) as x, y, width, height in pixels of the padded picture, and scores (N,)."""
    boxes, scores = [], []
    for stride in _STRIDES:
        rows, columns = height // stride, width // stride
        certain = np.clip(outputs[f"cls_{stride}"].ravel(), 0, 1) * np.clip(outputs[f"obj_{stride}"].ravel(), 0, 1)
        scores.append(np.sqrt(certain))
        regression = outputs[f"bbox_{stride}"].reshape(-1, 4)
        row, column = np.divmod(np.arange(rows * columns), columns)
        # A wild value must not overflow into infinity: nothing is larger than e**8 strides.
        sizes = np.exp(np.minimum(regression[:, 2:], 8.0)) * stride
        centres = (regression[:, :2] + np.stack([column, row], axis=1)) * stride
        boxes.append(np.concatenate([centres - sizes / 2, sizes], axis=1))
    return np.concatenate(boxes), np.concatenate(scores)
