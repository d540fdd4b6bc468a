"""The networks of ``lookout``, their targets, and their training, on bright squares in place of faces."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, which trains the detector")

from torch import Tensor  # noqa: E402

from binarycop.detection.lookout.engine import OpenCvEngine  # noqa: E402
from binarycop.detection.lookout.network import PROPOSAL, REFINEMENT, ROI_PX, Network  # noqa: E402
from overlays.detector.export import LookoutWeights  # noqa: E402
from overlays.detector.loop import Settings, restore, train  # noqa: E402
from overlays.detector.network import LookoutNet, fold_batchnorm, unfold_batchnorm  # noqa: E402
from overlays.detector.proposal_samples import ProposalSamples  # noqa: E402
from overlays.detector.refinement_samples import RefinementSamples  # noqa: E402
from overlays.detector.sample_store import SceneStore  # noqa: E402
from overlays.detector.targets import Cells, assign, decode_boxes, loss  # noqa: E402

CELLS = Cells.of(192, 256)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """One thread: more threads sum in another order, and on a busy machine they wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def table(*rows: tuple[float, ...]) -> Tensor:
    return torch.tensor([rows], dtype=torch.float32)


def strides_of(chosen: Tensor, face: int) -> set[float]:
    return set(CELLS.stride[chosen[0] == face].tolist())


@pytest.mark.parametrize(
    ("side", "strides"), [(18, {8.0}), (32, {8.0, 16.0}), (60, {16.0}), (80, {16.0, 32.0}), (180, {32.0})]
)
def test_a_face_is_assigned_to_the_strides_that_fit_its_size(side: float, strides: set[float]) -> None:
    assert strides_of(assign(table((40.0, 10.0, side, side, 1)), CELLS), 0) == strides


def test_the_cell_that_contains_the_centre_is_assigned_even_for_the_smallest_face() -> None:
    chosen = assign(table((99.0, 49.0, 16.0, 16.0, 1)), CELLS)
    middles = CELLS.middle[chosen[0] == 0]
    assert [107.0, 57.0] not in middles.tolist()
    assert (middles - torch.tensor([107.0, 57.0])).abs().max() <= 4


def test_a_face_that_is_too_small_for_the_finest_cells_is_ignored() -> None:
    chosen = assign(table((101.0, 51.0, 13.0, 13.0, 1)), CELLS)
    assert not (chosen >= 0).any()
    assert (chosen == -2).any()


def test_the_loss_ignores_the_cells_of_an_ignored_box() -> None:
    chosen = assign(table((40.0, 40.0, 60.0, 60.0, -1)), CELLS)
    assert not (chosen >= 0).any()
    inside = ((CELLS.middle - 70).abs() <= 29).all(dim=1)
    assert (chosen[0][inside] == -2).all()
    assert (chosen[0][CELLS.middle[:, 0] > 110] == -1).all()


def test_a_cell_is_assigned_the_smaller_of_two_overlapping_faces() -> None:
    chosen = assign(table((40.0, 40.0, 60.0, 60.0, 1), (55.0, 55.0, 30.0, 30.0, 1)), CELLS)
    at = (CELLS.middle - 70).abs().amax(dim=1) <= 6
    assert set(chosen[0][at & (CELLS.stride == 16)].tolist()) == {1}


def test_the_loss_of_a_right_box_is_lower_than_that_of_a_wrong_one() -> None:
    rows = table((40.0, 40.0, 60.0, 60.0, 1))
    costs = []
    for x_px in (70.0, 160.0):
        outputs = []
        for head in PROPOSAL.heads:
            height, width = 192 // head.stride_px, 256 // head.stride_px
            values = torch.zeros((1, 5, height, width))
            values[:, 0] = -6
            outputs.append(values)
        own = outputs[1]
        column, row = int(x_px // 16), 4
        own[0, :, row, column] = torch.tensor([6.0, x_px / 16 - column - 0.5, -0.125, *[float(np.log(60 / 48))] * 2])
        costs.append(float(loss(tuple(outputs), rows, CELLS)[0]))
    assert costs[0] < costs[1]


def trained(network: Network, height_px: int, width_px: int) -> LookoutNet:
    """A network that has seen some noise, so that its batch normalisation has statistics."""
    torch.manual_seed(3)
    net = LookoutNet(network)
    net.train()
    for _ in range(20):
        net(torch.randint(0, 256, (4, 3, height_px, width_px)).float())
    net.eval()
    return net


def test_the_daemon_computes_what_torch_computes(tmp_path: Path) -> None:
    sizes = {PROPOSAL: (64, 96), REFINEMENT: (ROI_PX, ROI_PX)}
    nets = {network: trained(network, *size) for network, size in sizes.items()}
    file = tmp_path / "weights.npz"
    LookoutWeights(fold_batchnorm(nets[PROPOSAL]), fold_batchnorm(nets[REFINEMENT])).write(file)
    kept = LookoutWeights.read(file)
    for (network, size), weights in zip(sizes.items(), (kept.proposal, kept.refinement)):
        assert set(weights) == set(network.shapes())
        frame = torch.randint(0, 256, (1, 3, *size)).float()
        pixels = frame[0].permute(1, 2, 0).numpy().astype(np.uint8)
        with torch.no_grad():
            for ours, theirs in zip(OpenCvEngine(network, weights).run(pixels), nets[network](frame)):
                assert ours == pytest.approx(theirs[0].numpy(), abs=0.03)


@pytest.mark.parametrize(("network", "size"), [(PROPOSAL, (64, 96)), (REFINEMENT, (ROI_PX, ROI_PX))])
def test_training_can_continue_from_exported_weights(network: Network, size: tuple[int, int]) -> None:
    before = fold_batchnorm(trained(network, *size))
    frames = torch.randint(0, 256, (8, 3, *size)).float()
    net = unfold_batchnorm(network, before, frames)
    after = fold_batchnorm(net)
    assert all(after[name] == pytest.approx(weight, rel=1e-3, abs=1e-4) for name, weight in before.items())
    # In training mode, a batch of those frames is normalised in the same way.
    assert net.training
    with torch.no_grad():
        differences = [(a - b).abs().max() for a, b in zip(net(frames), net.eval()(frames))]
    assert max(differences) < 0.05


def test_quantised_weights_are_off_by_half_a_level_at_most(tmp_path: Path) -> None:
    file = tmp_path / "weights.npz"
    before = LookoutWeights(
        fold_batchnorm(trained(PROPOSAL, 64, 96)), fold_batchnorm(trained(REFINEMENT, ROI_PX, ROI_PX))
    )
    before.write(file)
    after = LookoutWeights.read(file)
    for exact, quantised in ((before.proposal, after.proposal), (before.refinement, after.refinement)):
        for name, weight in exact.items():
            rows = weight.reshape(len(weight), -1)
            level = np.abs(rows).max(axis=1, keepdims=True) / 127 if name.endswith(".weight") else 0
            assert (np.abs(rows - quantised[name].reshape(len(weight), -1)) <= 0.5001 * level).all()


def squares(count: int) -> SceneStore:
    """Frames of 96×64 pixels with one bright square on a dark background each."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 60, (count, 64, 96, 3), dtype=np.uint8)
    boxes = np.zeros((count, 40, 5), np.float32)
    for at in range(count):
        side = int(rng.integers(20, 50))
        x, y = int(rng.integers(0, 96 - side)), int(rng.integers(0, 64 - side))
        pixels[at, y : y + side, x : x + side] = 220
        boxes[at, 0] = x, y, side, side, 1
    return SceneStore((pixels,), boxes)


def test_joined_stores_are_numbered_one_after_the_other() -> None:
    first, second = squares(3), squares(5)
    both = SceneStore.joined(first, second)
    assert len(both) == 8
    frames = both.frames(np.array([1, 2, 3, 7]))
    assert np.array_equal(
        frames, np.stack([first.arrays[0][1], first.arrays[0][2], second.arrays[0][0], second.arrays[0][4]])
    )
    assert np.array_equal(both.frames(np.array([6])), second.arrays[0][3:4])
    assert np.array_equal(both.boxes[3:], second.boxes)


class Interrupted(Exception):
    """The run is interrupted."""


def begun() -> LookoutNet:
    torch.manual_seed(0)
    return LookoutNet(PROPOSAL)


def test_it_learns_and_an_interrupted_run_gives_the_same_network(tmp_path: Path) -> None:
    task, settings = ProposalSamples.of(squares(96)), Settings(epochs=4, batch=8, rate=4e-3)
    lines: list[str] = []
    whole = train(task, begun(), settings, tmp_path / "whole.pt", lines.append)
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in lines]
    assert losses[-1] < 0.7 * losses[0]

    def interrupt(line: str) -> None:
        if line.startswith("epoch 2"):
            raise Interrupted

    with pytest.raises(Interrupted):
        train(task, begun(), settings, tmp_path / "cut.pt", interrupt)
    again = train(task, begun(), settings, tmp_path / "cut.pt", lambda line: None)
    kept = restore(PROPOSAL, tmp_path / "cut.pt")
    for name, values in whole.state_dict().items():
        assert torch.equal(values, again.state_dict()[name])
        assert torch.equal(values, kept.state_dict()[name])


def test_the_refinement_network_learns_to_recognise_a_square(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 60, (128, ROI_PX, ROI_PX, 3), dtype=np.uint8)
    wanted = np.zeros((128, 5), np.float32)
    for at in range(0, 128, 2):
        x, y = rng.integers(8, 17, 2)
        pixels[at, y : y + 24, x : x + 24] = 220
        wanted[at] = 1, (x - 12) / 24, (y - 12) / 24, 0, 0
    lines: list[str] = []
    torch.manual_seed(0)
    settings = Settings(epochs=6, batch=16, rate=4e-3)
    train(RefinementSamples(pixels, wanted), LookoutNet(REFINEMENT), settings, tmp_path / "a.pt", lines.append)
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in lines]
    assert losses[-1] < 0.4 * losses[0]


def test_several_checkpoints_are_restored_as_their_mean(tmp_path: Path) -> None:
    task = ProposalSamples.of(squares(16))
    for name, rate in (("a", 1e-3), ("b", 4e-3)):
        train(task, begun(), Settings(epochs=1, batch=8, rate=rate), tmp_path / f"{name}.pt", lambda line: None)
    first, second, both = (
        restore(PROPOSAL, *(tmp_path / f"{name}.pt" for name in names)) for names in ("a", "b", "ab")
    )
    for name, values in both.state_dict().items():
        if values.is_floating_point():
            assert torch.allclose(values, (first.state_dict()[name] + second.state_dict()[name]) / 2, atol=1e-6)
    assert not torch.equal(first.heads[0].weight, second.heads[0].weight)


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    task = ProposalSamples.of(squares(16))
    train(task, begun(), Settings(epochs=1, batch=8), tmp_path / "a.pt", lambda line: None)
    with pytest.raises(ValueError, match="belongs to another run"):
        train(task, begun(), Settings(epochs=2, batch=8), tmp_path / "a.pt", lambda line: None)


def test_cells_decode_boxes() -> None:
    values = torch.zeros((1, len(CELLS.stride), 5))
    boxes = decode_boxes(values, CELLS)[0]
    assert boxes[0].tolist() == [4, 4, 24, 24]
    assert boxes[-1].tolist() == [240, 176, 96, 96]
