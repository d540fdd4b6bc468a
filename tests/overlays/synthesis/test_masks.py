"""Masks on the plane: what each class covers, textures and artwork, and dependence on the seed."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.synthesis import artwork
from overlays.synthesis.artwork import Template
from overlays.synthesis.canonical_face import LOWER_LIP_Y, NOSE_TIP_Y, UPPER_LIP_Y
from overlays.synthesis.mask_placement import Kind, MaskPlacement, outline
from overlays.synthesis.mask_texture import MaskTextures, cut_cloth
from overlays.synthesis.masks import Mask, MaskCatalogue
from overlays.synthesis.plane import LEFT, SIDE_PX, TOP, UNIT_PX

COVERS = {
    MaskClass.CORRECT: (True, True, True),
    MaskClass.NOSE: (False, True, True),
    MaskClass.NOSE_MOUTH: (False, False, True),
    MaskClass.CHIN: (True, True, False),
}
MOUTH_Y = (UPPER_LIP_Y + LOWER_LIP_Y) / 2


def _at(mask: Mask, y: float) -> float:
    """The opacity of the mask in the middle of the face."""
    return float(mask.opacity[round((y - TOP) * UNIT_PX), round(-LEFT * UNIT_PX)])


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("mask_class", list(MaskClass))
def test_each_class_covers_what_its_name_says(mask_class: MaskClass, kind: Kind) -> None:
    nose, mouth, chin = COVERS[mask_class]
    for seed in range(100):
        placement = MaskPlacement.random(np.random.default_rng(seed), mask_class, kind)
        edge = outline(placement, kind).astype(np.float32)

        def covered(y: float, edge: NDArray[np.float32] = edge) -> bool:
            return cv2.pointPolygonTest(edge, (0.0, y), False) > 0

        assert covered(NOSE_TIP_Y - 0.025) is nose
        assert covered(MOUTH_Y) is mouth
        assert covered(0.93) is chin or placement.top > 0.92  # some masks hang around the neck


def test_there_is_a_gap_between_correct_and_an_uncovered_nose() -> None:
    rngs = [np.random.default_rng(seed) for seed in range(500)]
    lowest = max(MaskPlacement.random(rng, MaskClass.CORRECT, Kind.CLOTH).top for rng in rngs)
    highest = min(MaskPlacement.random(rng, MaskClass.NOSE, Kind.CLOTH).top for rng in rngs)
    assert lowest < NOSE_TIP_Y - 0.04
    assert highest > lowest + 0.05


def test_the_same_seed_gives_the_same_mask() -> None:
    first, again = (MaskCatalogue().mask(np.random.default_rng(7), MaskClass.NOSE) for _ in range(2))
    assert np.array_equal(first.picture, again.picture)
    assert np.array_equal(first.opacity, again.opacity)


def test_the_opacity_is_where_the_mask_is() -> None:
    for seed in range(20):
        mask = MaskCatalogue().mask(np.random.default_rng(seed), MaskClass.CORRECT)
        assert mask.picture.shape == (SIDE_PX, SIDE_PX, 3)
        assert mask.picture.dtype == np.uint8
        assert _at(mask, MOUTH_Y) == 1
        assert mask.opacity[:10].max() == 0


def test_textures_are_used() -> None:
    red = np.zeros((256, 256, 3), np.uint8)
    red[:, :, 2] = 255
    catalogue = MaskCatalogue(MaskTextures(textures=(red,)))
    masks = [catalogue.mask(np.random.default_rng(seed), MaskClass.CORRECT) for seed in range(80)]
    middles = [mask.picture[70:90, 70:90] for mask in masks if mask.colour == "print"]
    assert any(middle[:, :, :2].max() < 5 and middle[:, :, 2].min() > 60 for middle in middles)


def test_some_masks_have_the_colour_of_the_skin() -> None:
    skin = np.array((60.0, 90.0, 140.0))
    masks = [MaskCatalogue().mask(np.random.default_rng(seed), MaskClass.CHIN, skin) for seed in range(200)]
    alike = [mask for mask in masks if mask.colour == "skin"]
    assert 3 <= len(alike) <= 30


def test_cloth_is_cut_from_the_part_of_a_real_mask_that_covers_the_mouth() -> None:
    patch = np.zeros((128, 128, 3), np.uint8)
    patch[64:, 32:96] = (10, 200, 10)
    piece = cut_cloth(patch, (32.0, 20.0, 64.0, 80.0))
    assert piece.shape[:2] == (20, 26)
    assert (piece == (10, 200, 10)).all()


def _square() -> Template:
    """A green square whose points are given for a picture of twice the size."""
    picture = np.zeros((100, 100, 4), np.uint8)
    picture[10:90, 20:80] = (0, 255, 0, 255)
    given = np.array([(40, 20), (100, 20), (158, 20), (40, 178), (100, 178), (158, 178)], float)
    return Template(Kind.SURGICAL, picture, artwork._fitted(given, picture[:, :, 3]))


def test_artwork_is_drawn_at_the_placement() -> None:
    placement = MaskPlacement(top=0.4, side=0.5, low=0.6, bottom=1.0, width=0.4, peak=2.0, tilt=0.0)
    picture, opacity = artwork.apply_template(_square(), placement, None)
    middle = round(-LEFT * UNIT_PX)
    rows = np.flatnonzero(opacity[:, middle] > 0.5)
    assert rows[0] == pytest.approx((placement.top - TOP) * UNIT_PX, abs=2)
    assert rows[-1] == pytest.approx((placement.bottom - TOP) * UNIT_PX, abs=2)
    assert tuple(picture[rows[len(rows) // 2], middle]) == (0, 255, 0)


def test_artwork_can_be_dyed() -> None:
    placement = MaskPlacement(top=0.4, side=0.5, low=0.6, bottom=1.0, width=0.4, peak=2.0, tilt=0.0)
    picture, opacity = artwork.apply_template(_square(), placement, np.array((200.0, 20.0, 20.0)))
    assert np.abs(picture[opacity > 0.99].mean(axis=0) - (200, 20, 20)).max() < 6
