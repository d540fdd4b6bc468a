"""A camera is looked through as the kernel would give it, on a device that a preloaded library simulates."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.patience import PATIENCE_S

FAKE = Path(__file__).resolve().parents[1] / "frames/fake_v4l2.c"
COMPILER = shutil.which("cc") or shutil.which("gcc")
NOISE = np.random.default_rng(3).integers(60, 200, (240, 320, 3), np.uint8)

pytestmark = pytest.mark.skipif(sys.platform != "linux" or not COMPILER, reason="needs Linux and a C compiler")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("v4l2") / "fake_v4l2.so"
    subprocess.run(
        [str(COMPILER), "-shared", "-fPIC", "-O1", "-o", built, FAKE, "-ldl"], check=True, timeout=PATIENCE_S
    )
    return built


def cameras(library: Path, folder: Path, bundle: str, picture: np.ndarray, **fake: str) -> dict[str, Any]:
    """What doctor finds about the camera, by the name of the finding."""
    is_encoded, data = cv2.imencode(".jpg", picture)
    assert is_encoded
    (folder / "picture").write_bytes(data.tobytes())
    (folder / "gate.yaml").write_text(
        f"classifier: {{bundle: {bundle}}}\nframes: {{source: /dev/full, width_px: 320, height_px: 240}}\n"
        "lines: {factory: mock}\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENCV_")}
    environment |= {"LD_PRELOAD": str(library), "FAKE_PICTURE": str(folder / "picture")}
    environment |= {"FAKE_STAMP": str(folder / "stamp"), **{f"FAKE_{key}": value for key, value in fake.items()}}
    done = subprocess.run(
        [sys.executable, "-m", "binarycop", "doctor", "--json", "--config", str(folder / "gate.yaml")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    sections = {section["title"]: section["findings"] for section in json.loads(done.stdout)["sections"]}
    return {finding["name"]: finding for finding in sections["cameras"]}


def test_a_black_picture_of_another_size_that_never_changes(library: Path, tmp_path: Path, bundle: str) -> None:
    found = cameras(library, tmp_path, bundle, np.zeros((240, 320, 3), np.uint8), SIZE="640x480")
    assert found["mode"]["level"] == "warn"
    assert "instead of MJPG 320×240" in found["mode"]["text"]
    assert (found["pictures"]["level"], found["pictures"]["text"]) == (
        "fail",
        "the camera repeats its pictures: frozen",
    )
    assert (found["light"]["level"], found["light"]["text"]) == ("fail", "the picture is black")


def test_a_camera_that_another_program_uses_is_busy(library: Path, tmp_path: Path, bundle: str) -> None:
    found = cameras(library, tmp_path, bundle, NOISE, BUSY="1")
    assert found["pictures"]["text"] == "is busy: another program uses it"


@pytest.fixture
def bundle(tiny_bundle: Any) -> str:
    return str(tiny_bundle.folder)
