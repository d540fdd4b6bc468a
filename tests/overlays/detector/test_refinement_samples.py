"""Squares that the inspection learns from: who is meant, and what counts neither way."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, which trains the finder")

from binarycop.detection.lookout.refinement import Roi  # noqa: E402
from overlays.detector.refinement_samples import (  # noqa: E402
    BACKGROUND,
    FACE,
    IGNORED,
    RefinementSamples,
    _framed,
    _made_symmetric,
    _moved,
    cut_frame,
    match_face,
)

TABLE = np.array([[40, 40, 40, 40, 1], [120, 40, 40, 40, -1], [0, 0, 0, 0, 0]], np.float32)


@pytest.mark.parametrize(
    ("box", "sign"),
    [
        ((42, 42, 40, 40), FACE),
        ((58, 58, 40, 40), IGNORED),  # shares a fifth with the face
        ((50, 60, 12, 12), BACKGROUND),  # a mouth
        ((118, 40, 40, 40), IGNORED),
        ((0, 0, 30, 30), BACKGROUND),
    ],
)
def test_a_place_is_a_face_where_it_lies_on_one(box: tuple[float, ...], sign: float) -> None:
    said, face = match_face(np.array(box, np.float64), TABLE[:2].astype(np.float64))
    assert said == sign
    assert (face is not None) == (sign == FACE)


def test_of_two_faces_the_nearer_one_is_meant() -> None:
    table = np.array([[40, 40, 40, 40, 1], [52, 40, 40, 40, 1]], np.float64)
    _, face = match_face(np.array([50.0, 40, 40, 40]), table)
    assert face is not None
    assert face[0] == 52


def test_squares_show_the_face_where_they_say() -> None:
    frame = np.zeros((192, 256, 3), np.uint8)
    frame[40:80, 40:80] = 255
    likely = np.array([[38, 42, 40, 40, 0.9], [200, 100, 30, 30, 0.1]], np.float64)
    pixels, wanted = cut_frame(frame, TABLE, likely, np.random.default_rng(0))
    assert len(pixels) == len(wanted) >= 3
    faces = wanted[:, 0] == FACE
    assert faces.sum() == 2  # the survey's and the one around the face itself
    for cut, said in zip(pixels[faces], wanted[faces]):
        box = Roi(0, 0, 48).decode(said[1:].tolist())
        lit = np.argwhere(cut[:, :, 0] > 127)
        assert lit.min(axis=0) == pytest.approx([box[1], box[0]], abs=1.5)
        assert lit.max(axis=0) + 1 == pytest.approx([box[1] + box[3], box[0] + box[2]], abs=1.5)
    assert (wanted[~faces] == 0).all()


def test_a_square_that_is_learned_from_again_has_its_face_where_it_says() -> None:
    pixels = np.zeros((256, 48, 48, 3), np.uint8)
    pixels[:, 10:34, 6:30] = 200
    wanted = np.tile(np.array([1, -6 / 24, -2 / 24, 0, 0], np.float32), (256, 1))
    moved, said = _moved(
        torch.from_numpy(pixels).permute(0, 3, 1, 2).float(),
        torch.from_numpy(wanted),
        torch.Generator().manual_seed(0),
    )
    assert 100 < int((said[:, 1] > 0).sum()) < 156  # mirrored
    for frame, one in zip(moved[:, 0], said):
        lit = frame / frame.sum()
        if frame[:, [0, -1]].sum() + frame[[0, -1]].sum() > 0:
            continue  # cut off by the square's edge
        row, column = ((lit.sum(dim=axis) * torch.arange(48)).sum() + 0.5 for axis in (1, 0))
        assert float(column) == pytest.approx(24 + 24 * float(one[1]), abs=0.3)
        assert float(row) == pytest.approx(24 + 24 * float(one[2]), abs=0.3)
        area = float(frame.sum()) / 200
        assert area == pytest.approx((24 * np.exp(float(one[3]))) ** 2, rel=0.03)


def test_only_squares_with_nobody_are_made_symmetric_or_turned() -> None:
    pixels = torch.rand((400, 3, 48, 48), generator=torch.Generator().manual_seed(0))
    is_nobody = torch.arange(400) % 2 == 0
    odd = _made_symmetric(pixels, is_nobody, torch.Generator().manual_seed(1))
    is_same = (odd == pixels).flatten(1).all(dim=1)
    assert is_same[~is_nobody].all()
    assert 80 < int((~is_same[is_nobody]).sum()) < 120
    is_symmetric = (odd == odd.flip(3)).flatten(1).all(dim=1)
    assert 40 < int(is_symmetric.sum()) < 80
    is_rosette = is_symmetric & (odd == odd.transpose(2, 3)).flatten(1).all(dim=1)
    assert 5 < int(is_rosette.sum()) < 25


def test_some_squares_reach_beyond_the_frame_and_the_middle_is_always_seen() -> None:
    framed = _framed(torch.ones((600, 3, 48, 48)), torch.Generator().manual_seed(2))
    is_framed = (framed == 0).flatten(1).any(dim=1)
    assert 70 < int(is_framed.sum()) < 120
    assert (framed[:, :, 15:33, 15:33] == 1).all()
    assert (framed.amin(dim=1)[is_framed].flatten(1).mean(dim=1) < 1).all()


def test_where_nobody_is_nothing_is_said_of_a_place() -> None:
    task = RefinementSamples(np.full((8, 48, 48, 3), 90, np.uint8), np.zeros((8, 5), np.float32))
    pixels, wanted = task.batch(torch.arange(8), torch.Generator().manual_seed(1))
    assert pixels.shape == (8, 3, 48, 48)
    assert float(pixels.min()) >= 0
    assert float(pixels.max()) <= 255
    assert not wanted.any()
