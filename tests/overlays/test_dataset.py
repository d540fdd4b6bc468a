"""Crops from made-up faces: labels take turns, crops hang on seed and number alone, and each class shows its mask."""

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.faces.crop import CropGeometry
from binarycop.wearing import Wearing
from overlays.synthesis.dataset import Recipe, Synthesis
from overlays.synthesis.dress import dress
from overlays.synthesis.faces import Split
from overlays.synthesis.heads import heads, nobody
from overlays.synthesis.masks import LEFT, TOP, UNIT_PX, Wardrobe
from overlays.synthesis.patches import SIDE_PX, Patches, plane_map

CHIN_PX, FACE_PX = 96.0, 64.0


def _plane() -> NDArray[np.float32]:
    """The coarse map of an average, upright face, hairline at 32 px, chin at 96 px of the patch."""
    nodes = ((np.arange(32) + 0.5) * SIDE_PX / 32 - 0.5).astype(np.float32)
    x, y = np.meshgrid((nodes - 63.5) / FACE_PX, (nodes - CHIN_PX) / FACE_PX + 1)
    return np.stack([x, y], axis=-1)


@pytest.fixture(scope="module")
def patches() -> Patches:
    """Three plain faces that train, one with a real mask, and one that tests."""
    pixels = np.stack([np.full((SIDE_PX, SIDE_PX, 3), grey, np.uint8) for grey in (90, 140, 190, 10, 250)])
    planes = np.stack([_plane()] * 5)
    planes[3] = np.nan
    return Patches(
        pixels=pixels,
        boxes=np.tile(np.array([38, 32, 52, 64], np.float32), (5, 1)),
        planes=planes,
        splits=np.array(["train"] * 4 + ["test"]),
        identities=np.array(list("abcde")),
    )


def test_classes_take_turns_and_numbers_stand_alone(patches: Patches) -> None:
    synthesis = Synthesis(patches, Split.TRAIN, Wardrobe([]), Recipe())
    forwards = [synthesis.one(5, number) for number in range(16)]
    backwards = [synthesis.one(5, number) for number in reversed(range(16))][::-1]
    assert [wearing for _, wearing in forwards] == list(Wearing) * 4
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(forwards, backwards))
    assert len({crop.tobytes() for crop, _ in forwards}) == 16


def test_a_split_uses_its_own_faces(patches: Patches) -> None:
    assert set(patches.of(Split.TRAIN).identities) == set("abcd")
    assert set(patches.of(Split.TEST).identities) == {"e"}
    assert patches.is_bare.tolist() == [True, True, True, False, True]


def test_dressing_covers_the_mouth_and_nothing_far_away(patches: Patches) -> None:
    rng = np.random.default_rng(0)
    cloth, cover = Wardrobe([]).mask(rng, Wearing.CORRECT)
    cloth[:] = (200, 30, 30)
    worn = dress(patches.pixels[1], plane_map(patches.planes[1]), cloth, cover, rng)
    mouth = worn[round(CHIN_PX - 0.27 * FACE_PX), 63].astype(int)
    assert mouth[0] > mouth[1] + 50
    assert np.array_equal(worn[:30], patches.pixels[1][:30])


def test_a_mask_that_misses_the_picture_changes_nothing(patches: Patches) -> None:
    cloth, cover = Wardrobe([]).mask(np.random.default_rng(0), Wearing.CORRECT)
    elsewhere = plane_map(patches.planes[1]) + np.float32(10)
    worn = dress(patches.pixels[1], elsewhere, cloth, cover, np.random.default_rng(0))
    assert np.array_equal(worn, patches.pixels[1])


def test_the_plane_of_the_drawing_is_the_plane_of_the_face() -> None:
    fine = plane_map(_plane())
    at = fine[round(CHIN_PX), 64]
    assert at == pytest.approx((0.5 / FACE_PX, 1.0), abs=0.01)
    assert 0 < (at[0] - LEFT) * UNIT_PX < 160
    assert 0 < (at[1] - TOP) * UNIT_PX < 160


def test_pictures_of_nobody_are_the_same_from_their_seed() -> None:
    first, again = (nobody(12, 3, CropGeometry()) for _ in range(2))
    assert np.array_equal(first, again)
    crops, classes = heads(8, 3, CropGeometry())
    assert crops.shape == (8, 32, 32, 3)
    assert classes.tolist() == [0, 1, 2, 3] * 2
