"""People shown at a width, and the smallest width at which they are judged like people close to the camera."""

from dataclasses import replace
from itertools import islice

import cv2
import numpy as np
import pytest

from binarycop.classes import MaskClass
from overlays.clips.face_size import WIDTHS_PX, Sighting, least_width, show, table
from overlays.clips.people import Person
from overlays.clips.render import Pixels
from overlays.synthesis.heads import drawn_scene

PERSON = Person(*drawn_scene(np.random.default_rng(2), MaskClass.CORRECT), MaskClass.CORRECT, "drawn")


def sightings(wrong_below_px: int, votes_below_px: int) -> list[Sighting]:
    """Fifty people of each class; below a width all answers are wrong, below another all bare faces pass as correct."""
    found = []
    for width_px in WIDTHS_PX:
        for mask_class in MaskClass:
            answer = mask_class if width_px >= wrong_below_px else MaskClass((mask_class + 1) % 4)
            passes = mask_class is MaskClass.CORRECT or (width_px < votes_below_px and mask_class is MaskClass.NOSE)
            one = Sighting(
                "drawn", "", mask_class, "tiny", width_px, 8, 8, (answer,) * 8, 0, 8 if passes else 0, mask_class
            )
            found += [replace(one, person=str(number)) for number in range(50)]
    return found


@pytest.mark.parametrize("width_px", [12, 40, 96])
def test_a_person_is_shown_with_a_face_of_the_width(width_px: int) -> None:
    shown = list(islice(show(PERSON, width_px, np.random.default_rng(1)), 12))
    assert np.mean([box.shorter_px for _, box in shown]) == pytest.approx(width_px, rel=0.06)
    frame, box = shown[0]
    assert frame.shape == (480, 640, 3)
    x, y = (round(at) for at in box.centre)
    assert cv2.absdiff(frame, show_nobody())[y - 2 : y + 3, x - 2 : x + 3].mean() > 10


def show_nobody() -> Pixels:
    """The same place with a face of one pixel."""
    return next(show(PERSON, 1, np.random.default_rng(1)))[0]


def test_the_least_width_is_limited_by_recall_and_by_bare_faces_that_pass() -> None:
    assert least_width(sightings(0, 0)) == WIDTHS_PX[0]
    assert least_width(sightings(28, 0)) == 28
    assert least_width(sightings(0, 48)) == 48


def test_the_table_has_a_row_for_each_width_and_a_dash_for_a_class_without_people() -> None:
    rows = table([one for one in sightings(28, 0) if one.mask_class is not MaskClass.CHIN])
    assert len(rows) == 2 + len(WIDTHS_PX)
    assert rows[-1].startswith("| 96 | 1.000 | 1.000 (0.93-1.00) |")
    assert rows[-1].endswith("| – |")
    assert "| 0.000 (0.00-0.07) | 0.000 (0.00-0.07) | 0.000 (0.00-0.07) | – | 0.000 |" in rows[2]
