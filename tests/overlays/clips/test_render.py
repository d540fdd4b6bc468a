"""Clips of passages with drawn heads: positions and times of the people."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from binarycop.classes import MaskClass
from binarycop.frames.clip import Clip
from overlays.clips.make import write
from overlays.clips.people import Person
from overlays.clips.render import (
    COMES_S,
    EMPTY_S,
    FAR_PX,
    LEAD_S,
    NEAR_PX,
    QUEUE_S,
    RATE_HZ,
    WIDTH_PX,
    Walk,
    begins_s,
    paste,
    render_clip,
    stay_s,
    wall,
)
from overlays.synthesis.heads import drawn_scene


def head(seed: int, mask_class: MaskClass = MaskClass.CORRECT) -> Person:
    return Person(*drawn_scene(np.random.default_rng(seed), mask_class), mask_class, f"drawn {seed}")


def test_a_person_approaches_for_two_seconds_stands_and_leaves_the_frame() -> None:
    walk = Walk.random(np.random.default_rng(1))
    sides = [walk.at(0.1 * step)[2] for step in range(21)]
    assert sides[0] == pytest.approx(FAR_PX)
    assert sides[-1] == pytest.approx(NEAR_PX)
    assert sides == sorted(sides)
    x, _, side = walk.at(stay_s())
    assert side == pytest.approx(NEAR_PX)
    assert not -side / 2 < x < WIDTH_PX + side / 2


def test_a_face_is_pasted_at_the_given_position() -> None:
    person = Person(np.full((128, 128, 3), 250, np.uint8), head(1).box, MaskClass.CORRECT, "white")
    place = np.zeros((240, 320, 3), np.uint8)
    rows, columns = np.nonzero(paste(place, person, 120.0, 90.0, 40.0)[:, :, 0] > 200)
    assert rows.mean() == pytest.approx(90, abs=2)
    assert columns.mean() == pytest.approx(120, abs=2)


def test_between_two_people_nobody_is_visible() -> None:
    frames = list(render_clip([head(1), head(2)], np.random.default_rng(5)))
    assert len(frames) == round((LEAD_S + 2 * (stay_s() + EMPTY_S)) * RATE_HZ)
    before = frames[0].astype(float)
    between = frames[round((begins_s(1) - EMPTY_S / 2) * RATE_HZ)].astype(float)
    near = frames[round((begins_s(0) + COMES_S) * RATE_HZ)].astype(float)
    assert np.abs(between.mean(axis=2) - before.mean(axis=2)).mean() < 10
    assert np.abs(near.mean(axis=2) - before.mean(axis=2)).mean() > 15


def test_a_wall_depends_only_on_the_seed() -> None:
    first, same, other = (wall(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_the_daemon_can_read_a_clip_and_its_truth_is_in_the_same_folder(tmp_path: Path) -> None:
    people = [head(1, MaskClass.NOSE), head(2, MaskClass.CHIN)]
    assert write(tmp_path, iter([people]), seed=1) == 1
    clip = Clip(tmp_path / "0000.avi")
    count = 0
    while (frame := clip.read()) is not None:
        count += 1
        assert frame.pixels.shape == (240, 320, 3)
    clip.close()
    assert count == round(begins_s(2) * RATE_HZ)
    truth = json.loads((tmp_path / "0000.json").read_text())
    assert {person["class"] for person in truth} == {"nose", "chin"}
    assert [person["from_s"] for person in truth] == [begins_s(0), begins_s(1)]
    assert truth[0]["to_s"] < truth[1]["from_s"]


def test_in_a_queue_the_next_person_waits_further_away_and_to_one_side() -> None:
    walk = replace(Walk.random(np.random.default_rng(1)), aside_px=100.0)
    waits, starts, arrives = (walk.at(since_s) for since_s in (-1.5, 0.0, COMES_S))
    assert waits[2] == starts[2] == pytest.approx(FAR_PX)
    assert waits[0] - arrives[0] > 100 - 2 * walk.sway_px[0]
    assert abs(arrives[0] - walk.centre_px[0]) <= walk.sway_px[0]


def test_the_next_person_is_visible_at_the_same_time_only_in_a_queue() -> None:
    first, second = (
        replace(head(seed), pixels=np.full((128, 128, 3), shade, np.uint8)) for seed, shade in ((1, 0), (2, 255))
    )
    at, shares = round((begins_s(0) + QUEUE_S + 0.2) * RATE_HZ), []
    for is_queue in (False, True):
        frames = list(render_clip([first, second], np.random.default_rng(5), is_queue=is_queue))
        shares.append(float((cv2.blur(frames[at], (5, 5)).min(axis=2) > 200).mean()))
    assert shares[1] > shares[0] + 0.02


def test_in_a_queue_a_persons_time_begins_when_the_previous_person_has_left(tmp_path: Path) -> None:
    write(tmp_path, iter([[head(1), head(2)]]), seed=3, is_queue=True)
    first, second = json.loads((tmp_path / "0000.json").read_text())
    assert second["from_s"] == pytest.approx(first["to_s"])
