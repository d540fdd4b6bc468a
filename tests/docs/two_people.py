"""Draws docs/two.png, for the example of README.md and docs/api.md: ``python -m tests.docs.two_people``."""

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.frames.drawing import Head, background, draw
from tests.docs.pages import ROOT

FILE = ROOT / "docs" / "two.png"


def two_people() -> NDArray[np.uint8]:
    """Two drawn people, the right one larger, (480, 640, 3) BGR."""
    rng = np.random.default_rng(3)
    picture = background(rng, 640, 480)
    draw(picture, Head.random(rng, MaskClass.CORRECT), 160, 215, 130)
    draw(picture, Head.random(rng, MaskClass.NOSE), 460, 215, 160)
    return picture


if __name__ == "__main__":
    cv2.imwrite(str(FILE), two_people(), [cv2.IMWRITE_PNG_COMPRESSION, 9])
