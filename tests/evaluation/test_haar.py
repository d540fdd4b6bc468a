"""The Haar cascade, which is only for comparison."""

import cv2
import numpy as np
import pytest

from binarycop.errors import DetectorError
from binarycop.evaluation.haar import Haar


@pytest.mark.skipif(not hasattr(cv2, "CascadeClassifier"), reason="OpenCV 5 has no cascades")
def test_no_face_is_detected_on_a_bare_wall() -> None:
    assert Haar().detect(np.full((120, 160, 3), 128, np.uint8)) == []


def test_an_opencv_without_cascades_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "CascadeClassifier", raising=False)
    with pytest.raises(DetectorError, match="has no haarcascade_frontalface_default"):
        Haar()
