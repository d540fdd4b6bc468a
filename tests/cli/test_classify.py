"""``binarycop classify``: what it prints of pictures, and which it leaves out."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.classes import LABELS, MaskClass
from binarycop.cli.main import main
from binarycop.frames.drawing import Head, background, draw

ROOT = Path(__file__).resolve().parents[2]
GATE = "{{name: g{0}, source: demo, lines: {{permission: {{pin: R{0}}}, lamps: {{}}}}}}"


@pytest.fixture
def person(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    picture = background(rng, 320, 240)
    draw(picture, Head.random(rng, MaskClass.CORRECT), 160, 115, 110)
    path = tmp_path / "person.png"
    cv2.imwrite(str(path), picture)
    return path


def test_a_line_for_the_picture_and_one_for_each_face(person: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", str(person)]) == 0
    out, err = capsys.readouterr()
    first, face = out.splitlines()
    assert first.startswith(f"{person}: 1 face in 320×240, n-cnv ")
    assert first.endswith(" on emulator")
    assert face.startswith("1: correct, lead ")
    assert err == ""


def test_json_has_an_object_for_each_picture_in_their_order(
    person: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8 not a picture")
    assert main(["classify", str(broken), str(person), "--json"]) == 0
    out, err = capsys.readouterr()
    left_out, seen = (json.loads(line) for line in out.splitlines())
    assert left_out == {"picture": str(broken), "left_out": left_out["left_out"]}
    assert err == f"binarycop: left out: {broken} {left_out['left_out']}\n"
    [face] = seen["faces"]
    assert set(face) == {"box_px", "confidence", "class", "scores", "lead", "limit", "decided"}
    best, second = sorted(face["scores"], reverse=True)[:2]
    assert (face["lead"], face["decided"]) == (best - second, best - second >= face["limit"])
    assert face["class"] == LABELS[face["scores"].index(best)]
    assert (seen["picture"], seen["backend"], seen["width_px"]) == (str(person), "emulator", 320)


@pytest.mark.pynq
def test_every_backend_that_is_here_gives_the_same_scores(person: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faces = []
    for backend in ("emulator", "simulated-board"):
        assert main(["classify", str(person), "--backend", backend, "--json"]) == 0
        seen = json.loads(capsys.readouterr().out)
        assert seen["backend"] == backend
        faces.append(seen["faces"])
    assert faces[0] == faces[1]


def test_the_margin_of_the_settings_is_the_limit(
    person: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "gate.yaml"
    config.write_text("verdict: {margin: 1000}\n")
    assert main(["classify", str(person), "--config", str(config)]) == 0
    assert "\n1: abstained, lead " in capsys.readouterr().out


def test_a_face_has_as_many_views_as_in_the_daemon_with_these_gates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_people, seen = ROOT / "docs" / "two.png", []
    four_gates = (
        f"gates: [{', '.join(GATE.format(n) for n in range(4))}]"  # each has a quarter of the 16 crops at a time
    )
    for text in ("classifier: {views: 1}", "classifier: {views: 4}", four_gates):
        config = tmp_path / "gate.yaml"
        config.write_text(f"{text}\n")
        assert main(["classify", str(two_people), "--config", str(config), "--json"]) == 0
        seen.append([face["scores"] for face in json.loads(capsys.readouterr().out)["faces"]])
    assert seen[0] != seen[1] == seen[2]


def test_without_any_picture_the_exit_code_is_that_of_a_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", str(tmp_path), str(tmp_path / "none.png")]) == 5
    assert capsys.readouterr().err.splitlines() == [
        f"binarycop: left out: {tmp_path} is not a file",
        f"binarycop: left out: {tmp_path}/none.png does not exist",
        f"binarycop: source {tmp_path}: gives no picture, nor does any other file",
    ]


def test_a_bundle_that_is_refused_has_its_exit_code(person: Path) -> None:
    assert main(["classify", str(person), "--bundle", "nosuch"]) == 4
    assert main(["classify", str(person), "--backend", "overlay"]) == 4
