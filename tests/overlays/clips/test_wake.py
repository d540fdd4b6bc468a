"""What low-power does on a clip, compared with performance."""

from dataclasses import astuple
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.frames.low_res import subsample
from binarycop.settings.service import Mode
from binarycop.tracking.motion import Motion, step
from overlays.clips.make import write
from overlays.clips.people import Person
from overlays.clips.render import EMPTY_S, LEAD_S, RATE_HZ, render_clip, stay_s
from overlays.clips.wake import Approach, approaches, report
from overlays.synthesis.heads import drawn_scene

TRUTH = [{"class": "correct", "from_s": 5.0, "to_s": 8.0}, {"class": "nose", "from_s": 13.01, "to_s": 16.0}]


def event(t_s: float, name: str, **values: object) -> dict[str, object]:
    return {"t_s": t_s, "event": name, **values}


def person() -> Person:
    pixels, box = drawn_scene(np.random.default_rng(1), MaskClass.CORRECT)
    return Person(pixels, box, MaskClass.CORRECT, "drawn")


def test_times_count_from_the_first_frame_that_shows_the_person() -> None:
    events = [
        event(3.0, "asleep", seconds=3.0),
        event(5.12, "awake", woken_by="motion"),
        event(5.4, "person"),
        event(5.6, "verdict", **{"class": "correct"}),
        event(5.6, "permit"),
        event(11.0, "asleep", seconds=6.0),
        event(13.04, "awake", woken_by="motion"),
        event(13.64, "person"),
        event(14.0, "verdict", **{"class": "undecided"}),
        event(14.04, "verdict", **{"class": "nose"}),
        event(14.04, "refuse"),
    ]
    first, second = approaches(TRUTH, events)
    assert astuple(first)[:3] == pytest.approx((0.12, 0.4, 0.6))
    assert astuple(second)[:3] == pytest.approx((0.0, 0.6, 1.0))
    assert (first.outcomes, second.outcomes) == (("permit",), ("refuse",))


def test_somebody_without_events_is_neither_woken_for_nor_in_front() -> None:
    assert approaches(TRUTH, [event(5.4, "person")])[1] == Approach(None, None, None, ())


def test_the_report_counts_who_is_missed_and_which_decisions_differ() -> None:
    seen = Approach(None, 0.6, 0.9, ("permit",))
    low_power = [
        Approach(0.1, 0.64, 0.9, ("permit",)),
        Approach(0.2, 0.6, 0.9, ("refuse",)),
        Approach(0.1, None, None, ()),
    ]
    text = report([seen] * 3, low_power, {Mode.PERFORMANCE: 200, Mode.LOW_POWER: 50})
    assert "3 people, of whom 3 woke the service" in text
    assert "| until a frame is looked at in full, low-power | 100 | 190 | 200 |" in text
    assert "| in front later in low-power | 20 | 38 | 40 |" in text
    assert "Missed in low-power: 1. Permissions and refusals that differ: 2." in text
    assert "25% of those in performance" in text


def test_a_clip_with_pauses_has_nobody_before_each_person_and_the_truth_knows_when(tmp_path: Path) -> None:
    write(tmp_path, iter([[person(), person()]]), 1, empty_s=2.0)
    truth = (tmp_path / "0000.json").read_text()
    capture = cv2.VideoCapture(str(tmp_path / "0000.avi"))
    frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    capture.release()
    pause_s = frames / RATE_HZ / 3 - stay_s() * 2 / 3
    assert 1.8 < pause_s < 2.6
    assert truth.count("from_s") == 2


def motions(frames: list[NDArray[np.uint8]]) -> int:
    """In how many frames after the first the daemon's motion test sees motion."""
    state, count = Motion(), -1
    for number, frame in enumerate(frames):
        state = step(state, subsample(frame), number / RATE_HZ)
        count += state.last_motion_s == number / RATE_HZ
    return count


def test_in_a_long_pause_nothing_shakes_the_camera() -> None:
    lead = round(LEAD_S * RATE_HZ)
    still = [list(render_clip([], np.random.default_rng(seed), empty_s=1.5)) for seed in range(6)]
    assert {len(frames) for frames in still} == {round((LEAD_S - EMPTY_S + 1.5) * RATE_HZ)}
    assert [motions(frames) for frames in still] == [0] * 6
    shaken = [list(islice(render_clip([person()], np.random.default_rng(seed)), lead)) for seed in range(6)]
    assert sum(motions(frames) for frames in shaken) > 0
