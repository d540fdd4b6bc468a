"""A bundle, labelled pictures and a clip for the commands."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.bundle.files import Bundle
from binarycop.classes import MaskClass
from binarycop.frames.drawing import Head, background, draw


@pytest.fixture
def bundle(tiny_bundle: Bundle) -> str:
    return str(tiny_bundle.folder)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two drawn people for each class and two without a mask, a broken picture, and a file that is no picture."""
    rng = np.random.default_rng(4)
    people: list[tuple[str, MaskClass | None]] = [(mask_class.label, mask_class) for mask_class in MaskClass]
    people.append(("no_mask", None))
    for folder, mask_class in people:
        (tmp_path / folder).mkdir()
        for index in range(2):
            canvas = background(rng, 160, 160)
            draw(canvas, Head.random(rng, mask_class), 80.0, 84.0, 90.0)
            cv2.imwrite(str(tmp_path / folder / f"{index}.png"), canvas)
    (tmp_path / "nose" / "broken.jpg").write_bytes(b"\xff\xd8 not a picture")
    (tmp_path / "nose" / "notes.txt").write_text("left out")
    return tmp_path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds. Somebody stands in the fixed region for one second, after half a second."""
    rng = np.random.default_rng(8)
    room, head = background(rng, 320, 240), Head.random(rng, MaskClass.CORRECT)
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (320, 240))
    for index in range(40):
        frame = room.copy()
        if 10 <= index < 30:
            draw(frame, head, 160.0, 113.0, 118.0)
        writer.write(frame)
    writer.release()
    return path
