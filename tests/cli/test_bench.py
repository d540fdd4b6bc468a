"""``binarycop bench``: the detectors on drawn heads, what gates cost, and the networks' speed."""

import json
import sys
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle
from binarycop.classes import MaskClass
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.native.variants import VARIANTS
from binarycop.cli import bench_gates, bench_kernel
from binarycop.cli.main import main
from binarycop.errors import BackendError
from binarycop.evaluation import kernel_speed
from binarycop.evaluation.gate_load import GateLoad
from binarycop.evaluation.kernel_speed import KernelSpeed
from binarycop.frames import drawing
from binarycop.frames.demo import Demo

BOX = "<bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox>"
OBJECT = f"<object><name>with_mask</name>{BOX}</object>"


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    """Six annotated pictures: four with one drawn head of 70 pixels' height, two without."""
    (tmp_path / "annotations").mkdir()
    (tmp_path / "images").mkdir()
    for number in range(6):
        rng = np.random.default_rng(number)
        canvas = drawing.background(rng, 160, 120)
        objects = ""
        if number < 4:
            box = drawing.draw(canvas, drawing.Head.random(rng, MaskClass.CORRECT), 80, 60, 70)
            corners = (box.x_px, box.y_px, box.x_px + box.width_px, box.y_px + box.height_px)
            objects = OBJECT.format(*(round(corner_px) for corner_px in corners))
        cv2.imwrite(str(tmp_path / "images" / f"{number}.png"), canvas)
        text = f"<annotation><filename>{number}.png</filename>{objects}</annotation>"
        (tmp_path / "annotations" / f"{number}.xml").write_text(text)
    return tmp_path


def test_the_benchmark_counts_faces_false_positives_and_time(crowd: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "faces", str(crowd), "--finder", "lookout", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    (finder,) = report["finders"]
    (row,) = finder["recall"]
    assert (report["pictures"], finder["finder"], finder["false_positives"]) == (6, "lookout", 0)
    assert (row["group"], row["size"], row["found"], row["there"]) == ("masked", "64 px and more", 4, 4)
    assert finder["ms"] > 0


def test_the_benchmark_says_what_it_left_out_and_which_faces_are_too_small_to_count(
    crowd: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = OBJECT.format(10, 10, 30, 30)
    (crowd / "annotations" / "5.xml").write_text(f"<annotation><filename>5.png</filename>{small}</annotation>")
    (crowd / "images" / "4.png").write_bytes(b"any")
    (crowd / "images" / "more.png").write_bytes(b"any")
    assert main(["bench", "faces", str(crowd), "--finder", "lookout", "--json"]) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert (report["pictures"], report["too_small"]) == (5, 1)
    assert [(row["reason"], row["first"][0].split()[0]) for row in report["left_out"]] == [
        ("no_annotation", "images/more.png"),
        ("undecodable", "images/4.png"),
    ]
    assert err.startswith("binarycop: 2 of 7 files were not looked at:\n")
    assert main(["bench", "faces", str(crowd), "--finder", "lookout"]) == 0
    assert capsys.readouterr().out.splitlines()[:2][1] == "1 faces of less than 24 px do not count"


def test_a_benchmark_without_a_picture_that_can_be_used_is_refused(
    crowd: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for picture in (crowd / "images").iterdir():
        picture.write_bytes(b"any")
    assert main(["bench", "faces", str(crowd), "--finder", "lookout"]) == 5
    err = capsys.readouterr().err
    assert "left out: 6 that cannot be decoded: images/0.png is not" in err
    assert err.endswith("has no picture that can be used\n")


def test_a_detector_that_is_not_available_is_named(crowd: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = crowd / "gate.yaml"
    config.write_text("faces: {yunet: {model: /nonexistent.onnx}}\n")
    assert main(["bench", "faces", str(crowd), "--config", str(config)]) == 0
    out, err = capsys.readouterr()
    assert "yunet" not in out
    assert "binarycop: left out: " in err
    assert "there is no model file /nonexistent.onnx" in err


def test_the_table_has_a_column_per_detector_and_a_row_per_size(
    crowd: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "faces", str(crowd), "--finder", "lookout", "--finder", "lookout"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("6 pictures, OpenCV ")
    assert lines[1].split() == ["lookout", "lookout"]
    assert lines[2].split()[:8] == ["masked,", "64", "px", "and", "more", "4/4", "1.000", "(0.51-1.00)"]
    assert [line.split("  ")[0] for line in lines[3:]] == ["false positives per picture", "ms per picture, median"]


def test_the_benchmark_restores_the_number_of_threads(crowd: Path) -> None:
    before = cv2.getNumThreads()
    main(["bench", "faces", str(crowd), "--finder", "lookout"])
    assert cv2.getNumThreads() == before


def test_a_folder_without_annotations_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "faces", str(tmp_path)]) == 5
    assert "has neither annotations/*.xml nor pictures in folders correct" in capsys.readouterr().err


def test_a_named_detector_that_cannot_run_is_an_error(
    crowd: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "gate.yaml"
    config.write_text("faces: {yunet: {model: /nonexistent.onnx}}\n")
    assert main(["bench", "faces", str(crowd), "--finder", "yunet", "--config", str(config)]) == 7
    assert "there is no model file /nonexistent.onnx" in capsys.readouterr().err


def test_an_unknown_part_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["bench", "hands", str(tmp_path)])
    assert "'hands'" in capsys.readouterr().err


@pytest.fixture
def short_clip(tmp_path: Path) -> Path:
    """Half a second of the demo."""
    path = tmp_path / "short.avi"
    demo, writer = Demo(), cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (320, 240))
    for frame in islice(iter(demo.read, None), 15):
        writer.write(frame.pixels)
    writer.release()
    return path


def test_the_cost_of_gates_is_measured_on_daemons_that_run(
    short_clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["bench", "gates", "--gates", "1", "--gates", "3", "--clip", str(short_clip), "--json"]
    assert main(arguments) == 0
    one, three = json.loads(capsys.readouterr().out)["gates"]
    assert (one["gates"], one["captured"], three["gates"], three["captured"]) == (1, 15, 3, 45)
    assert three["threads"] > one["threads"] > 1
    assert 400 > three["peak_mib"] > three["private_mib"] > 10
    assert three["p99_ms"] >= three["p50_ms"] > 0


def test_the_table_of_gates_has_a_row_for_each_number() -> None:
    text = bench_gates.table([GateLoad(8, 150.6, 101.2, 20, 0.68, 3648, 36, 4.51, 76.6)])
    assert text[0].split("  ")[0] == "gates"
    assert text[1].split() == ["8", "151", "101", "20", "0.68", "1.0%", "4.5", "76.6"]


def test_a_daemon_that_fails_ends_the_benchmark_with_its_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "damaged.avi"
    damaged.write_bytes(b"RIFF")
    assert main(["bench", "gates", "--gates", "1", "--clip", str(damaged)]) == 5
    assert "the daemon with 1 gate failed: binarycop: " in capsys.readouterr().err


def test_a_clip_that_does_not_exist_is_named_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "gates", "--gates", "1", "--clip", "nothing.avi"]) == 5
    assert "source nothing.avi: does not exist; name a video file" in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "9", "-1", "x", "0019999"])
def test_a_number_of_gates_has_bounds(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["bench", "gates", "--gates", count])
    assert "should be a number from 1 to 8" in capsys.readouterr().err


def test_the_kernel_is_timed_beside_the_engines_that_give_the_same_scores(
    tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "kernel", "--bundle", str(tiny_bundle.folder), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["networks"]["random"]
    assert row.pop("kernel") in ("numpy", *(variant.name for variant in VARIANTS))
    assert {"emulator_us", "numpy_us", "emulator_batch_us", "numpy_batch_us"} <= set(row)
    assert all(time_us > 0 for time_us in row.values())


def test_every_engine_is_timed_on_one_thread(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    before, seen = cv2.getNumThreads(), set()

    def scores(crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        seen.add(cv2.getNumThreads())
        return Emulator(tiny_bundle).scores(crops)

    monkeypatch.setitem(kernel_speed._OTHERS, "opencv", lambda _: scores)
    assert main(["bench", "kernel", "--bundle", str(tiny_bundle.folder), "--json"]) == 0
    assert seen == {1}
    assert cv2.getNumThreads() == before


def test_an_engine_with_other_scores_is_not_timed(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tiny_bundle.golden_scores + 2
    monkeypatch.setitem(kernel_speed._OTHERS, "opencv", lambda bundle: lambda crops: wrong)
    with pytest.raises(BackendError, match="opencv does not give the golden scores of random"):
        kernel_speed.measure_kernel(tiny_bundle, 1)


def test_an_engine_that_is_not_there_is_named_with_how_to_get_it(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setattr(cv2, "__version__", "4.6.0")
    assert main(["bench", "kernel", "--bundle", str(tiny_bundle.folder)]) == 0
    out, err = capsys.readouterr()
    assert "opencv" not in out
    assert "onnxruntime" not in out
    onnxruntime, opencv = err.splitlines()
    assert opencv == "binarycop: left out: opencv: OpenCV 4.6.0 cannot read the network; OpenCV 5 can"
    assert onnxruntime.startswith("binarycop: left out: onnxruntime: it is not installed (")
    assert onnxruntime.endswith("); pip install onnxruntime")


def test_the_table_of_the_kernel_has_ratios_to_the_emulator() -> None:
    single_us, batch_us = {"emulator": 10.0, "numpy": 200.0}, {"emulator": 8.0, "numpy": 400.0}
    text = bench_kernel.table([KernelSpeed("n-cnv", "avx2", single_us, batch_us)])
    assert text[1].split() == ["n-cnv", "emulator", "(avx2)", "10.0", "(", "1.0)", "8.0", "(", "1.0)"]
    assert text[2].split() == ["n-cnv", "numpy", "200.0", "(", "20.0)", "400.0", "(", "50.0)"]
