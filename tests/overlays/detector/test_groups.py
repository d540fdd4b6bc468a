"""The detector's recall by groups of people: frames, references, counts."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.detection.base import Face
from binarycop.geometry import Box
from overlays.detector import groups, manual_traits
from overlays.detector.groups import Subject, count, in_frame, is_found, reference, table
from overlays.detector.manual_traits import Beard

SCENE = np.full((groups.HEIGHT_PX, groups.WIDTH_PX, 3), 10, np.uint8)


class Scripted:
    """A fake detector: what it finds follows from the frame."""

    name = "scripted"

    def __init__(self, see: Callable[[NDArray[np.uint8]], list[Box]]) -> None:
        self.see = see

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        return [Face(box, 0.9) for box in self.see(pixels)]


def white(pixels: NDArray[np.uint8]) -> list[Box]:
    """The box around all white pixels."""
    rows, columns = np.nonzero(pixels.min(axis=2) > 200)
    if not len(rows):
        return []
    left, top = int(columns.min()), int(rows.min())
    return [Box(left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top)]


def portrait(height: int = 200, width: int = 100) -> NDArray[np.uint8]:
    """A black picture with a white face of half its sides in the middle."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4] = 255
    return pixels


def test_a_picture_gets_its_share_of_the_frames_height_in_the_middle_of_the_scene() -> None:
    frame, scale, corner = in_frame(portrait(), 0.5, SCENE)
    assert scale == pytest.approx(1.2)
    assert corner == (260, 120)
    assert (frame[119] == 10).all()
    assert (frame[:, 259] == 10).all()
    assert white(frame)[0].iou(Box(290, 180, 60, 120)) > 0.9
    assert (SCENE == 10).all()


def test_a_wide_picture_is_as_wide_as_the_frame_at_most() -> None:
    frame, scale, corner = in_frame(portrait(100, 400), 0.8, SCENE)
    assert (frame.shape, scale, corner) == (SCENE.shape, 1.6, (0, 160))


def test_a_face_is_found_if_a_detection_overlaps_it_and_not_if_it_is_beside_it() -> None:
    face, whole = Box(100, 100, 50, 60), Box(50, 50, 200, 200)
    assert is_found([Face(Box(110, 100, 50, 60), 0.9)], face, whole)
    assert not is_found([Face(Box(180, 100, 50, 60), 0.9)], face, whole)


def test_if_nobody_knows_where_the_face_is_a_detection_anywhere_in_the_picture_counts() -> None:
    whole = Box(50, 50, 200, 200)
    assert is_found([Face(Box(180, 100, 50, 60), 0.9)], None, whole)
    assert not is_found([Face(Box(300, 100, 50, 60), 0.9)], None, whole)


def test_the_reference_is_in_pixels_of_the_picture_even_if_the_face_touches_its_edge() -> None:
    pixels = np.full((80, 100, 3), 255, np.uint8)
    assert reference(Scripted(white), pixels) == Box(0, 0, 100, 80)
    assert reference(Scripted(lambda pixels: []), pixels) is None


def test_each_group_has_its_own_count_at_each_size_and_around(tmp_path: Path) -> None:
    for name in "ab":
        cv2.imwrite(str(tmp_path / f"{name}.png"), portrait())
    people = [Subject(tmp_path / "a.png", ("all", "beard: full")), Subject(tmp_path / "b.png", ("all",))]

    def only_large_and_on_grey(pixels: NDArray[np.uint8]) -> list[Box]:
        (box,) = white(pixels)
        return [box] if box.height_px > 100 and pixels[0, 0, 0] == 127 else []

    detector = Scripted(only_large_and_on_grey)
    counts = count([detector], people, Scripted(white), [SCENE])
    hits = {key[1:]: (value.hits, value.total) for key, value in counts.items()}
    assert hits["grey", "all", 0.3] == (0, 2)
    assert hits["grey", "all", 0.5] == (2, 2)
    assert hits["grey", "beard: full", 0.8] == (1, 1)
    assert hits["scene", "all", 0.8] == (0, 2)
    assert hits["grey", "side: 64 to 128 px", 0.5] == (2, 2)
    lines = list(table(counts, [detector], "grey"))
    assert lines[0] == "| on grey | faces | scripted 30% | scripted 50% | scripted 80% |"
    assert "| beard: full | 1 | 0.000 (0.00-0.79) | 1.000 (0.21-1.00) | 1.000 (0.21-1.00) |" in lines


def test_the_table_of_traits_can_be_read_and_has_beards_enough_to_measure() -> None:
    traits = manual_traits.read()
    assert sum(seen.beard is Beard.FULL for seen in traits.values()) > 100
    assert sum(not seen.is_face for seen in traits.values()) == 4
    assert all(name.count("/") == 2 and name.endswith(".jpg") for name in traits)
