"""Crops that show no face: where they come from, and what a network learns from them."""

from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402
from torch.nn import functional  # noqa: E402

from binarycop.geometry import Box, CropGeometry  # noqa: E402
from overlays.networks.tables import U_CNV  # noqa: E402
from overlays.synthesis.heads import labelled_heads  # noqa: E402
from overlays.training import no_face  # noqa: E402
from overlays.training.model import BinaryNet  # noqa: E402
from overlays.training.pool import Pool, PoolSettings  # noqa: E402
from overlays.training.run_folder import Progress, RunSettings  # noqa: E402
from overlays.training.trainer import Trainer  # noqa: E402

GEOMETRY = CropGeometry(1.15, 0.06)
SMALL = PoolSettings(subjects=80, part=40, views=1, uses=40)


def pool() -> Pool:
    """Drawn heads, with a pixel to spare on each side."""
    crops, _ = labelled_heads(SMALL.subjects, 4, GEOMETRY)
    spared = np.pad(crops, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")[:, None]
    return Pool((part for part in (spared[:40], spared[40:])), SMALL, 0)


def test_squares_without_a_face_stay_clear_of_all_faces() -> None:
    picture = np.full((200, 300, 3), 255, np.uint8)
    face = Box(100, 60, 80, 90)
    picture[60:150, 100:180] = 0  # black where the face is
    crops = no_face.squares([(picture, [face])] * 20, 8, np.random.default_rng(0), GEOMETRY)
    assert len(crops) > 100
    assert (crops == 255).all()
    whole = Box(0, 0, 300, 200)
    assert len(no_face.squares([(picture, [whole])], 8, np.random.default_rng(0), GEOMETRY)) == 0


@pytest.mark.parametrize("make", [lambda rng: no_face.drawings(5, rng, GEOMETRY), lambda rng: no_face.noise(5, rng)])
def test_drawings_and_noise_are_whole_crops_that_depend_on_the_seed_only(
    make: Callable[[np.random.Generator], no_face.Crops],
) -> None:
    crops = make(np.random.default_rng(2))
    assert crops.shape == (5, 32, 32, 3)
    assert crops.dtype == np.uint8
    assert np.array_equal(crops, make(np.random.default_rng(2)))
    assert not np.array_equal(crops, make(np.random.default_rng(3)))


@pytest.mark.parametrize(("share", "without"), [(0.0, 0), (0.05, 10)])
def test_no_class_is_right_for_the_crops_of_a_batch_that_show_no_face(
    share: float, without: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets, cross_entropy = [], functional.cross_entropy

    def spy(logits: Tensor, chances: Tensor) -> Tensor:
        targets.append(chances)
        return cross_entropy(logits, chances)

    monkeypatch.setattr(functional, "cross_entropy", spy)
    settings = RunSettings("u-cnv", no_face=share, pool=SMALL)
    trainer = Trainer(BinaryNet(U_CNV), settings, Progress(), no_face=no_face.noise(5, np.random.default_rng(1)))
    with pool() as filled:
        trainer.train(filled, 400)
    assert len(targets) == 2
    for chances in targets:
        assert chances.sum(1).tolist() == [1.0] * 200
        assert (chances.max(1).values == 0.25).sum() == without
        assert (chances.max(1).values == 1).sum() == 200 - without


def test_a_run_that_wants_crops_without_a_face_is_not_trained_without_them() -> None:
    trainer = Trainer(BinaryNet(U_CNV), RunSettings("u-cnv", no_face=0.04, pool=SMALL), Progress())
    with pool() as filled, pytest.raises(ValueError, match="4% of each batch"):
        trainer.train(filled, 200)
