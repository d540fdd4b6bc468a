"""Masks on the plane: each way of wearing covers and bares what it should; the same seed gives the same mask."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.wearing import Wearing
from overlays.synthesis.canon import LOWER_LIP_Y, NOSE_TIP_Y, UPPER_LIP_Y
from overlays.synthesis.masks import LEFT, SIDE_PX, TOP, UNIT_PX, Kind, Wardrobe, Worn, outline

COVERS = {
    Wearing.CORRECT: (True, True, True),
    Wearing.NOSE: (False, True, True),
    Wearing.NOSE_MOUTH: (False, False, True),
    Wearing.CHIN: (True, True, False),
}


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("wearing", list(Wearing))
def test_each_way_covers_what_its_name_says(wearing: Wearing, kind: Kind) -> None:
    nose, mouth, chin = COVERS[wearing]
    for seed in range(100):
        worn = Worn.random(np.random.default_rng(seed), wearing)
        edge = outline(worn, kind).astype(np.float32)

        def covered(y: float, edge: NDArray[np.float32] = edge) -> bool:
            return cv2.pointPolygonTest(edge, (0.0, y), False) > 0

        assert covered(NOSE_TIP_Y - 0.025) is nose
        assert covered((UPPER_LIP_Y + LOWER_LIP_Y) / 2) is mouth
        assert covered(0.955) is chin or worn.top > 0.94  # some masks hang at the neck


def test_the_same_seed_gives_the_same_mask() -> None:
    (first, first_cover), (again, again_cover) = (
        Wardrobe([]).mask(np.random.default_rng(7), Wearing.NOSE) for _ in range(2)
    )
    assert np.array_equal(first, again)
    assert np.array_equal(first_cover, again_cover)


def test_opacity_is_where_the_mask_is() -> None:
    for seed in range(20):
        picture, cover = Wardrobe([]).mask(np.random.default_rng(seed), Wearing.CORRECT)
        assert picture.shape == (SIDE_PX, SIDE_PX, 3)
        assert picture.dtype == np.uint8
        mouth = round((0.73 - TOP) * UNIT_PX), round((0.0 - LEFT) * UNIT_PX)
        assert cover[mouth] == 1
        assert cover[:10].max() == 0


def test_textures_are_used() -> None:
    red = np.zeros((256, 256, 3), np.uint8)
    red[:, :, 2] = 255
    wardrobe = Wardrobe([red])
    masks = [wardrobe.mask(np.random.default_rng(seed), Wearing.CORRECT)[0] for seed in range(80)]
    assert any((mask[70:90, 70:90, :2].max() < 5) and mask[70:90, 70:90, 2].min() > 60 for mask in masks)
