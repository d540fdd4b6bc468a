"""Each part gives figures that agree with each other, or says what is missing; how large they are is not tested."""

import os
import shutil
import socket
import subprocess
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.benchmarks import instructions, kernel, memory, start
from binarycop.benchmarks.daemon_run import DaemonRun
from binarycop.benchmarks.figures import Part
from binarycop.benchmarks.finders import measure_finders
from binarycop.benchmarks.frame import measure_frames
from binarycop.benchmarks.gates import figures as gate_figures
from binarycop.benchmarks.instructions import measure_instructions
from binarycop.benchmarks.kernel import measure_kernel, medians_us
from binarycop.benchmarks.steady import NOBODY, PERSON, WARM_UP, run
from binarycop.bundle.files import Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.errors import BackendError, SourceError
from binarycop.frames.demo import Demo


def cases(part: Part) -> list[tuple[str, str, str]]:
    return [figure.key for figure in part.figures]


def test_the_kernel_is_timed_alone_and_in_a_batch_beside_the_engines_with_the_same_scores(tiny_bundle: Bundle) -> None:
    part = measure_kernel([tiny_bundle], 20)
    quantities = ["one crop", "one crop of a batch", "in a batch"]
    assert [key for key in cases(part) if key[1] == "numpy"] == [("random", "numpy", name) for name in quantities]
    assert all(0 < figure.low <= figure.value <= figure.high for figure in part.figures)
    row = medians_us(part)["random"]
    assert {"emulator_us", "numpy_us", "emulator_batch_us", "numpy_batch_us"} <= set(row)
    alone = next(figure for figure in part.figures if figure.key == ("random", "emulator", "one crop"))
    assert row["emulator_us"] == alone.value


def test_every_engine_is_timed_on_one_thread(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    before, seen = cv2.getNumThreads(), set()

    def scores(crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        seen.add(cv2.getNumThreads())
        return Emulator(tiny_bundle).scores(crops)

    monkeypatch.setitem(kernel._OTHERS, "opencv", lambda _: scores)
    measure_kernel([tiny_bundle], 1)
    assert seen == {1}
    assert cv2.getNumThreads() == before


def test_an_engine_with_other_scores_is_not_timed(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tiny_bundle.golden_scores + 2
    monkeypatch.setitem(kernel._OTHERS, "opencv", lambda bundle: lambda crops: wrong)
    with pytest.raises(BackendError, match="opencv does not give the golden scores of random"):
        measure_kernel([tiny_bundle], 1)


def test_lookout_is_timed_on_both_sizes_with_a_face_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    part = measure_finders(1)
    groups = [group for group, case, _ in cases(part) if case == "lookout on opencv"]
    assert groups == ["320×240, one face", "320×240, nobody", "160×120, one face", "160×120, nobody"]


@pytest.fixture
def short_clip(tmp_path: Path) -> Path:
    """Half a second of the demo, in which the first person comes."""
    path = tmp_path / "short.avi"
    demo, writer = Demo(), cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (320, 240))
    for frame in islice(iter(demo.read, None), 35, 50):
        writer.write(frame.pixels)
    writer.release()
    return path


def test_a_frame_is_timed_in_replay_and_in_run_by_who_is_there(short_clip: Path) -> None:
    part = measure_frames(short_clip, 1)
    samples = {figure.key: figure.samples for figure in part.figures if figure.quantity == "capture to lines"}
    in_replay = [count for (group, _, _), count in samples.items() if group == "in replay"]
    assert sum(in_replay) == 15
    assert {group for group, _, _ in samples} == {"in replay", "in run, finder in its thread"}


def test_the_steady_frames_show_somebody_or_nobody() -> None:
    warm: list[bool] = []
    assert run(PERSON, WARM_UP + 1, lambda: warm.append(True))
    assert not run(NOBODY, 6, lambda: warm.append(True))
    assert warm == [True]


def test_the_age_of_the_oldest_frame_counts_in_periods_of_30_frames_a_second() -> None:
    latency_ms = {"p50": 2.0, "p99": 20.0, "max": 50.0}
    run = DaemonRun(8, 150.0, 100.0, 0.0, 20, 0.7, 400, 396, 4, latency_ms)
    of_eight = gate_figures([run, run, replace(run, cores=0.8)])
    assert {figure.case for figure in of_eight} == {"8 gates"}
    shown = {(figure.quantity, figure.unit): figure.value for figure in of_eight}
    assert shown["frames processed", "%"] == 99
    assert shown["age of the oldest frame", "periods"] == pytest.approx(1.5)
    assert shown["processor time", "cores"] == 0.7


def test_without_valgrind_the_instructions_are_left_out_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    part = measure_instructions()
    assert part.figures == ()
    assert part.notes == ("callgrind: valgrind is not installed; apt install valgrind",)


def test_a_python_that_fails_is_a_part_that_cannot_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_PROGRAM", "{imports}; raise SystemExit(3)")
    with pytest.raises(SourceError, match="Python alone: ended with 3"):
        memory.measure_memory((), Path("no-clip"))


def test_a_count_that_does_not_end_is_a_part_that_cannot_be_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    valgrind = tmp_path / "valgrind"
    valgrind.write_text("#!/bin/sh\nexec sleep 60\n")
    valgrind.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(instructions, "_LIMIT_S", 0.1)
    with pytest.raises(SourceError, match="callgrind: did not end within 0 s"):
        measure_instructions()


def test_a_start_is_over_when_the_service_says_that_it_is_ready() -> None:
    manager, daemon = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with manager, daemon:
        for message in (b"STATUS=READY=1 comes later", b"STATUS=running\nREADY=1", b"next"):
            daemon.send(message)
        with subprocess.Popen(("sleep", "60")) as running:
            assert start._wait_until_ready(manager, running, time.perf_counter()) > 0
            running.kill()
        assert manager.recv(100) == b"next"


def test_a_service_that_ends_before_it_is_ready_is_not_waited_for() -> None:
    manager, daemon = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with manager, daemon, subprocess.Popen(("sh", "-c", "exit 5")) as ended:
        daemon.send(b"STATUS=starting")
        with pytest.raises(SourceError, match="ended with 5 before it was ready"):
            start._wait_until_ready(manager, ended, time.perf_counter())


def test_a_start_needs_a_clip_that_is_there() -> None:
    with pytest.raises(SourceError, match="no-clip: does not exist; name a video file"):
        start.measure_start(Path("no-clip"), 1)


def test_a_program_that_fails_is_named_with_its_last_line() -> None:
    with pytest.raises(SourceError, match="ended with 3: it broke"):
        start._ended_s(("sh", "-c", "echo it broke >&2; exit 3"))
