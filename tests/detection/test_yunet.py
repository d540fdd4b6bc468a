"""YuNet in plain cv2.dnn. The project does not ship its model file, so most of these tests need the shared data."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.detection.choose import make_detector
from binarycop.detection.yunet import YuNet
from binarycop.errors import DetectorError
from binarycop.frames.image import read_picture
from binarycop.settings.faces import DetectorKind, FacesSettings, YuNetSettings
from tests.tried import Kind, tried


@pytest.fixture
def model(shared_data: Path) -> Path:
    return shared_data / "models" / "face_detection_yunet_2023mar.onnx"


def yunet(model: Path) -> YuNet:
    return YuNet(model, longer_px=320, threshold=0.5)


def labelled(shared_data: Path, count: int) -> list[tuple[Path, tuple[float, ...]]]:
    """Pictures of the dev split, and the annotated box of the face in each."""
    rows = [line.split(",") for line in (shared_data / "real_photos" / "labels.csv").read_text().splitlines()[1:]]
    dev = [row for row in rows if row[8] == "dev"]
    return [(shared_data / "real_photos" / row[0], tuple(float(n) for n in row[3:7])) for row in dev[:count]]


def test_it_detects_masked_faces_at_the_annotated_places(model: Path, shared_data: Path) -> None:
    detector = yunet(model)
    hits = 0
    pictures = labelled(shared_data, 40)
    for path, (x, y, width, height) in pictures:
        faces = detector.detect(read_picture(path))
        centres = [face.box.centre for face in faces]
        hits += any(x < cx < x + width and y < cy < y + height for cx, cy in centres)
    assert hits >= 0.9 * len(pictures)


def test_a_face_keeps_its_position_if_a_border_is_added(model: Path, shared_data: Path) -> None:
    path, _ = labelled(shared_data, 1)[0]
    pixels = read_picture(path)
    detector = yunet(model)
    (before,) = detector.detect(pixels)
    bordered = cv2.copyMakeBorder(pixels, 37, 11, 53, 29, cv2.BORDER_CONSTANT)
    after = max(detector.detect(bordered), key=lambda face: face.box.area_px)
    assert after.box.centre == pytest.approx((before.box.centre[0] + 53, before.box.centre[1] + 37), abs=8)


def test_no_face_is_detected_in_noise(model: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert yunet(model).detect(noise) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (33, 500, 3), (700, 20, 3)])
def test_pictures_of_any_shape_are_accepted(model: Path, shape: tuple[int, int, int]) -> None:
    assert yunet(model).detect(np.full(shape, 128, np.uint8)) == []


def test_a_missing_or_broken_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match=r"there is no model file .*; set faces\.yunet\.model"):
        yunet(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    with pytest.raises(DetectorError, match="cannot load"):
        yunet(tmp_path / "bad.onnx")
    with pytest.raises(DetectorError, match="cannot be read: File name too long"):
        yunet(tmp_path / ("a" * 300))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        pytest.param(data, what, id=what, marks=tried(Kind.BUILD, f"yunet's model file is {what}", "refused: says so"))
        for data, what in (
            (b"", "empty"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:8f\nsize 232589\n", "a pointer of Git LFS"),
            (b"<!DOCTYPE html><html></html>", "a web page (HTML)"),
        )
    ],
)
def test_a_model_file_that_never_arrived_is_called_what_it_is(data: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / "yunet.onnx").write_bytes(data)
    with pytest.raises(DetectorError, match=re.escape(f"yunet.onnx is {what}")):
        yunet(tmp_path / "yunet.onnx")


def test_the_demo_uses_the_fixed_region_unless_the_settings_name_a_detector() -> None:
    assert make_detector(FacesSettings(), is_demo=True).name == "fixed"
    with pytest.raises(DetectorError, match="there is no model file"):
        make_detector(FacesSettings(finder=DetectorKind.YUNET, yunet=YuNetSettings(model="/nonexistent.onnx")))
