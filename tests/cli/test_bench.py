"""``binarycop bench``: its parts, the detectors on drawn heads, what gates cost, and two runs side by side."""

import json
import os
import re
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from binarycop.benchmarks import daemon_run, read
from binarycop.benchmarks.figures import Part
from binarycop.bundle.files import Bundle
from binarycop.classes import MaskClass
from binarycop.classifier.native.variants import VARIANTS
from binarycop.cli import bench
from binarycop.cli.bench_parts import PartCommand
from binarycop.cli.main import main
from binarycop.errors import SourceError
from binarycop.frames import drawing
from binarycop.frames.demo import Demo
from tests.benchmarks.fakes import kernel_part, report

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


def figures_of(text: str, part: str) -> dict[tuple[str, str, str], Any]:
    """The figures of one part in what ``--json`` printed, by group, case and quantity."""
    rows = json.loads(text)["parts"][part]["figures"]
    return {(row["group"], row["case"], row["quantity"]): row for row in rows}


def test_the_benchmark_counts_faces_false_positives_and_time(crowd: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "faces", str(crowd), "--finder", "lookout", "--json"]) == 0
    figures = figures_of(capsys.readouterr().out, "faces")
    recall = figures["masked, 64 px and more", "lookout", "recall"]
    assert (recall["value"], recall["samples"]) == (1, 4)
    assert (recall["low"], recall["high"]) == (pytest.approx(0.51, abs=0.001), pytest.approx(1))
    assert figures["all pictures", "lookout", "pictures"]["value"] == 6
    assert figures["all pictures", "lookout", "false positives a picture"]["value"] == 0
    assert figures["all pictures", "lookout", "median time a picture"]["value"] > 0


def test_the_benchmark_says_what_it_left_out_and_which_faces_are_too_small_to_count(
    crowd: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = OBJECT.format(10, 10, 30, 30)
    (crowd / "annotations" / "5.xml").write_text(f"<annotation><filename>5.png</filename>{small}</annotation>")
    (crowd / "images" / "4.png").write_bytes(b"any")
    (crowd / "images" / "more.png").write_bytes(b"any")
    assert main(["bench", "faces", str(crowd), "--finder", "lookout", "--json"]) == 0
    out, err = capsys.readouterr()
    assert figures_of(out, "faces")["all pictures", "lookout", "pictures"]["value"] == 5
    assert err.startswith("binarycop: 2 of 7 files were not looked at:\n")
    assert "1 without annotation: images/more.png" in err or "images/more.png" in err
    assert "images/4.png" in err
    assert "binarycop: left out: 1 face of less than 24 px\n" in err


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


def test_the_table_says_what_it_was_measured_with_and_has_a_line_for_each_figure(
    crowd: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "faces", str(crowd), "--finder", "lookout"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(f"OpenCV {cv2.__version__}" in line for line in lines[:6])
    (recall,) = [line.split() for line in lines if "recall" in line]
    assert recall == ["lookout:", "recall", "1", "0.51", "1"]
    assert max(map(len, lines)) <= 80


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


def test_several_gates_are_measured_on_a_daemon_that_runs(short_clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "gates", "--gates", "3", "--repeats", "1", "--clip", str(short_clip), "--json"]) == 0
    figures = figures_of(capsys.readouterr().out, "gates")
    of_three = {quantity: row["value"] for (_, case, quantity), row in figures.items() if case == "3 gates"}
    assert 0 < of_three["frames processed"] <= 100
    assert of_three["threads, most"] > 3
    assert 400 > of_three["resident memory, most"] > of_three["of it private, most"] > 10
    assert of_three["age, 99th percentile"] >= of_three["age, median"] > 0


def test_a_daemon_that_fails_ends_the_benchmark_with_its_message(
    short_clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "gates", "--gates", "1", "--clip", str(short_clip), "--bundle", "no-network"]) == 5
    assert "the daemon with 1 gate failed: binarycop: bundle no-network: " in capsys.readouterr().err


def test_a_daemon_that_does_not_end_is_ended_at_the_deadline(
    short_clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start(*_: object, **files: Any) -> "subprocess.Popen[bytes]":
        started.append(popen(("sleep", "600"), **files))
        return started[0]

    popen = subprocess.Popen
    monkeypatch.setattr(daemon_run, "_SPARE_S", -1.0)
    monkeypatch.setattr(subprocess, "Popen", start)
    assert main(["bench", "gates", "--gates", "2", "--clip", str(short_clip)]) == 5
    assert "the daemon with 2 gates did not end within " in capsys.readouterr().err
    assert started[0].returncode == -signal.SIGTERM


def test_a_clip_that_cannot_be_read_is_no_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged = tmp_path / "damaged.avi"
    damaged.write_bytes(b"RIFF")
    assert main(["bench", "gates", "--gates", "1", "--clip", str(damaged)]) == 5
    assert f"source {damaged}: " in capsys.readouterr().err


def test_a_clip_that_does_not_exist_is_named_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "gates", "--gates", "1", "--clip", "nothing.avi"]) == 5
    assert "source nothing.avi: does not exist; name a video file" in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "17", "-1", "x", "0019999"])
def test_a_number_of_gates_has_bounds(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["bench", "gates", "--gates", count])
    assert "should be a number from 1 to 16" in capsys.readouterr().err


def test_bench_alone_lists_its_parts_with_a_sentence_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "kernel", "finders", "faces", "frame", "gates", "start", "memory", "modes", "instructions", "all", "compare",
    ]  # fmt: skip
    assert all(20 < len(line) <= 80 for line in lines)


def test_the_kernels_json_has_the_medians_by_network_and_the_machine(
    tiny_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "kernel", "--bundle", str(tiny_bundle.folder), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    row = report["networks"]["random"]
    assert row.pop("kernel") in ("numpy", *(variant.name for variant in VARIANTS))
    assert {"emulator_us", "numpy_us", "emulator_batch_us", "numpy_batch_us"} <= set(row)
    assert all(time_us > 0 for time_us in row.values())
    assert ("onnxruntime_us" in row) == any(other.startswith("onnxruntime") for other in report["machine"]["others"])
    assert {"processor", "cores", "memory_mib", "system", "flags", "python", "load"} <= set(report["machine"])


def test_an_engine_that_is_not_there_is_named_with_how_to_get_it(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setattr(cv2, "__version__", "4.6.0")
    assert main(["bench", "kernel", "--bundle", str(tiny_bundle.folder)]) == 0
    out, err = capsys.readouterr()
    assert "opencv:" not in out
    assert "onnxruntime" not in out
    opencv, onnxruntime = err.splitlines()
    assert opencv == "binarycop: left out: opencv: OpenCV 4.6.0 cannot read the network; OpenCV 5 can"
    assert onnxruntime.startswith("binarycop: left out: onnxruntime: it is not installed (")
    assert onnxruntime.endswith("); pip install onnxruntime")


@pytest.fixture
def one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """``bench all`` has one part that works, and one that fails."""

    def fails(*_: object) -> Part:
        raise SourceError("callgrind", "cannot count")

    commands = [
        PartCommand("broken", "fails", lambda _: None, fails),
        PartCommand("kernel", "works", lambda _: None, lambda *_: kernel_part()),
    ]
    monkeypatch.setattr(bench, "PARTS", commands)


def test_all_parts_are_written_even_if_one_of_them_fails(
    one_part: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.json"
    assert main(["bench", "all", "--json", str(file)]) == 1
    out, err = capsys.readouterr()
    assert "onnxruntime: one crop" in out
    assert err.splitlines()[0] == "binarycop: left out: source callgrind: cannot count"
    broken, works = read.report(file).parts
    assert (broken.name, broken.figures, broken.notes) == ("broken", (), ("source callgrind: cannot count",))
    assert works == kernel_part()


def test_all_parts_are_printed_as_json_only_without_a_file(one_part: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "all", "--json"]) == 1
    assert list(json.loads(capsys.readouterr().out)["parts"]) == ["broken", "kernel"]


def test_a_file_that_cannot_be_written_is_named(
    one_part: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / ("x" * 254)  # too long for the hidden name
    assert main(["bench", "all", "--json", str(file)]) == 11
    assert f"binarycop: {file} cannot be written: File name too long" in capsys.readouterr().err


def test_two_runs_are_shown_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(tmp_path / name) for name in ("a.json", "b.json")]
    for file, emulator_us in zip(files, (20.0, 5.0)):
        Path(file).write_text(json.dumps(report(emulator_us).row))
    assert main(["bench", "compare", *files]) == 0
    lines = capsys.readouterr().out.splitlines()
    (emulator,) = [line.split() for line in lines if line.startswith("  emulator:")]
    assert emulator[-3:] == ["20", "5", "0.25"]


def test_the_heads_of_a_table_are_bold_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps(report(20.0).row))
    monkeypatch.setenv("CLICOLOR_FORCE", "1")
    assert main(["bench", "compare", str(file), str(file)]) == 0
    bold = [line for line in capsys.readouterr().out.splitlines() if line.startswith("\x1b[1m")]
    assert bold[0].startswith("\x1b[1mkernel: ")
    assert len(bold) > 1
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["bench", "compare", str(file), str(file)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_file_that_is_no_run_is_refused_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.json"
    file.write_text("{}")
    with pytest.raises(SystemExit, match="2"):
        main(["bench", "compare", str(file), str(file)])
    assert f"{file}: it lacks 'format'; give a file that binarycop bench --json wrote" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "pipe", "link", "nowhere/run.json", "x" * 300])
def test_a_file_that_cannot_be_written_shows_before_anything_is_measured(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("run.json")
    with pytest.raises(SystemExit) as ended:
        main(["bench", "all", "--json", str(tmp_path / name)])
    assert ended.value.code == 2
    assert re.search("is not a regular file|there is no folder|File name too long", capsys.readouterr().err)
