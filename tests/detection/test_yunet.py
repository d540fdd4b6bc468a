"""YuNet through plain cv2.dnn. Its model file is not ours to ship, so these need the shared data."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.detection.choose import make_detector
from binarycop.detection.yunet import YuNet
from binarycop.errors import DetectorError
from binarycop.frames.image import read_picture
from binarycop.settings.faces import DetectorKind, FacesSettings, YuNetSettings


@pytest.fixture
def model(shared_data: Path) -> Path:
    return shared_data / "models" / "face_detection_yunet_2023mar.onnx"


def labelled(shared_data: Path, most: int) -> list[tuple[Path, tuple[float, ...]]]:
    """Pictures of the dev split with the face's box as annotated."""
    rows = [line.split(",") for line in (shared_data / "real_photos" / "labels.csv").read_text().splitlines()[1:]]
    dev = [row for row in rows if row[8] == "dev"]
    return [(shared_data / "real_photos" / row[0], tuple(float(n) for n in row[3:7])) for row in dev[:most]]


def test_it_finds_masked_faces_where_they_are(model: Path, shared_data: Path) -> None:
    finder = YuNet(model, threshold=0.5)
    hits = 0
    pictures = labelled(shared_data, 40)
    for path, (x, y, width, height) in pictures:
        faces = finder.detect(read_picture(path))
        centres = [face.box.centre for face in faces]
        hits += any(x < cx < x + width and y < cy < y + height for cx, cy in centres)
    assert hits >= 0.9 * len(pictures)


def test_a_face_keeps_its_place_when_the_picture_grows(model: Path, shared_data: Path) -> None:
    path, _ = labelled(shared_data, 1)[0]
    pixels = read_picture(path)
    finder = YuNet(model, threshold=0.5)
    (small,) = finder.detect(pixels)
    wide = cv2.copyMakeBorder(pixels, 37, 11, 53, 29, cv2.BORDER_CONSTANT)
    face = max(finder.detect(wide), key=lambda one: one.box.area_px)
    assert face.box.centre == pytest.approx((small.box.centre[0] + 53, small.box.centre[1] + 37), abs=8)


def test_nobody_is_found_in_noise(model: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert YuNet(model, threshold=0.5).detect(noise) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (33, 500, 3), (700, 20, 3)])
def test_pictures_of_any_shape_are_taken(model: Path, shape: tuple[int, int, int]) -> None:
    assert YuNet(model, threshold=0.5).detect(np.full(shape, 128, np.uint8)) == []


def test_a_missing_or_broken_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match=r"there is no model file .*; set faces\.yunet\.model"):
        YuNet(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    with pytest.raises(DetectorError, match="cannot load"):
        YuNet(tmp_path / "bad.onnx")


def test_the_demo_uses_the_fixed_spot_and_says_which_finder_it_is() -> None:
    assert make_detector(FacesSettings(), is_demo=True).name == "fixed"
    with pytest.raises(DetectorError, match="there is no model file"):
        make_detector(FacesSettings(finder=DetectorKind.YUNET, yunet=YuNetSettings(model="/nonexistent.onnx")))
