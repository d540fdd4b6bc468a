"""A live source that repeats its pictures."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.frames import repeat_detector
from binarycop.frames.repeat_detector import MEMORY, RepeatDetector
from tests.frames.fakes import picture


def noise(seed: int) -> NDArray[np.uint8]:
    """A small picture of sensor noise."""
    return np.random.default_rng(seed).integers(90, 110, (48, 64, 3), np.uint8)


def distances(detector: RepeatDetector, pictures: Iterator[NDArray[np.uint8]]) -> list[int | None]:
    return [detector.distance(pixels) for pixels in pictures]


def test_pictures_with_noise_are_all_new() -> None:
    assert distances(RepeatDetector(), (noise(seed) for seed in range(3000))) == [None] * 3000


@pytest.mark.parametrize("ring", [1, 2, 3, 4, 63, 64, 65, MEMORY])
def test_a_ring_is_noticed_with_its_first_repeated_picture(ring: int) -> None:
    detector = RepeatDetector()
    pictures = [noise(seed) for seed in range(ring)]
    assert distances(detector, iter(pictures)) == [None] * ring
    assert distances(detector, iter(pictures * 2)) == [ring] * (2 * ring)


def test_a_ring_of_more_pictures_than_are_remembered_is_not_noticed() -> None:
    detector = RepeatDetector()
    pictures = [noise(seed) for seed in range(MEMORY + 1)]
    assert distances(detector, iter(pictures * 2)) == [None] * (2 * (MEMORY + 1))


def test_a_film_that_runs_back_and_forth_is_noticed() -> None:
    detector = RepeatDetector()
    there = [noise(seed) for seed in range(20)]
    distances(detector, iter(there))
    assert distances(detector, iter(there[-2::-1])) == [2 * step for step in range(1, 20)]


def test_one_picture_that_comes_twice_does_not_make_the_next_ones_repetitions() -> None:
    detector = RepeatDetector()
    assert distances(detector, (noise(seed) for seed in (1, 1, 2, 3))) == [None, 1, None, None]


def test_one_changed_pixel_outside_the_sample_is_a_new_picture() -> None:
    detector = RepeatDetector()
    pictures = []
    for number in range(20):
        pixels = picture(9)
        pixels[5, 7, 1] = number
        pictures.append(pixels)
    # Only the second one counts as a repetition, since the first one has no checksum of all its pixels.
    assert distances(detector, iter(pictures)) == [None, 1] + [None] * 18
    detector.distance(pictures[0])
    assert distances(detector, iter(pictures)) == [1] + [21] * 19


def test_pictures_that_alternate_and_differ_outside_the_sample_are_noticed() -> None:
    detector = RepeatDetector()
    one, other = picture(9), picture(9)
    other[5, 7, 1] = 0
    found = distances(detector, iter([one, other] * 10))
    assert found[3:] == [2] * 17


def test_the_detector_does_not_depend_on_the_callers_buffer() -> None:
    detector = RepeatDetector()
    for expected in (None, 1, 1):
        pixels = picture(9)
        assert detector.distance(pixels) == expected
        pixels[:] = 0


def test_another_size_is_another_picture() -> None:
    detector = RepeatDetector()
    shapes = [(24, 32, 3), (48, 16, 3), (16, 48, 3), (1, 768, 3), (768, 1, 3)]
    assert distances(detector, (np.zeros(shape, np.uint8) for shape in shapes)) == [None] * 5


def test_a_picture_of_any_size_is_recognised() -> None:
    for shape in [(1, 1, 3), (1, 640, 3), (640, 1, 3), (2, 2, 3), (15, 17, 3), (481, 641, 3)]:
        detector = RepeatDetector()
        assert [detector.distance(np.zeros(shape, np.uint8)) for _ in range(3)] == [None, 1, 1]


def test_a_slice_of_a_larger_picture_is_compared_without_the_rest() -> None:
    detector = RepeatDetector()
    large = np.zeros((48, 64, 3), np.uint8)
    for number, expected in enumerate((None, 1, 1)):
        large[30:] = number
        assert detector.distance(large[:24, :32]) == expected


def test_only_numbers_are_kept_and_a_bounded_count_of_them() -> None:
    detector = RepeatDetector()
    for number in range(3 * MEMORY):
        detector.distance(noise(number // 2))
    memories = [value for value in vars(detector).values() if isinstance(value, repeat_detector._Memory)]
    assert len(memories) == len(vars(detector)) - 1
    for memory in memories:
        assert len(memory._numbers) <= MEMORY
        assert {type(part) for item in memory._numbers.items() for part in item} <= {int}
