"""The search finds the canary in every form, and nothing in other data."""

import base64
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.system.privacy.canary import Probe, Search, draw, probes
from tests.system.privacy.report import lines_with

FRAME = draw(640, 480)
CROP = np.ascontiguousarray(cv2.resize(FRAME, (32, 32), interpolation=cv2.INTER_AREA)[:, :, ::-1])
JPEG = cv2.imencode(".jpg", FRAME)[1].tobytes()
SEARCH = Search(probes([FRAME], [CROP], [JPEG]))


@pytest.mark.parametrize(
    "hidden",
    [
        FRAME.tobytes(),
        FRAME[:, :, ::-1].tobytes(),
        CROP.tobytes(),
        JPEG,
        JPEG[len(JPEG) // 3 :],
        cv2.imencode(".png", FRAME)[1].tobytes(),
        cv2.imencode(".jpg", CROP[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes(),
        cv2.resize(FRAME, (160, 120), interpolation=cv2.INTER_NEAREST).tobytes(),
        cv2.cvtColor(FRAME, cv2.COLOR_BGR2GRAY).tobytes(),
        base64.b64encode(CROP.tobytes()),
        CROP.tobytes().hex().encode(),
        str(CROP.reshape(-1).tolist()).encode(),
    ],
    ids=["BGR", "RGB", "crop", "JPEG", "half a JPEG", "PNG", "crop's JPEG", "small", "grey", "base64", "hex", "list"],
)
def test_it_is_found(hidden: bytes, tmp_path: Path) -> None:
    assert SEARCH.of(b"before" + hidden + b"after")
    (tmp_path / "file").write_bytes(b"before" + hidden + b"after")
    assert SEARCH.of_file(tmp_path / "file")


def test_another_picture_is_not_mistaken_for_the_canary() -> None:
    other = draw(640, 480, seed=12)
    for hidden in (other.tobytes(), cv2.imencode(".jpg", other)[1].tobytes(), cv2.imencode(".png", other)[1].tobytes()):
        assert SEARCH.of(hidden) == []
    assert SEARCH.of(bytes(100_000)) == []


def test_it_is_found_across_two_chunks_of_a_large_file(tmp_path: Path) -> None:
    probe = Probe("one", os.urandom(16))
    (tmp_path / "large").write_bytes(bytes((1 << 24) - 7) + probe.piece + bytes(100))
    assert Search([probe]).of_file(tmp_path / "large") == ["one"]


def test_it_is_found_in_memory() -> None:
    held = bytearray(FRAME.tobytes())
    assert SEARCH.of_memory(os.getpid())
    assert len(held) == FRAME.size


def test_a_line_with_all_four_scores_is_found_with_any_separators() -> None:
    scores = [-12, 40, 8, 132]
    text = "person 1 in front\nscores 40, -12 | 132 8\nmargin 132, 40 of 8\n"
    assert lines_with(text, scores) == ["scores 40, -12 | 132 8"]
