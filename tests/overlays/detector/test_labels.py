"""Labels in YuNet's box convention."""

import pytest

from binarycop.detection.base import Face
from binarycop.geometry import Box
from overlays.detector import labels
from overlays.detector.labels import BoxConvention


def test_the_convention_is_the_median_difference_of_the_boxes() -> None:
    annotated = [Box(10, 20, 40, 50), Box(100, 0, 80, 100), Box(0, 0, 20, 30)]
    wanted = BoxConvention(x=0.1, y=-0.2, width=0.9, height=1.2)
    pairs = [(box, wanted.apply(box)) for box in annotated]
    found = BoxConvention.between([*pairs[:2], (annotated[2], Box(500, 500, 1, 1)), pairs[2]])
    assert vars(found) == pytest.approx(vars(wanted))


def test_a_face_that_only_yunet_finds_is_a_label_if_it_is_sure_and_ignored_if_not() -> None:
    known = Box(0, 0, 50, 50)
    finds = [Face(Box(5, 0, 50, 50), 0.9), Face(Box(100, 0, 40, 40), 0.9), Face(Box(200, 0, 40, 40), 0.4)]
    image = labels.merge_labels(None, [known], finds)  # type: ignore[arg-type]
    assert image.faces == (known, Box(100, 0, 40, 40))
    assert image.ignored == (Box(200, 0, 40, 40),)


def test_a_box_labelled_by_eye_as_no_face_is_dropped_at_any_confidence() -> None:
    hand, bag = Box(100, 0, 40, 40), Box(200, 0, 40, 40)
    finds = [Face(hand, 0.9), Face(bag, 0.4), Face(Box(300, 0, 40, 40), 0.4)]
    image = labels.merge_labels(None, [], finds, [hand, Box(205, 0, 40, 40)])  # type: ignore[arg-type]
    assert image.faces == ()
    assert image.ignored == (Box(300, 0, 40, 40),)
