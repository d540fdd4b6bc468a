"""What a frame of 640×480 takes while everything is steady: no copy of the picture, and nothing that stays."""

import gc
import tracemalloc
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.frames.base import Frame
from binarycop.frames.drawing import Head, background, draw
from binarycop.frames.packed_picture import CODES, PackedPicture
from binarycop.geometry import Box, CropGeometry
from binarycop.pixels import Pixels
from binarycop.service.perception import LaneView
from binarycop.settings.faces import FacesSettings
from binarycop.tracking.runner import SyncRunner
from binarycop.tracking.tracker import Tracker

RATE_HZ, WARM_UP, COUNT = 30.0, 45, 40
FACE = Box(240.0, 140.0, 160.0, 200.0)


class Seen:
    """A detector that sees what it is told, and looks at no pixels."""

    name = "seen"

    def __init__(self, faces: list[Face]) -> None:
        self.faces = faces

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        return self.faces


def array(pixels: NDArray[np.uint8]) -> Pixels:
    return pixels


def packed(pixels: NDArray[np.uint8]) -> Pixels:
    """As a camera sends YUYV: brightness, and grey for every colour."""
    lines = np.dstack([cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.full(pixels.shape[:2], 128, np.uint8)])
    return PackedPicture(np.ascontiguousarray(lines), CODES["YUYV"])


@pytest.mark.parametrize("faces", [[], [Face(FACE, 0.9)]], ids=["nobody", "somebody"])
@pytest.mark.parametrize("kind", [array, packed])
def test_a_steady_frame_takes_less_than_half_of_a_picture_and_leaves_nothing(
    kind: Callable[[NDArray[np.uint8]], Pixels], faces: list[Face]
) -> None:
    rng = np.random.default_rng(1)
    room = background(rng, 640, 480)
    if faces:
        draw(room, Head.random(rng, None), 320.0, 240.0, 200.0)
    settings = FacesSettings(find_every=10_000)  # a detector needs the whole picture, in its own thread
    view = LaneView(Tracker(SyncRunner(Seen(faces)), settings), CropGeometry(1.2, 0.05))
    frames = [Frame(kind(room), number / RATE_HZ, number) for number in range(WARM_UP + COUNT)]
    for frame in frames[:WARM_UP]:
        view.look(frame, frame.captured_s)
    tracemalloc.start()
    try:
        view.look(frames[WARM_UP], frames[WARM_UP].captured_s)
        gc.collect()  # it also empties Python's lists of free tuples, which grow up to 2000
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for frame in frames[WARM_UP + 1 :]:
            sighting, crops = view.look(frame, frame.captured_s)
        assert (sighting.box is None, crops is None) == (not faces, not faces)
        del sighting, crops
        _, peak = tracemalloc.get_traced_memory()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < room.nbytes / 2
    assert after - before < 1024
