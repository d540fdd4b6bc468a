"""The subcommands as a person or a program calls them: exit codes, JSON contracts, messages."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from binarycop.classifier.native.kernel import find_kernel
from binarycop.cli.left_out import print_source
from binarycop.cli.main import main
from tests.patience import PATIENCE_S
from tests.processes import started
from tests.tried import Kind, tried


def json_lines(text: str) -> list[dict[str, Any]]:
    """The objects in the standard output of a ``--json`` call, which must have nothing else."""
    return [json.loads(line) for line in text.splitlines()]


def test_evaluate_lists_each_wrong_answer_and_each_picture_without_a_face(
    bundle: str, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(pictures / "chin" / "0.png"), np.full((12, 12, 3), 90, np.uint8))
    line = ["evaluate", str(pictures), "--bundle", bundle, "--finder", "fixed", "--list-wrong"]
    assert main([*line, "--json"]) == 0
    (report,) = json_lines(capsys.readouterr().out)
    faces, right = sum(map(sum, report["confusion"])), sum(row[i] for i, row in enumerate(report["confusion"]))
    assert len(report["wrong"]) == faces - right + 1
    assert {"file": "chin/0.png", "class": "chin", "answer": None, "lead": None} in report["wrong"]
    assert all(wrong["answer"] != wrong["class"] for wrong in report["wrong"])
    assert main(line) == 0
    shown = capsys.readouterr().out.splitlines()
    assert "chin/0.png: no face" in shown
    assert len([text for text in shown if ": answer " in text or ": no face" in text]) == len(report["wrong"])


def test_evaluate_prints_the_fields_of_its_contract(
    bundle: str, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(pictures), "--bundle", bundle, "--finder", "fixed", "--json"]) == 0
    out, err = capsys.readouterr()
    (report,) = json_lines(out)
    assert set(report) == {
        "images", "no_face", "abstained", "confusion", "recall", "recall_interval", "balanced_accuracy", "bundle",
        "backend", "finder", "repeated", "contradicted", "left_out",
    }  # fmt: skip
    assert (report["images"], report["no_face"], report["finder"]) == (10, 0, "fixed")
    assert [sum(row) for row in report["confusion"]] == [2, 2, 4, 2]
    recalls = [row[index] / sum(row) for index, row in enumerate(report["confusion"])]
    assert list(report["recall"].values()) == recalls
    intervals = report["recall_interval"].values()
    assert all(low - 1e-9 < recall < high + 1e-9 < low + 0.9 for recall, (low, high) in zip(recalls, intervals))
    assert report["balanced_accuracy"] == pytest.approx(sum(recalls) / 4)
    assert [(row["reason"], row["count"]) for row in report["left_out"]] == [("not_a_picture", 1), ("undecodable", 1)]
    assert report["left_out"][0]["first"] == ["nose/notes.txt"]
    assert err.splitlines()[:2] == [
        "binarycop: 2 of 12 files were not looked at:",
        "binarycop: left out: 1 without the ending of a picture: nose/notes.txt",
    ]
    assert "nose/broken.jpg" in err
    assert main(["evaluate", str(pictures), "--bundle", bundle, "--finder", "fixed", "--json"]) == 0
    assert json_lines(capsys.readouterr().out) == [report]


def test_evaluate_prints_null_for_a_class_without_pictures(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "chin").mkdir()
    cv2.imwrite(str(tmp_path / "chin" / "one.png"), np.full((100, 100, 3), 90, np.uint8))
    assert main(["evaluate", str(tmp_path), "--bundle", bundle, "--finder", "fixed", "--json"]) == 0
    (report,) = json_lines(capsys.readouterr().out)
    assert [report["recall"][label] for label in ("correct", "nose", "nose_mouth")] == [None] * 3
    assert report["balanced_accuracy"] == report["recall"]["chin"]


def test_evaluate_says_for_whom_it_has_no_figure_and_where_the_abstentions_are(
    bundle: str, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for picture in (pictures / "chin").iterdir():
        cv2.imwrite(str(picture), np.full((12, 12, 3), 90, np.uint8))  # smaller than any face that counts
    config = pictures / "gate.yaml"
    config.write_text("verdict: {margin: 100000}\n")
    assert main(["evaluate", str(pictures), "--bundle", bundle, "--finder", "fixed", "--config", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "10 pictures, 2 without a face"
    assert lines[-2] == "8 of these answers have too small a margin: at the gate they would be no vote"
    assert lines[-1].endswith(", without chin (no face found)")


@tried(
    Kind.FOLDER, "22 files, of which 5 are pictures in class folders", "5 read; 17 counted and named, with the reasons"
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_evaluate_says_what_it_has_not_looked_at(
    form: list[str], bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [*(f"nose/{number}.png" for number in range(5)), *(f"without_mask/{number}.jpg" for number in range(6))]
    names += ["Chin/a.jpg", "Chin/b.jpg", "correct/a.heic", "correct/b.gif", "correct/c.tiff", "loose.jpg", "a.csv"]
    names += ["nose/.DS_Store", "nose/._0.png", "nose/readme", "chin/cut.jpg"]
    for at, name in enumerate(names):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"any")
        if name.startswith("nose/") and name.endswith(".png"):
            cv2.imwrite(str(tmp_path / name), np.full((100, 100, 3), at, np.uint8))
    assert len(names) == 22
    assert main(["evaluate", str(tmp_path), "--bundle", bundle, "--finder", "fixed", *form]) == 0
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        f"binarycop: {line}"
        for line in (
            "17 of 22 files were not looked at:",
            "left out: 3 of a picture format that is not read: correct/a.heic, correct/b.gif, correct/c.tiff",
            "left out: 2 hidden or made by an operating system",
            "left out: 2 without the ending of a picture: nose/readme, a.csv",
            "left out: 8 in folders with other names than correct, nose, nose_mouth, chin, no_mask: "
            "Chin (2; a class is named chin), without_mask (6)",
            "left out: 1 outside the class folders: loose.jpg",
            "left out: 1 that cannot be decoded: chin/cut.jpg is not a JPEG, PNG, BMP or WebP picture",
        )
    ]
    if form:
        (report,) = json_lines(out)
        assert (report["images"], sum(row["count"] for row in report["left_out"])) == (5, 17)
    else:
        # The picture in chin cannot be decoded, and the others have none.
        lacking = "correct (no picture), nose_mouth (no picture), chin (no picture)"
        assert out.splitlines()[-1].endswith(f", without {lacking}")


def test_evaluate_names_pictures_that_are_there_twice(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("correct/a.png", "correct/b.png", "nose/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.full((100, 100, 3), 90, np.uint8))
    assert main(["evaluate", str(tmp_path), "--bundle", bundle, "--finder", "fixed"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "binarycop: counted, but equal to an earlier picture of their class: 1: correct/b.png is correct/a.png",
        "binarycop: counted, but equal to an earlier picture of another class: 1: nose/c.png is correct/a.png",
    ]


def test_a_command_with_the_settings_of_one_gate_says_so(
    bundle: str, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "gate.yaml"
    gates = [
        f"{{name: {name}, source: /dev/video{name}, lines: {{permission: {{pin: {name}}}, lamps: {{}}}}}}"
        for name in "123"
    ]
    config.write_text(f"lines: {{factory: mock}}\ngates: [{', '.join(gates)}]\n")
    assert main(["evaluate", str(pictures), "--bundle", bundle, "--finder", "fixed", "--config", str(config)]) == 0
    assert "binarycop: with the settings of gate 1, not of 2, 3\n" in capsys.readouterr().err
    assert main(["replay", "demo", "--bundle", bundle, "--finder", "fixed", "--config", str(config)]) == 0
    assert "binarycop: with the settings of gate 1, not of 2, 3\n" in capsys.readouterr().err


def test_evaluate_without_pictures_names_the_folders_that_it_needs(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(tmp_path), "--bundle", bundle]) == 5
    assert "has no pictures in folders correct, nose, nose_mouth, chin, no_mask" in capsys.readouterr().err


def test_replay_prints_the_fields_of_its_contract_and_the_same_output_again(
    bundle: str, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["replay", str(clip), str(clip), "--bundle", bundle, "--finder", "fixed", "--json"]
    assert main(command) == 0
    first = json_lines(capsys.readouterr().out)
    assert {event["clip"] for event in first} == {str(clip)}
    assert all({"clip", "t_s", "event"} <= set(event) for event in first)
    summaries = [event for event in first if event["event"] == "summary"]
    assert len(summaries) == 2
    for summary in summaries:
        latency = summary.pop("latency_ms")
        assert 0 < latency["p50"] <= latency["p99"]
        assert set(summary) == {"clip", "t_s", "event", "frames", "persons", "permits", "refusals", "undecided"}
        assert (summary["frames"], summary["persons"]) == (40, 1)
    person = next(event for event in first if event["event"] == "person")
    assert 0.5 <= person["t_s"] <= 0.7
    half = len(first) // 2
    assert first[:half] == first[half:]
    assert main(command) == 0
    again = json_lines(capsys.readouterr().out)
    for event in again:
        event.pop("latency_ms", None)
    assert again == first


def test_a_replay_permits_also_with_the_settings_of_a_gate_whose_inputs_a_recording_does_not_have(
    bundle: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "gate.yaml"
    contact = "feedback: {pin: F, active_high: false}"
    others = "ready: {pin: R}, fire: {pin: E, active_high: false}"
    config.write_text(f"lines: {{factory: gpiochip, {contact}, {others}}}\n")
    command = ["replay", str(clip), "--bundle", bundle, "--finder", "fixed", "--json"]
    assert main(command) == 0
    without = [event["event"] for event in json_lines(capsys.readouterr().out)]
    assert main([*command, "--config", str(config)]) == 0
    printed = capsys.readouterr()
    assert [event["event"] for event in json_lines(printed.out)] == without
    assert "a recording has no speed gate: the lines feedback, ready, fire are left out" in printed.err


def test_replay_refuses_a_camera_and_a_missing_clip(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "0", "--bundle", bundle]) == 5
    assert "is a camera; replay takes recordings" in capsys.readouterr().err
    assert main(["replay", str(tmp_path / "none.mp4"), "demo", "1", "--bundle", bundle]) == 5
    none, camera = capsys.readouterr().err.splitlines()
    assert "none.mp4: does not exist; " in none
    assert camera == "binarycop: source 1: is a camera; replay takes recordings"


def test_replay_refuses_any_wrong_name_before_the_first_clip(
    bundle: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(clip), str(tmp_path / "none.mp4"), "--bundle", bundle, "--finder", "fixed"]) == 5
    out, err = capsys.readouterr()
    assert out == ""
    assert "none.mp4: does not exist" in err


@tried(Kind.FOLDER, "pictures of which none can be decoded", "replay ends with exit code 5: no frame")
def test_replay_of_something_without_a_frame_is_an_error_and_the_other_clips_are_replayed(
    bundle: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.jpg").write_bytes(b"any")
    assert main(["replay", str(broken), str(clip), "--bundle", bundle, "--finder", "fixed", "--json"]) == 5
    out, err = capsys.readouterr()
    summaries = [event for event in json_lines(out) if event["event"] == "summary"]
    assert [(event["clip"], event["frames"]) for event in summaries] == [(str(broken), 0), (str(clip), 40)]
    assert err.endswith(f"binarycop: source {broken}: gave no frame\n")


def test_replay_names_what_it_does_not_show_of_a_folder(
    bundle: str, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = pictures / "nose"
    (folder / "deeper").mkdir()
    (folder / ".DS_Store").write_bytes(b"any")
    assert main(["replay", str(folder), "--bundle", bundle, "--finder", "fixed", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        f"binarycop: {folder}: 3 of 6 files were not looked at:",
        f"binarycop: {folder}: left out: 1 hidden or made by an operating system",
        f"binarycop: {folder}: left out: 1 that are folders: deeper",
        f"binarycop: {folder}: left out: 1 without the ending of a picture: notes.txt",
    ]
    assert [event["detail"].split()[0] for event in json_lines(out) if event["event"] == "undecodable"] == [
        "broken.jpg"
    ]
    assert main(["run", "--source", str(folder), "--bundle", bundle, "--finder", "fixed", "--json"]) == 0
    assert capsys.readouterr().err.splitlines()[: len(err.splitlines())] == err.splitlines()


def test_a_folder_named_demo_is_not_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "notes.txt").touch()
    monkeypatch.chdir(tmp_path)
    print_source("demo")
    assert not capsys.readouterr().err
    print_source("./demo")
    assert "left out: 1 without the ending of a picture: notes.txt" in capsys.readouterr().err


def test_run_ends_by_itself_with_a_summary(bundle: str, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--source", str(clip), "--bundle", bundle, "--finder", "fixed"]) == 0
    out, err = capsys.readouterr()
    last = out.splitlines()[-1]
    assert last.startswith("summary: ")
    assert "1 person, " in last
    assert "started: random 0.0.0 on emulator" in err
    assert "\x1b" not in out, "no control characters without a terminal"


def test_under_systemd_the_log_has_events_and_a_summary_and_no_lines_for_frames(
    bundle: str, clip: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1234")
    monkeypatch.setattr("binarycop.journal.writers._SOCKET", Path("/nonexistent"))
    assert main(["run", "--source", str(clip), "--bundle", bundle, "--finder", "fixed"]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["summary:"]
    assert "<6>gate: person 1 in front" in err.splitlines()


def test_run_with_json_prints_json_only(bundle: str, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--source", str(clip), "--bundle", bundle, "--finder", "fixed", "--json"]) == 0
    (summary,) = json_lines(capsys.readouterr().out)
    assert summary["event"] == "summary"
    assert summary["frames"] + summary["dropped"] == summary["captured"] == 40


def test_run_reports_a_source_that_gives_no_frame(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--source", "/nonexistent/clip.mp4", "--bundle", bundle]) == 5
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("binarycop: source /nonexistent/clip.mp4: does not exist; a source is demo, ")


def test_run_ends_with_every_source_that_gives_no_frame(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "gate.yaml"
    other = "lines: {permission: {pin: B}, lamps: {}}"
    config.write_text(f"gates: [{{name: a, source: /no/a.mp4}}, {{name: b, source: /no/b.mp4, {other}}}]\n")
    assert main(["run", "--config", str(config), "--bundle", bundle]) == 5
    last = capsys.readouterr().err.splitlines()[-2:]
    assert [line.partition(": does not exist; ")[0] for line in last] == [
        "binarycop: source /no/a.mp4",
        "binarycop: source /no/b.mp4",
    ]


def test_selftest_prints_what_it_reproduced_in_green_on_a_terminal(
    bundle: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["selftest", "--bundle", bundle, "--json"]) == 0
    kernel = find_kernel()
    engine = "numpy" if kernel is None else kernel.name
    assert json_lines(capsys.readouterr().out) == [
        {"bundle": "random", "version": "0.0.0", "backend": "emulator", "golden": 64, "engine": engine}
    ]
    assert main(["selftest", "--bundle", bundle]) == 0
    done = f"random 0.0.0 on emulator ({engine}): all 64 golden vectors reproduced, a drawn face classified\n"
    assert capsys.readouterr() == (done, "")
    monkeypatch.setenv("CLICOLOR_FORCE", "1")
    assert main(["selftest", "--bundle", bundle]) == 0
    assert capsys.readouterr().out == f"\x1b[32m{done.rstrip()}\x1b[0m\n"


@pytest.mark.parametrize(
    ("option", "choices"),
    [("--finder", "auto, lookout, yunet, fixed"), ("--backend", "emulator, overlay, simulated-board, simulated-rtl")],
)
def test_a_choice_that_does_not_exist_is_answered_with_the_choices(
    option: str, choices: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", option, "haar"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(f"argument {option}: 'haar' is not one of {choices}\n")


def test_a_missing_or_broken_bundle_has_its_own_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selftest", "--bundle", "nosuch"]) == 4
    assert main(["run", "--bundle", str(tmp_path)]) == 4
    assert "there is no manifest.json" in capsys.readouterr().err


def test_check_config_prints_all_settings_or_those_that_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text("gate: {policy: off}\n")
    assert main(["check-config", "--config", str(path)]) == 0
    assert "policy: 'off'" in capsys.readouterr().out
    assert main(["check-config", "--config", str(path), "--changes"]) == 0
    assert capsys.readouterr().out == f"# from {path}\ngates:\n- name: gate\n  gate:\n    policy: 'off'\n"
    assert main(["check-config", "--config", str(path), "--changes", "--json"]) == 0
    (shown,) = json_lines(capsys.readouterr().out)
    assert shown["settings"] == {"gates": [{"name": "gate", "gate": {"policy": "off"}}]}


@pytest.mark.parametrize(
    ("settings", "note"),
    [
        ("frames: {source: video2}", "frames.source: video2: does not exist; did you mean /dev/video2?"),
        ("frames: {source: 3.5}", "frames.source: 3.5: does not exist; a source is demo, "),
        ("frames: {source: no/such.mp4}", "frames.source: no/such.mp4: does not exist; a source is demo, "),
        ("frames: {source: /dev/vide0}", "frames.source: /dev/vide0: there is no /dev/vide0 now; is the "),
        (
            "frames: {source: 63}",
            "frames.source: 63: there is no /dev/video63 now; is the camera plugged in?",
        ),
        (
            "frames: {source: 'rtsp://192.0.2.1/a'}",
            "frames.source: rtsp://192.0.2.1/a: is an address, and network cameras are not supported; ",
        ),
        ("classifier: {bundle: nosuch}", "classifier.bundle: nosuch: there is no such bundle; known here: cnv, "),
        ("classifier: {bundle: no/such}", "classifier.bundle: there is no no/such/manifest.json now"),
        (
            "faces: {finder: yunet, yunet: {model: no/such.onnx}}",
            "faces.yunet.model: there is no no/such.onnx now",
        ),
        ("faces: {finder: yunet}", "faces.finder: detector yunet: its model does not ship with the project"),
    ],
)
def test_check_config_names_what_is_not_there(
    settings: str, note: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("binarycop.detection.yunet_file._BESIDE_CHECKOUT", tmp_path / "none.onnx")
    path = tmp_path / "gate.yaml"
    path.write_text(settings)
    assert main(["check-config", "--config", str(path)]) == 0
    line, last = capsys.readouterr().err.splitlines()
    assert line.startswith(f"binarycop: {note}")
    assert last == "binarycop: the settings are right; but see above"


def test_check_config_says_that_the_settings_are_right(
    bundle: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gate.yaml"
    for source in (clip, tmp_path, "demo", "/dev/null"):
        faces = f"{{finder: yunet, yunet: {{model: {clip}}}}}"
        path.write_text(f"classifier: {{bundle: {bundle}}}\nfaces: {faces}\nframes: {{source: {source}}}\n")
        assert main(["check-config", "--config", str(path)]) == 0
        assert capsys.readouterr().err == "binarycop: the settings are right\n"


def test_check_config_says_when_the_units_memory_is_too_small(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gate.yaml"
    sources = [
        f"{{name: g{at}, source: {tmp_path / str(at)}, lines: {{permission: {{pin: R{at}}}, lamps: {{}}}}}}"
        for at in range(8)
    ]
    for at in range(8):
        (tmp_path / str(at)).mkdir()
    text = f"gates: [{', '.join(sources)}]\n"
    path.write_text(text)
    assert main(["check-config", "--config", str(path)]) == 0
    fewer = "classifier.views: each face has 2, not 6: 8 gates share 16 crops in one step"
    assert capsys.readouterr().err.splitlines()[0] == f"binarycop: {fewer}"
    path.write_text(text + "frames: {width_px: 1280, height_px: 720}\n")
    assert main(["check-config", "--config", str(path), "--json"]) == 0
    out, err = capsys.readouterr()
    assert len(json_lines(out)) == 1
    assert "need about 254 MiB and a reserve, more than the 256 MiB that the unit allows: " in err
    assert "'MemoryMax=318M'" in err


@pytest.mark.parametrize("command", ["check-config", "run"])
def test_a_drop_in_that_is_not_read_for_its_name_is_named(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, folder = tmp_path / "gate.yaml", tmp_path / "gate.d"
    path.write_text("frames: {source: /nonexistent/clip.mp4}\nclassifier: {bundle: /nonexistent/bundle}\n")
    folder.mkdir()
    for name in ("lines.yml", "site.yaml", ".site.yaml.swp"):
        (folder / name).write_text("")
    main([command, "--config", str(path)])
    note = f"binarycop: {folder / 'lines.yml'}: is not read; only gate.yaml and gate.d/*.yaml are"
    assert [line for line in capsys.readouterr().err.splitlines() if "is not read" in line] == [note]


def test_check_config_prints_every_problem_and_has_its_own_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text("gate: {policy: no}\nverdict: {votes: 99}\n")
    assert main(["check-config", "--config", str(path)]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"binarycop: {path}:1: gate.policy: is 'no'; write one of off, remind, enforce",
    ]
    path.write_text("gate: {policy: remind}\nverdict: {votes: 99}\n")
    assert main(["run", "--config", str(path)]) == 3
    assert "verdict.votes: a window of 8 frames cannot give 99 votes; write at most 8" in capsys.readouterr().err


def test_wrong_arguments_have_their_own_exit_code() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["replay"])
    assert caught.value.code == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_stops_the_program_with_a_summary(bundle: str, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "binarycop", "run", "--source", "demo", "--bundle", bundle]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline(), "the first line of the demo"
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "stopped: on request" in err
    assert out.splitlines()[-1].startswith("summary: ")


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGTTOU])
def test_ctrl_z_and_the_background_of_a_terminal_stop_no_gate(bundle: str, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "binarycop", "run", "--source", "demo", "--bundle", bundle]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline(), "the first line of the demo"
        [ignored] = re.findall(r"SigIgn:\t(\w+)", Path(f"/proc/{process.pid}/status").read_text())
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
    assert int(ignored, 16) >> (number - 1) & 1
