"""Frames to learn from have their boxes where their faces are."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.geometry import Box
from overlays.detector import sample_store, scenes
from overlays.detector.backgrounds import HEIGHT_PX, WIDTH_PX, background
from overlays.detector.hard_negatives import HardNegative
from overlays.detector.labels import LabelledImage
from overlays.detector.scenes import Scene, Sources, make_scene

SPOT = (0, 0, 255)


def marked(box: Box, shade: int = 90) -> LabelledImage:
    """A picture in which a box is red and all else grey."""
    pixels = np.full((140, 160, 3), shade, np.uint8)
    left, top = int(box.x_px), int(box.y_px)
    pixels[top : top + int(box.height_px), left : left + int(box.width_px)] = SPOT
    return LabelledImage(pixels, (box,))


class Undresser:
    """Stands in for the synthesis: every face is one marked patch."""

    def dress(self, rng: np.random.Generator, mask_class: MaskClass, at: int) -> tuple[NDArray[np.uint8], None]:
        return marked(Box(40, 40, 60, 60)).pixels, None


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Sources:
    """Marked pictures only, no drawn heads, and no change of light, so that red says where faces are."""
    monkeypatch.setattr(scenes, "degrade", lambda frame, rng: frame)
    monkeypatch.setattr(
        scenes, "drawn_scene", lambda rng, mask_class: (marked(Box(40, 40, 60, 60)).pixels, Box(40, 40, 60, 60))
    )
    one = marked(Box(60, 50, 40, 50))
    return Sources((one,), (one,), (one,), Undresser(), np.arange(1), np.array([[40, 40, 60, 60]]), ())  # type: ignore[arg-type]


def red_share(made: Scene, box: Box) -> float:
    left, top = max(int(box.x_px) + 2, 0), max(int(box.y_px) + 2, 0)
    right, bottom = int(box.x_px + box.width_px) - 2, int(box.y_px + box.height_px) - 2
    window = made.pixels[top : max(bottom, top + 1), left : max(right, left + 1)].astype(int)
    return float(((window[..., 2] > 150) & (window[..., 1] < 100)).mean())


def test_the_same_seed_gives_the_same_scene(sources: Sources) -> None:
    one, other = (make_scene(sources, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.pixels, other.pixels)
    assert one.faces == other.faces


def test_boxes_lie_on_the_faces(sources: Sources) -> None:
    shares = []
    for seed in range(120):
        made = make_scene(sources, np.random.default_rng(seed))
        assert made.pixels.shape == (HEIGHT_PX, WIDTH_PX, 3)
        shares += [red_share(made, box) for box in made.faces]
    assert len(shares) > 100
    assert np.mean(shares) > 0.85
    assert np.quantile(shares, 0.05) > 0.5


def test_faces_come_in_all_sizes(sources: Sources) -> None:
    sides = [
        max(box.width_px, box.height_px)
        for seed in range(200)
        for box in make_scene(sources, np.random.default_rng(seed)).faces
    ]
    assert min(sides) >= scenes.LEAST_PX
    counts, _ = np.histogram(sides, (12, 24, 48, 96, 300))
    assert (counts > 0.1 * len(sides)).all()


def test_some_scenes_have_nobody(sources: Sources) -> None:
    empty = [
        made for made in (make_scene(sources, np.random.default_rng(seed)) for seed in range(100)) if not made.faces
    ]
    assert empty


def test_what_stands_before_a_face_leaves_three_fifths_of_it(sources: Sources) -> None:
    one = scenes.Scene(np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8), (Box(60, 50, 40, 50),))
    one.pixels[50:100, 60:100] = SPOT
    rng = np.random.default_rng(1)
    shares = [red_share(replace(one, pixels=scenes.occlude(one, rng)), one.faces[0]) for _ in range(200)]
    assert min(shares) >= 0.55
    assert 100 < sum(share == 1 for share in shares) < 195


def test_decoys_come_often_and_are_no_faces(sources: Sources) -> None:
    green = np.full((140, 160, 3), (0, 200, 0), np.uint8)
    negative = HardNegative(LabelledImage(green, ()), Box(60, 50, 40, 50))
    made = [
        make_scene(replace(sources, hard_negatives=(negative,)), np.random.default_rng(seed)) for seed in range(100)
    ]
    shown = [one for one in made if (one.pixels[..., 1] > 150).mean() > 0.02 and (one.pixels[..., 2] < 50).any()]
    without = [make_scene(sources, np.random.default_rng(seed)) for seed in range(100)]
    assert sum(not one.faces for one in made) > sum(not one.faces for one in without) + 5
    assert len(shown) > 8


def test_letters_stand_on_some_empty_places(monkeypatch: pytest.MonkeyPatch, sources: Sources) -> None:
    written: list[str] = []
    monkeypatch.setattr(cv2, "putText", lambda canvas, word, *rest: written.append(word))
    for seed in range(200):
        background(sources.crowds, sources.bare, (), np.random.default_rng(seed))
    assert len(written) > 20
    assert all(0 < len(word) < 9 for word in written)


def test_light_leaves_the_shape_of_a_frame() -> None:
    frame = np.full((HEIGHT_PX, WIDTH_PX, 3), 100, np.uint8)
    seen = [scenes.degrade(frame, np.random.default_rng(seed)) for seed in range(30)]
    assert {(one.shape, one.dtype) for one in seen} == {(frame.shape, frame.dtype)}
    assert len({one.mean().round(1) for one in seen}) > 20


def test_a_pool_keeps_the_largest_boxes_and_which_count_neither_way() -> None:
    many = tuple(Box(0, 0, side, side) for side in range(1, 60))
    made = replace(Scene(np.zeros((1, 1, 3), np.uint8)), faces=many, ignored=(Box(5, 6, 500, 500),))
    table = sample_store.box_table(made)
    assert table[0].tolist() == [5, 6, 500, 500, -1]
    assert table[1].tolist() == [0, 0, 59, 59, 1]
    assert len(table) == 40
