"""Training scenes: the boxes are where the faces are."""

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
from overlays.detector.scenes import Scene, make_scene, tight_crop
from overlays.detector.sources import Sources

SPOT = (0, 0, 255)


def marked(box: Box, shade: int = 90) -> LabelledImage:
    """A grey picture with a red box."""
    pixels = np.full((140, 160, 3), shade, np.uint8)
    left, top = int(box.x_px), int(box.y_px)
    pixels[top : top + int(box.height_px), left : left + int(box.width_px)] = SPOT
    return LabelledImage(pixels, (box,))


class FakeSynthesis:
    """A fake of the synthesis: every face is the same marked patch."""

    def dress(self, rng: np.random.Generator, mask_class: MaskClass, at: int) -> tuple[NDArray[np.uint8], None]:
        return marked(Box(40, 40, 60, 60)).pixels, None


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Sources:
    """Only marked pictures, and no changes of light, so that faces are exactly where the frame is red."""
    monkeypatch.setattr(scenes, "degrade", lambda frame, rng: frame)
    monkeypatch.setattr(
        scenes, "drawn_scene", lambda rng, mask_class: (marked(Box(40, 40, 60, 60)).pixels, Box(40, 40, 60, 60))
    )
    image = marked(Box(60, 50, 40, 50))
    return Sources((image,), (image,), (image,), FakeSynthesis(), np.arange(1), np.array([[40, 40, 60, 60]]), ())  # type: ignore[arg-type]


def red_share(made: Scene, box: Box) -> float:
    left, top = max(int(box.x_px) + 2, 0), max(int(box.y_px) + 2, 0)
    right, bottom = int(box.x_px + box.width_px) - 2, int(box.y_px + box.height_px) - 2
    window = made.pixels[top : max(bottom, top + 1), left : max(right, left + 1)].astype(int)
    return float(((window[..., 2] > 150) & (window[..., 1] < 100)).mean())


def test_the_same_seed_gives_the_same_scene(sources: Sources) -> None:
    first, again = (make_scene(sources, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first.pixels, again.pixels)
    assert first.faces == again.faces


def test_boxes_are_on_the_faces(sources: Sources) -> None:
    shares = []
    for seed in range(120):
        made = make_scene(sources, np.random.default_rng(seed))
        assert made.pixels.shape == (HEIGHT_PX, WIDTH_PX, 3)
        shares += [red_share(made, box) for box in made.faces]
    assert len(shares) > 100
    assert np.mean(shares) > 0.85
    assert np.quantile(shares, 0.05) > 0.5


def test_faces_have_all_sizes(sources: Sources) -> None:
    sides = [
        max(box.width_px, box.height_px)
        for seed in range(200)
        for box in make_scene(sources, np.random.default_rng(seed)).faces
    ]
    assert min(sides) >= scenes.MIN_PX
    counts, _ = np.histogram(sides, (12, 24, 48, 96, 300))
    assert (counts > 0.1 * len(sides)).all()


def test_some_scenes_have_no_face(sources: Sources) -> None:
    empty = [
        made for made in (make_scene(sources, np.random.default_rng(seed)) for seed in range(100)) if not made.faces
    ]
    assert empty


def test_an_occlusion_covers_at_most_two_fifths_of_a_face(sources: Sources) -> None:
    scene = scenes.Scene(np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8), (Box(60, 50, 40, 50),))
    scene.pixels[50:100, 60:100] = SPOT
    rng = np.random.default_rng(1)
    shares = [red_share(replace(scene, pixels=scenes.occlude(scene, rng)), scene.faces[0]) for _ in range(200)]
    assert min(shares) >= 0.55
    assert 100 < sum(share == 1 for share in shares) < 195


def test_hard_negatives_are_frequent_and_are_not_labelled_as_faces(sources: Sources) -> None:
    green = np.full((140, 160, 3), (0, 200, 0), np.uint8)
    negative = HardNegative(LabelledImage(green, ()), Box(60, 50, 40, 50))
    made = [
        make_scene(replace(sources, hard_negatives=(negative,)), np.random.default_rng(seed)) for seed in range(100)
    ]
    shown = [
        scene for scene in made if (scene.pixels[..., 1] > 150).mean() > 0.02 and (scene.pixels[..., 2] < 50).any()
    ]
    without = [make_scene(sources, np.random.default_rng(seed)) for seed in range(100)]
    assert sum(not scene.faces for scene in made) > sum(not scene.faces for scene in without) + 5
    assert len(shown) > 8


def test_some_backgrounds_have_text(monkeypatch: pytest.MonkeyPatch, sources: Sources) -> None:
    written: list[str] = []
    monkeypatch.setattr(cv2, "putText", lambda canvas, word, *rest: written.append(word))
    for seed in range(200):
        background(sources.crowds, sources.bare, (), (), np.random.default_rng(seed))
    assert len(written) > 20
    assert all(0 < len(word) < 9 for word in written)


def test_scenes_without_people_are_backgrounds_too(sources: Sources) -> None:
    green = LabelledImage(np.full((320, 320, 3), (0, 200, 0), np.uint8), ())
    many = sources.crowds, sources.bare, (green,), ()
    frames = [background(*many, np.random.default_rng(seed)) for seed in range(100)]
    shown = sum(bool((frame == (0, 200, 0)).all()) for frame in frames)
    assert 15 < shown < 50


def test_a_tight_crop_has_the_face_and_little_around_it() -> None:
    image = LabelledImage(
        marked(Box(60, 50, 40, 50)).pixels, (Box(60, 50, 40, 50), Box(0, 0, 9, 9)), (Box(62, 52, 5, 5),)
    )
    crops = [tight_crop(image, np.random.default_rng(seed)) for seed in range(60)]
    for crop in crops:
        (face,), (other, ignored) = crop.faces, crop.ignored
        height, width = crop.pixels.shape[:2]
        assert (face.width_px, face.height_px) == (40, 50)
        assert width <= 1.7 * 40 + 1
        assert height <= 1.7 * 50 + 1
        seen = crop.pixels[max(int(face.y_px), 0) : int(face.y_px) + 50, max(int(face.x_px), 0) : int(face.x_px) + 40]
        assert (seen == SPOT).all()
        assert (other.x_px - face.x_px, ignored.y_px - face.y_px) == (-60, 2)
    assert min(crop.faces[0].x_px for crop in crops) < 0
    assert len({crop.pixels.shape for crop in crops}) > 50


def test_light_does_not_change_the_shape_of_a_frame() -> None:
    frame = np.full((HEIGHT_PX, WIDTH_PX, 3), 100, np.uint8)
    results = [scenes.degrade(frame, np.random.default_rng(seed)) for seed in range(30)]
    assert {(result.shape, result.dtype) for result in results} == {(frame.shape, frame.dtype)}
    assert len({result.mean().round(1) for result in results}) > 20


def test_the_box_table_keeps_the_largest_boxes_and_marks_the_ignored_ones() -> None:
    many = tuple(Box(0, 0, side, side) for side in range(1, 60))
    made = replace(Scene(np.zeros((1, 1, 3), np.uint8)), faces=many, ignored=(Box(5, 6, 500, 500),))
    table = sample_store.box_table(made)
    assert table[0].tolist() == [5, 6, 500, 500, -1]
    assert table[1].tolist() == [0, 0, 59, 59, 1]
    assert len(table) == 40
