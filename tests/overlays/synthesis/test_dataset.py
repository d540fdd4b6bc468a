"""Synthetic crops from artificial faces: classes, seeds, masks, occlusions, and removal of real masks."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.geometry import CropGeometry
from overlays.synthesis.compositing import FaceLight, apply_mask, apply_occlusion, skin_colour
from overlays.synthesis.dataset import Recipe, Synthesis
from overlays.synthesis.faces import Split
from overlays.synthesis.heads import labelled_heads, noise_and_heads
from overlays.synthesis.mask_removal import uncover
from overlays.synthesis.masks import MaskCatalogue
from overlays.synthesis.occlusions import Occlusion, choose_occlusions, draw_occlusion
from overlays.synthesis.patches import SIDE_PX, Patches, picture_map, plane_map
from overlays.synthesis.plane import LEFT, TOP, UNIT_PX
from overlays.synthesis.plane import SIDE_PX as DRAWN_PX

CHIN_PX, FACE_PX = 96.0, 64.0
CHEEK_ROWS = slice(58, 74)


def _plane() -> NDArray[np.float32]:
    """The coarse map of an average, upright face with the forehead at 32 px and the chin at 96 px of the patch."""
    nodes = ((np.arange(32) + 0.5) * SIDE_PX / 32 - 0.5).astype(np.float32)
    x, y = np.meshgrid((nodes - 63.5) / FACE_PX, (nodes - CHIN_PX) / FACE_PX + 1)
    return np.stack([x, y], axis=-1)


def _picture() -> NDArray[np.float32]:
    """The inverse map: the pixel of each fifth position of the drawn plane."""
    steps = ((np.arange(32) + 0.5) * DRAWN_PX / 32 / UNIT_PX).astype(np.float32)
    x, y = np.meshgrid((steps + LEFT) * FACE_PX + 63.5, (steps + TOP - 1) * FACE_PX + CHIN_PX)
    return np.stack([x, y], axis=-1).astype(np.float32)


@pytest.fixture(scope="module")
def patches() -> Patches:
    """Training: three plain faces, and two real masks, one of them without landmarks. Test: one plain face."""
    pixels = np.stack([np.full((SIDE_PX, SIDE_PX, 3), grey, np.uint8) for grey in (90, 140, 190, 10, 250, 20)])
    planes = np.stack([_plane()] * 6)
    planes[5] = np.nan
    return Patches(
        pixels=pixels,
        boxes=np.tile(np.array([38, 32, 52, 64], np.float32), (6, 1)),
        planes=planes,
        pictures=np.stack([_picture()] * 6),
        turns=np.array([0, 0.5, 0, 0, 0, 0], np.float32),
        splits=np.array(["train"] * 4 + ["test", "train"]),
        identities=np.array(["a", "b", "c", "masked/d", "e", "masked/f"]),
    )


def light_on(patches: Patches, at: int) -> FaceLight:
    return FaceLight.of(patches.pixels[at], plane_map(patches.planes[at]))


def test_classes_alternate_and_a_crop_depends_only_on_its_number(patches: Patches) -> None:
    synthesis = Synthesis(patches, Split.TRAIN, MaskCatalogue(), Recipe())
    forwards = [synthesis.crop_at(5, number) for number in range(16)]
    backwards = [synthesis.crop_at(5, number) for number in reversed(range(16))][::-1]
    assert [mask_class for _, mask_class, _ in forwards] == list(MaskClass) * 4
    assert all(np.array_equal(a, b) and info == again for (a, _, info), (b, _, again) in zip(forwards, backwards))
    assert len({crop.tobytes() for crop, _, _ in forwards}) == 16


def test_each_crop_comes_with_what_it_shows(patches: Patches) -> None:
    synthesis = Synthesis(patches, Split.TRAIN, MaskCatalogue(), Recipe())
    infos = [(mask_class, info) for _, mask_class, info in (synthesis.crop_at(1, number) for number in range(400))]
    assert {info.kind for _, info in infos} >= {"surgical", "cloth", "ffp2", "bare", "real", "drawn"}
    assert {mask_class for mask_class, info in infos if info.kind == "bare"} == {MaskClass.NOSE_MOUTH}
    assert {info.identity for mask_class, info in infos if info.kind == "real"} == {"masked/d", "masked/f"}
    assert {mask_class for mask_class, info in infos if info.colour == "real"} == set(MaskClass)
    assert {info.identity for _, info in infos if info.kind == "drawn"} == {""}


def test_a_split_uses_only_its_own_faces(patches: Patches) -> None:
    assert set(patches.of(Split.TRAIN).identities) == {"a", "b", "c", "masked/d", "masked/f"}
    assert set(patches.of(Split.TEST).identities) == {"e"}
    assert patches.is_bare.tolist() == [True, True, True, False, True, False]
    assert patches.is_mapped.tolist() == [True, True, True, True, True, False]


def test_a_mask_covers_the_mouth_and_changes_nothing_far_away(patches: Patches) -> None:
    rng = np.random.default_rng(0)
    mask = MaskCatalogue().mask(rng, MaskClass.CORRECT)
    mask.picture[:] = (200, 30, 30)
    placement = apply_mask(patches.pixels[1], plane_map(patches.planes[1]), mask, 0.0, light_on(patches, 1), rng)
    mouth = placement[round(CHIN_PX - 0.27 * FACE_PX), 63].astype(int)
    assert mouth[0] > mouth[1] + 50
    assert np.array_equal(placement[:30], patches.pixels[1][:30])


def test_a_mask_outside_the_picture_changes_nothing(patches: Patches) -> None:
    rng = np.random.default_rng(0)
    mask = MaskCatalogue().mask(rng, MaskClass.CORRECT)
    elsewhere = plane_map(patches.planes[1]) + np.float32(10)
    placed = apply_mask(patches.pixels[1], elsewhere, mask, 0.0, light_on(patches, 1), rng)
    assert np.array_equal(placed, patches.pixels[1])


def test_cloth_that_stands_off_the_face_shifts_as_the_head_turns(patches: Patches) -> None:
    mask = replace(MaskCatalogue().mask(np.random.default_rng(0), MaskClass.CORRECT), stand_off=0.2, colour="white")
    mask.picture[:] = 255
    plane, face = plane_map(patches.planes[0]), patches.pixels[0]
    straight, turned = (
        apply_mask(face, plane, mask, turn, light_on(patches, 0), np.random.default_rng(1)).astype(int)
        for turn in (0.0, 0.8)
    )
    row = round(CHIN_PX - 0.27 * FACE_PX)
    columns = np.arange(SIDE_PX)

    def middle(picture: NDArray[np.int64]) -> float:
        lit = np.abs(picture[row, :, 0] - 90) > 40
        return float(columns[lit].mean())

    assert middle(turned) > middle(straight) + 1


def test_the_skin_colour_is_that_of_the_cheeks(patches: Patches) -> None:
    face = patches.pixels[0].copy()
    face[CHEEK_ROWS] = (70, 100, 150)
    assert skin_colour(face, plane_map(patches.planes[0])).tolist() == [70, 100, 150]


@pytest.mark.parametrize("occlusion", list(Occlusion))
def test_every_occlusion_is_visible_on_the_face(patches: Patches, occlusion: Occlusion) -> None:
    face, plane = patches.pixels[1], plane_map(patches.planes[1])
    rng = np.random.default_rng(3)
    layer = draw_occlusion(occlusion, rng, np.array((80.0, 110.0, 220.0)), is_bare=True)
    assert 0 < layer.opacity.max() <= 1
    assert not np.array_equal(apply_occlusion(face, plane, layer, light_on(patches, 1), rng), face)


def test_a_scarf_never_covers_a_bare_chin() -> None:
    rng = np.random.default_rng(0)
    placement = [choose_occlusions(rng, MaskClass.CHIN, is_bare=False) for _ in range(500)]
    assert any(placement)
    assert not any(Occlusion.SCARF in some for some in placement)


def test_part_of_a_real_mask_is_removed_in_every_class_but_correct(patches: Patches) -> None:
    synthesis = Synthesis(patches, Split.TRAIN, MaskCatalogue(), Recipe(drawn=0.0, uncovered=1.0))
    infos = [(mask_class, info) for _, mask_class, info in (synthesis.crop_at(1, number) for number in range(80))]
    assert {info.kind for mask_class, info in infos if mask_class is not MaskClass.CORRECT} == {"uncovered"}
    assert "uncovered" not in {info.kind for mask_class, info in infos if mask_class is MaskClass.CORRECT}
    assert {info.identity for _, info in infos if info.kind == "uncovered"} == {"masked/d"}


@pytest.mark.parametrize(
    ("mask_class", "nose", "mouth", "chin"),
    [
        (MaskClass.CORRECT, False, False, False),
        (MaskClass.NOSE, True, False, False),
        (MaskClass.NOSE_MOUTH, True, True, False),
        (MaskClass.CHIN, False, False, True),
    ],
)
def test_skin_is_pasted_where_the_class_has_no_mask(
    patches: Patches, mask_class: MaskClass, nose: bool, mouth: bool, chin: bool
) -> None:
    mask, skin = patches.pixels[3].copy(), patches.pixels[3].copy()
    mask[60:] = 250  # white from below the eyes
    skin[60:] = 100
    seen = uncover(
        mask,
        plane_map(patches.planes[3]),
        skin,
        picture_map(patches.pictures[0]),
        np.ones(3),
        mask_class,
        np.random.default_rng(4),
    )
    for y, is_bare in ((0.52, nose), (0.735, mouth), (0.93, chin)):
        value = int(seen[round(CHIN_PX + (y - 1) * FACE_PX), 63, 0])
        assert (value < 150) is is_bare or (mask_class is MaskClass.NOSE_MOUTH and y > 0.9)


def test_a_correctly_worn_mask_gets_skin_next_to_it(patches: Patches) -> None:
    mask, skin = patches.pixels[3].copy(), patches.pixels[3].copy()
    mask[60:], skin[60:] = 250, 100
    maps = plane_map(patches.planes[3]), skin, picture_map(patches.pictures[0])
    seen = uncover(mask, *maps, np.ones(3), MaskClass.CORRECT, np.random.default_rng(4))
    changed = (seen[60:] < 240).mean()
    assert 0.01 < changed < 0.2


def test_drawing_and_face_use_the_same_plane() -> None:
    fine = plane_map(_plane())
    at = fine[round(CHIN_PX), 64]
    assert at == pytest.approx((0.5 / FACE_PX, 1.0), abs=0.01)
    assert 0 < (at[0] - LEFT) * UNIT_PX < 160
    assert 0 < (at[1] - TOP) * UNIT_PX < 160


def test_noise_and_drawn_heads_depend_only_on_the_seed() -> None:
    first, again = (noise_and_heads(12, 3, CropGeometry(1.1, 0.0)) for _ in range(2))
    assert np.array_equal(first, again)
    crops, classes = labelled_heads(8, 3, CropGeometry(1.1, 0.0))
    assert crops.shape == (8, 32, 32, 3)
    assert classes.tolist() == [0, 1, 2, 3] * 2
