"""The built-in demo: who comes when, and that it is drawn so."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.frames.base import Frame
from binarycop.frames.demo import HEIGHT_PX, RATE_HZ, SPOT, WIDTH_PX, Demo, passages


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    demo = Demo()
    shown = []
    while (one := demo.read()) is not None:
        shown.append(one)
    return shown


def at(frames: list[Frame], time_s: float) -> NDArray[np.int64]:
    return frames[round(time_s * RATE_HZ)].pixels.astype(np.int64)


def spot(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    left, top = int(SPOT.x_px), int(SPOT.y_px)
    return pixels[top : top + int(SPOT.height_px), left : left + int(SPOT.width_px)]


def change(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    return float(np.abs(one - other).mean())


def test_the_four_ways_come_one_after_another_with_an_empty_spot_between() -> None:
    people = passages()
    assert [person.wearing for person in people] == list(MaskClass)
    assert people[0].from_s >= 1.0
    for person in people:
        assert person.from_s < person.at_spot_s < person.leaves_s < person.to_s
        assert person.leaves_s - person.at_spot_s >= 1.5
    for before, after in pairwise(people):
        assert after.from_s - before.to_s >= 1.0


def test_it_runs_at_20_frames_a_second_from_0_to_an_empty_end(frames: list[Frame]) -> None:
    assert [one.number for one in frames] == list(range(len(frames)))
    assert [one.captured_s for one in frames] == pytest.approx([number / 20 for number in range(len(frames))])
    assert 20 <= frames[-1].captured_s <= 30
    assert frames[-1].captured_s - passages()[-1].to_s >= 1.0
    assert all(one.pixels.shape == (HEIGHT_PX, WIDTH_PX, 3) and one.pixels.dtype == np.uint8 for one in frames)


def test_the_same_seed_is_the_same_demo_and_another_is_not(frames: list[Frame]) -> None:
    again, other = Demo(), Demo(seed=2)
    for one in frames[:60:20]:
        assert np.array_equal(_frame(again, one.number), one.pixels)
        assert change(_frame(other, one.number).astype(np.int64), one.pixels.astype(np.int64)) > 10


def _frame(demo: Demo, number: int) -> NDArray[np.uint8]:
    while (one := demo.read()) is not None:
        if one.number == number:
            return one.pixels
    raise AssertionError(f"there is no frame {number}")


def test_someone_stands_at_the_spot_exactly_while_the_passages_say_so(frames: list[Frame]) -> None:
    empty = spot(at(frames, 0.0))
    for person in passages():
        assert change(spot(at(frames, person.from_s - 0.3)), empty) < 6
        assert change(spot(at(frames, person.at_spot_s)), empty) > 25
        assert change(spot(at(frames, person.leaves_s - 0.1)), empty) > 25
        assert change(at(frames, person.to_s + 0.1), at(frames, 0.0)) < 6


def test_people_look_different_from_each_other(frames: list[Frame]) -> None:
    faces = [spot(at(frames, person.at_spot_s + 1.0)) for person in passages()]
    for index, face in enumerate(faces):
        assert all(change(face, other) > 15 for other in faces[index + 1 :])


def test_a_person_comes_nearer_step_by_step(frames: list[Frame]) -> None:
    person = passages()[0]
    times_s = (person.from_s + 0.1, person.from_s + 0.4, person.from_s + 0.7, person.at_spot_s)
    empty = at(frames, 0.0)
    covered_px = [int((np.abs(at(frames, time_s) - empty).max(axis=2) > 25).sum()) for time_s in times_s]
    assert covered_px == sorted(covered_px)
    assert covered_px[-1] > 3 * covered_px[0]


def test_no_two_frames_are_alike_bit_for_bit(frames: list[Frame]) -> None:
    assert not any(np.array_equal(one.pixels, other.pixels) for one, other in pairwise(frames))


def test_a_closed_demo_is_at_its_end() -> None:
    demo = Demo()
    demo.read()
    demo.close()
    assert demo.read() is None
