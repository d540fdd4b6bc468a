"""The views of a face: exact cuts of one crop, whose mean score does not depend on their order."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from binarycop.accelerator.finn_classifier import MAX_BATCH
from binarycop.bundle.files import Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.detection.crop import crop
from binarycop.detection.views import VIEWS, View, cut_views, mean_scores, views_in, views_of_each_face
from binarycop.geometry import Box, CropGeometry
from binarycop.settings.classifier import MOST_CROPS, ClassifierSettings
from binarycop.settings.load import MAX_GATES

GEOMETRY = CropGeometry(margin=1.15, shift_y=0.06)


def noise(seed: int, *shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def test_a_single_view_is_the_crop() -> None:
    frame, box = noise(1, 240, 320), Box(90.3, 60.8, 71.0, 88.4)
    assert np.array_equal(cut_views(frame, box, GEOMETRY, 1), crop(frame, box, GEOMETRY)[None])


def test_six_views_are_the_middle_and_the_corners_of_one_crop_each_mirrored_in_turn() -> None:
    frame = np.zeros((34, 34, 3), np.uint8)
    frame[:, :, 0] = 7 * np.arange(34)[:, None]  # blue: how far down
    frame[:, :, 2] = 7 * np.arange(34)  # red: how far to the right
    views = cut_views(frame, Box(1, 1, 32, 32), CropGeometry(margin=1.0, shift_y=0.0), 6)
    assert views.shape == (6, 32, 32, 3)
    top_left = [tuple(view[0, 0, [0, 2]] // 7) for view in views]
    assert top_left == [(1, 1), (32, 1), (0, 0), (33, 0), (2, 2), (31, 2)]
    top_right = [tuple(view[0, -1, [0, 2]] // 7) for view in views]
    assert top_right == [(32, 1), (1, 1), (31, 0), (2, 0), (33, 2), (0, 2)]


@given(st.integers(0, 100), st.sampled_from([2, 4, 6, 8, 10]))
def test_a_mirrored_face_has_the_same_views(seed: int, count: int) -> None:
    wide = noise(seed, 34, 34)
    here, there = ({view.tobytes() for view in views_in(pixels, VIEWS[:count])} for pixels in (wide, np.fliplr(wide)))
    assert here == there
    assert len(here) == count


@given(st.permutations(VIEWS))
def test_the_order_of_the_views_does_not_matter(tiny_bundle: Bundle, order: list[View]) -> None:
    wide, classifier = noise(3, 34, 34), Emulator(tiny_bundle)
    expected = mean_scores(classifier.scores(views_in(wide, VIEWS)))
    assert np.array_equal(mean_scores(classifier.scores(views_in(wide, tuple(order)))), expected)


def test_the_mean_is_rounded_and_has_the_scale_of_one_view() -> None:
    scores = np.array([[10, -7, 0, 3], [11, -8, 0, 3], [13, -8, 1, 3]], np.int32)
    assert mean_scores(scores).tolist() == [11, -8, 0, 3]
    assert mean_scores(scores).dtype == np.int32
    assert mean_scores(scores[:1]).tolist() == [10, -7, 0, 3]


@pytest.mark.parametrize(("gates", "expected"), [(1, 6), (2, 6), (3, 5), (4, 4), (5, 3), (8, 2)])
def test_many_gates_have_fewer_views_each(gates: int, expected: int) -> None:
    assert views_of_each_face(6, gates) == expected
    assert views_of_each_face(1, gates) == 1


@given(st.integers(1, len(VIEWS)), st.integers(1, MAX_GATES))
def test_the_views_of_all_gates_are_one_transfer_of_the_accelerator(views: int, gates: int) -> None:
    assert gates * views_of_each_face(views, gates) <= MOST_CROPS <= MAX_BATCH


def test_the_setting_has_a_view_for_each_of_its_values() -> None:
    bounds = next(field.metadata for field in fields(ClassifierSettings) if field.name == "views")
    assert (bounds["low"], bounds["high"]) == (1, len(VIEWS))
    for count in (0, len(VIEWS) + 1):
        with pytest.raises(ValueError, match=f"not {count}"):
            cut_views(noise(1, 50, 50), Box(10, 10, 20, 20), GEOMETRY, count)
