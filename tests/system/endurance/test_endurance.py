"""The parts of the soak test: a short session adds up, growth is reported, and the camera has every fault."""

import csv
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from binarycop.clock import ManualClock
from binarycop.errors import SourceError
from binarycop.frames.demo import Demo
from binarycop.settings.service import Mode, ServiceSettings
from tests.system.endurance import plot as plots
from tests.system.endurance.camera import CameraState, UnreliableCamera
from tests.system.endurance.plot import plot
from tests.system.endurance.session import Session, SessionRow
from tests.system.endurance.soak import MIN_SESSIONS, SESSION_FRAMES, find_growth, main

ROW = SessionRow(0, 9000, 100, 200, 4000, 4600, 100, 60, 10, 20, 3, 1.0, 5.0, 200.0, 8, 1)


def test_the_counts_of_a_session_add_up_and_the_relay_is_never_on_without_a_cause() -> None:
    pytest.importorskip("pynq", reason="needs pynq, which the simulated board uses")
    session = Session(3, [frame.pixels for frame in iter(Demo().read, None)], seed=2)
    row = session.run(700)
    assert session.violations == []
    assert row.captured == row.withheld + row.dropped + row.scored + row.without_face + row.without_scores
    assert row.scored > 0
    assert row.dropped > 0


def test_in_low_power_no_relay_is_ever_on_with_a_slow_clock_whatever_fails() -> None:
    pytest.importorskip("pynq", reason="needs pynq, which the simulated board uses")
    low_power = ServiceSettings(mode=Mode.LOW_POWER, sleep_after_s=0.3)  # so that it sleeps between the demo's people
    session = Session(1, [frame.pixels for frame in iter(Demo().read, None)], seed=5, service=low_power)
    row = session.run(1500)
    assert session.violations == []
    assert row.permits > 0
    assert session.sleeps > 3


def test_constant_values_are_not_reported_as_growth() -> None:
    assert find_growth([replace(ROW, session=number) for number in range(20)]) == []


def test_too_few_sessions_are_refused() -> None:
    rows = [replace(ROW, session=number, threads=number) for number in range(MIN_SESSIONS)]
    assert find_growth(rows) == ["threads grew by 3"]
    with pytest.raises(ValueError, match=f"{MIN_SESSIONS - 1} sessions are too few to see growth; {MIN_SESSIONS} are"):
        find_growth(rows[1:])


def test_too_few_frames_are_refused_before_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--frames", str(MIN_SESSIONS * SESSION_FRAMES - 1)])
    assert ended.value.code == 2
    assert "89,999 frames are too few to see growth; at least 90,000 are needed, 9 sessions of 10,000" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("name", "step", "message"),
    [
        ("rss_mb", 1.5, "rss_mb grew by"),
        ("descriptors", 1, "descriptors grew by"),
        ("threads", 1, "threads grew by"),
        ("p50_ms", 0.5, "the median latency is"),
    ],
)
def test_a_value_that_grows_is_named(name: str, step: float, message: str) -> None:
    rows = [replace(ROW, **{name: getattr(ROW, name) + step * number}) for number in range(20)]
    assert [message in line for line in find_growth(rows)] == [True]


def test_the_unreliable_camera_reaches_every_state() -> None:
    clock, seen, failed = ManualClock(), set(), set()
    camera = UnreliableCamera(
        [np.zeros((8, 8, 3), np.uint8)] * 2, clock, np.random.default_rng(1), odds=0.2, longest_s=1.0
    )
    for number in range(2000):
        clock.advance_to(number * 0.05)
        try:
            camera.read()
        except SourceError:
            failed.add(camera.state)
        seen.add(camera.state)
    assert seen == set(CameraState)
    assert failed == {CameraState.GONE, CameraState.TRUNCATED}


def test_the_unreliable_camera_repeats_pictures_only_by_a_fault() -> None:
    camera = UnreliableCamera(
        [np.zeros((8, 8, 3), np.uint8)] * 2, ManualClock(), np.random.default_rng(1), odds=0.0, longest_s=1.0
    )
    assert len({camera.read().pixels.tobytes() for _ in range(700)}) == 700
    camera.state = CameraState.REPEATING
    camera._until_s = 1.0
    assert len({camera.read().pixels.tobytes() for _ in range(700)}) == 4


def test_the_plot_has_a_line_for_each_series() -> None:
    picture = plot({"one": [1, 2, 3], "two": [5, 5, 5]}, "title", "a session")
    assert picture.count("<polyline") == 2
    assert picture.count("session 3<") == 2
    assert ">3<" in picture
    assert ">last: 5<" in picture


def test_the_plot_of_a_run_can_be_drawn_again_from_its_csv_with_titles_and_units(tmp_path: Path) -> None:
    rows = [asdict(replace(ROW, session=number, rss_mb=200.0 + number)) for number in range(5)]
    with (tmp_path / "soak.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    assert plots.main([str(tmp_path / "soak.csv"), str(tmp_path / "soak.svg")]) == 0
    picture = (tmp_path / "soak.svg").read_text(encoding="utf-8")
    assert picture == plots.plot_rows(rows)
    assert [panel.title in picture for panel in plots.PANELS.values()] == [True] * len(plots.PANELS)
    assert ">204 MB<" in picture
    assert f"{SESSION_FRAMES:,} frames" in picture
