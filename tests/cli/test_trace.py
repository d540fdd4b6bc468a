"""``--trace`` of run and replay: what it writes, and that it changes nothing else."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from binarycop.cli.main import main
from binarycop.trace import ChromeTracer, Stage

STAGES = {stage.value for stage in Stage} - {Stage.CONVERT.value}  # only a camera converts


def events_of(file: Path) -> list[dict[str, Any]]:
    trace = json.loads(file.read_text())
    assert set(trace) == {"displayTimeUnit", "traceEvents"}
    events: list[dict[str, Any]] = trace["traceEvents"]
    return events


def test_run_writes_every_stage_of_every_thread(bundle: str, clip: Path, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    command = ["run", "--source", str(clip), "--bundle", bundle, "--finder", "fixed", "--json", "--trace", str(file)]
    assert main(command) == 0
    events = events_of(file)
    threads = {event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
    stages = {(threads[event["tid"]], event["name"]) for event in events if event["ph"] == "X"}
    assert {stage for _, stage in stages} == STAGES
    assert {("grabber", "capture"), ("perception", "track"), ("perception", "classify")} <= stages
    assert all(stage in {"vote", "gate", "lines", "journal", "track"} for name, stage in stages if name == "MainThread")


def test_a_trace_has_times_and_names_and_nothing_else(bundle: str, clip: Path, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    assert main(["replay", str(clip), "--bundle", bundle, "--finder", "fixed", "--trace", str(file)]) == 0
    for event in events_of(file):
        if event["ph"] == "M":
            assert event == {**event, "name": "thread_name", "pid": 0}
            assert set(event["args"]) == {"name"}
        else:
            assert set(event) == {"ph", "name", "pid", "tid", "ts", "dur", "args"}
            assert event["name"] in STAGES
            assert event["args"] in ({}, {"gate": "gate"})


def test_in_a_replay_all_spans_are_of_one_thread_and_lie_beside_or_within_each_other(
    bundle: str, clip: Path, tmp_path: Path
) -> None:
    file = tmp_path / "trace.json"
    assert main(["replay", str(clip), "--bundle", bundle, "--finder", "fixed", "--trace", str(file)]) == 0
    spans = [event for event in events_of(file) if event["ph"] == "X"]
    assert {span["tid"] for span in spans} == {0}
    ends: list[float] = []
    rounding_us = 0.2
    for span in spans:
        while ends and ends[-1] <= span["ts"] + rounding_us:
            ends.pop()
        assert not ends or span["ts"] + span["dur"] <= ends[-1] + rounding_us, span
        ends.append(span["ts"] + span["dur"])
    assert sum(span["name"] == "detect" for span in spans) == sum(span["name"] == "capture" for span in spans) - 1


def test_a_replay_prints_the_same_with_a_trace_and_without(
    bundle: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["replay", str(clip), "--bundle", bundle, "--finder", "fixed", "--json"]
    printed = []
    for extra in ([], ["--trace", str(tmp_path / "trace.json")]):
        assert main([*command, *extra]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        printed.append([{key: value for key, value in line.items() if key != "latency_ms"} for line in lines])
    assert printed[0] == printed[1]


def test_a_trace_that_cannot_be_written_is_a_wrong_argument(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["replay", "demo", "--bundle", bundle, "--trace", str(tmp_path / "none" / "trace.json")])
    assert ended.value.code == 2
    assert "trace.json' cannot be written: No such file or directory" in capsys.readouterr().err


def test_a_pipe_that_nobody_reads_is_a_wrong_argument_too(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SystemExit) as ended:
        main(["replay", "demo", "--bundle", bundle, "--trace", str(tmp_path / "pipe")])
    assert ended.value.code == 2
    assert "pipe' cannot be written: it is not a regular file" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_at_the_end_is_reported_with_the_name_of_the_file(
    number: int, bundle: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def write(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(ChromeTracer, "write", write)
    file = tmp_path / "trace.json"
    assert main(["replay", str(clip), "--bundle", bundle, "--finder", "fixed", "--trace", str(file)]) == 11
    assert capsys.readouterr().err.endswith(f"trace.json cannot be written: {os.strerror(number)}\n")


def test_a_service_of_systemd_writes_no_trace(
    bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    assert main(["run", "--source", "demo", "--bundle", bundle, "--trace", str(tmp_path / "trace.json")]) == 2
    assert "a service of systemd writes no files" in capsys.readouterr().err
