"""Training samples of the refinement network: which squares show a face, and what augmentation does."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, which trains the detector")

from binarycop.detection.lookout.refinement import Roi  # noqa: E402
from overlays.detector.refinement_samples import (  # noqa: E402
    BACKGROUND,
    FACE,
    IGNORED,
    RefinementSamples,
    _framed,
    _made_symmetric,
    _moved,
    cut_empty,
    cut_frame,
    match_face,
)

TABLE = np.array([[40, 40, 40, 40, 1], [120, 40, 40, 40, -1], [0, 0, 0, 0, 0]], np.float32)


@pytest.mark.parametrize(
    ("box", "sign"),
    [
        ((42, 42, 40, 40), FACE),
        ((58, 58, 40, 40), IGNORED),  # IoU of a fifth with the face
        ((50, 60, 12, 12), BACKGROUND),  # a mouth
        ((118, 40, 40, 40), IGNORED),
        ((0, 0, 30, 30), BACKGROUND),
    ],
)
def test_a_square_shows_a_face_if_it_overlaps_one_enough(box: tuple[float, ...], sign: float) -> None:
    found, face = match_face(np.array(box, np.float64), TABLE[:2].astype(np.float64))
    assert found == sign
    assert (face is not None) == (sign == FACE)


def test_the_nearer_of_two_faces_is_matched() -> None:
    table = np.array([[40, 40, 40, 40, 1], [52, 40, 40, 40, 1]], np.float64)
    _, face = match_face(np.array([50.0, 40, 40, 40]), table)
    assert face is not None
    assert face[0] == 52


def test_the_targets_of_squares_are_where_the_face_is() -> None:
    frame = np.zeros((192, 256, 3), np.uint8)
    frame[40:80, 40:80] = 255
    proposals = np.array([[38, 42, 40, 40, 0.9], [200, 100, 30, 30, 0.1]], np.float64)
    pixels, targets = cut_frame(frame, TABLE, proposals, np.random.default_rng(0))
    assert len(pixels) == len(targets) >= 3
    faces = targets[:, 0] == FACE
    assert faces.sum() == 2  # the proposal's and the one around the face itself
    for square, target in zip(pixels[faces], targets[faces]):
        box = Roi(0, 0, 48).decode(target[1:].tolist())
        lit = np.argwhere(square[:, :, 0] > 127)
        assert lit.min(axis=0) == pytest.approx([box[1], box[0]], abs=1.5)
        assert lit.max(axis=0) + 1 == pytest.approx([box[1] + box[3], box[0] + box[2]], abs=1.5)
    assert (targets[~faces] == 0).all()


def test_squares_of_pictures_without_people_show_no_face() -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[40:80, 60:100] = 255

    def bright(frame: np.ndarray) -> np.ndarray:
        rows, columns = np.nonzero(frame[:, :, 0] > 127)
        return np.array([[columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1, 0.5]], np.float64)

    found = cut_empty([picture, picture], bright, 0)
    assert len(found) == 2 * 3 * 3  # pictures, sizes, repeats
    assert (found.targets == 0).all()
    assert found.pixels[:, 20:28, 20:28].min() > 200  # the proposal is in the middle, a quarter of the square
    assert len({square.tobytes() for square in found.pixels}) > 12


def test_joined_squares_keep_their_targets() -> None:
    parts = [
        RefinementSamples(np.full((count, 48, 48, 3), count, np.uint8), np.full((count, 5), count, np.float32))
        for count in (2, 3)
    ]
    both = RefinementSamples.joined(*parts)
    assert both.pixels[:, 0, 0, 0].tolist() == both.targets[:, 0].tolist() == [2, 2, 3, 3, 3]


def test_augmented_squares_have_targets_where_their_face_is() -> None:
    pixels = np.zeros((256, 48, 48, 3), np.uint8)
    pixels[:, 10:34, 6:30] = 200
    wanted = np.tile(np.array([1, -6 / 24, -2 / 24, 0, 0], np.float32), (256, 1))
    moved, targets = _moved(
        torch.from_numpy(pixels).permute(0, 3, 1, 2).float(),
        torch.from_numpy(wanted),
        torch.Generator().manual_seed(0),
    )
    assert 100 < int((targets[:, 1] > 0).sum()) < 156  # mirrored
    for frame, target in zip(moved[:, 0], targets):
        lit = frame / frame.sum()
        if frame[:, [0, -1]].sum() + frame[[0, -1]].sum() > 0:
            continue  # cut by the edge of the square
        row, column = ((lit.sum(dim=axis) * torch.arange(48)).sum() + 0.5 for axis in (1, 0))
        assert float(column) == pytest.approx(24 + 24 * float(target[1]), abs=0.3)
        assert float(row) == pytest.approx(24 + 24 * float(target[2]), abs=0.3)
        area = float(frame.sum()) / 200
        assert area == pytest.approx((24 * np.exp(float(target[3]))) ** 2, rel=0.03)


def test_only_background_squares_are_made_symmetric_or_turned() -> None:
    pixels = torch.rand((400, 3, 48, 48), generator=torch.Generator().manual_seed(0))
    is_background = torch.arange(400) % 2 == 0
    changed = _made_symmetric(pixels, is_background, torch.Generator().manual_seed(1))
    is_same = (changed == pixels).flatten(1).all(dim=1)
    assert is_same[~is_background].all()
    assert 80 < int((~is_same[is_background]).sum()) < 120
    is_symmetric = (changed == changed.flip(3)).flatten(1).all(dim=1)
    assert 40 < int(is_symmetric.sum()) < 80
    is_rosette = is_symmetric & (changed == changed.transpose(2, 3)).flatten(1).all(dim=1)
    assert 5 < int(is_rosette.sum()) < 25


def test_some_squares_get_black_borders_and_the_middle_stays_visible() -> None:
    framed = _framed(torch.ones((600, 3, 48, 48)), torch.Generator().manual_seed(2))
    is_framed = (framed == 0).flatten(1).any(dim=1)
    assert 70 < int(is_framed.sum()) < 120
    assert (framed[:, :, 15:33, 15:33] == 1).all()
    assert (framed.amin(dim=1)[is_framed].flatten(1).mean(dim=1) < 1).all()


def test_a_batch_of_background_squares_has_no_boxes() -> None:
    task = RefinementSamples(np.full((8, 48, 48, 3), 90, np.uint8), np.zeros((8, 5), np.float32))
    pixels, targets = task.batch(torch.arange(8), torch.Generator().manual_seed(1))
    assert pixels.shape == (8, 3, 48, 48)
    assert float(pixels.min()) >= 0
    assert float(pixels.max()) <= 255
    assert not targets.any()
