"""The built-in demo: the visits, and that its frames show them."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.frames.base import Frame
from binarycop.frames.demo import HEIGHT_PX, RATE_HZ, SPOT, WIDTH_PX, Demo, visits


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    demo = Demo()
    frames = []
    while (frame := demo.read()) is not None:
        frames.append(frame)
    return frames


def at(frames: list[Frame], time_s: float) -> NDArray[np.int64]:
    return frames[round(time_s * RATE_HZ)].pixels.astype(np.int64)


def spot(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    left, top = int(SPOT.x_px), int(SPOT.y_px)
    return pixels[top : top + int(SPOT.height_px), left : left + int(SPOT.width_px)]


def difference(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    return float(np.abs(first - second).mean())


def test_the_four_classes_come_one_after_another_with_an_empty_spot_between() -> None:
    people = visits()
    assert [person.mask_class for person in people] == list(MaskClass)
    assert people[0].from_s >= 1.0
    for person in people:
        assert person.from_s < person.at_spot_s < person.leaves_s < person.to_s
        assert person.leaves_s - person.at_spot_s >= 1.5
    for before, after in pairwise(people):
        assert after.from_s - before.to_s >= 1.0


def test_it_has_20_frames_per_second_and_ends_with_an_empty_spot(frames: list[Frame]) -> None:
    assert [frame.number for frame in frames] == list(range(len(frames)))
    assert [frame.captured_s for frame in frames] == pytest.approx([number / 20 for number in range(len(frames))])
    assert 20 <= frames[-1].captured_s <= 30
    assert frames[-1].captured_s - visits()[-1].to_s >= 1.0
    assert all(frame.pixels.shape == (HEIGHT_PX, WIDTH_PX, 3) and frame.pixels.dtype == np.uint8 for frame in frames)


def test_the_same_seed_gives_the_same_demo_and_another_seed_another(frames: list[Frame]) -> None:
    same, other = Demo(), Demo(seed=2)
    for frame in frames[:60:20]:
        assert np.array_equal(_pixels(same, frame.number), frame.pixels)
        assert difference(_pixels(other, frame.number).astype(np.int64), frame.pixels.astype(np.int64)) > 10


def _pixels(demo: Demo, number: int) -> NDArray[np.uint8]:
    while (frame := demo.read()) is not None:
        if frame.number == number:
            return frame.pixels
    raise AssertionError(f"there is no frame {number}")


def test_somebody_is_at_the_spot_exactly_during_each_visit(frames: list[Frame]) -> None:
    empty = spot(at(frames, 0.0))
    for person in visits():
        assert difference(spot(at(frames, person.from_s - 0.3)), empty) < 6
        assert difference(spot(at(frames, person.at_spot_s)), empty) > 25
        assert difference(spot(at(frames, person.leaves_s - 0.1)), empty) > 25
        assert difference(at(frames, person.to_s + 0.1), at(frames, 0.0)) < 6


def test_the_people_look_different(frames: list[Frame]) -> None:
    faces = [spot(at(frames, person.at_spot_s + 1.0)) for person in visits()]
    for index, face in enumerate(faces):
        assert all(difference(face, other) > 15 for other in faces[index + 1 :])


def test_a_person_covers_more_and_more_pixels_while_arriving(frames: list[Frame]) -> None:
    person = visits()[0]
    times_s = (person.from_s + 0.1, person.from_s + 0.4, person.from_s + 0.7, person.at_spot_s)
    empty = at(frames, 0.0)
    covered_px = [int((np.abs(at(frames, time_s) - empty).max(axis=2) > 25).sum()) for time_s in times_s]
    assert covered_px == sorted(covered_px)
    assert covered_px[-1] > 3 * covered_px[0]


def test_no_frame_is_identical_to_the_one_before(frames: list[Frame]) -> None:
    assert not any(np.array_equal(before.pixels, after.pixels) for before, after in pairwise(frames))


def test_a_closed_demo_is_at_its_end() -> None:
    demo = Demo()
    demo.read()
    demo.close()
    assert demo.read() is None


def test_a_recording_says_how_much_of_it_is_read() -> None:
    demo = Demo()
    shares = [demo.share_read]
    while demo.read() is not None:
        shares.append(demo.share_read)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
