"""The training loop: learning, checkpoints, the full-precision reference, and distillation from a teacher."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, which trains the networks")

from binarycop.geometry import CropGeometry  # noqa: E402
from overlays.networks.tables import N_CNV, U_CNV  # noqa: E402
from overlays.synthesis.heads import labelled_heads  # noqa: E402
from overlays.training.evaluation import LabelledCrops, evaluate  # noqa: E402
from overlays.training.loop import Settings, logits_of, restore, score_function, train  # noqa: E402
from overlays.training.model import BinaryNet  # noqa: E402

SHORT = Settings(epochs=2, batch=20)


@pytest.fixture(scope="module")
def labelled() -> LabelledCrops:
    return LabelledCrops(*labelled_heads(400, 5, CropGeometry(1.1, 0.0)))


class Interrupted(Exception):
    """The run is interrupted."""


def silent(line: str, net: BinaryNet) -> None:
    pass


def test_it_learns(labelled: LabelledCrops, tmp_path: Path) -> None:
    net = train(U_CNV, labelled, replace(SHORT, epochs=14), tmp_path / "net.pt", silent)
    assert evaluate(score_function(net), labelled).balanced_accuracy > 0.5


def test_an_interrupted_run_gives_the_same_network(labelled: LabelledCrops, tmp_path: Path) -> None:
    whole = train(U_CNV, labelled, SHORT, tmp_path / "whole.pt", silent)

    def interrupt(line: str, net: BinaryNet) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        train(U_CNV, labelled, SHORT, tmp_path / "cut.pt", interrupt)
    lines: list[str] = []
    resumed = train(U_CNV, labelled, SHORT, tmp_path / "cut.pt", lambda line, net: lines.append(line))
    assert [line.split(":")[0] for line in lines] == ["epoch 2/2"]
    assert np.array_equal(score_function(resumed)(labelled.crops), score_function(whole)(labelled.crops))


def test_a_checkpoint_of_another_run_is_refused(labelled: LabelledCrops, tmp_path: Path) -> None:
    train(U_CNV, labelled, SHORT, tmp_path / "net.pt", silent)
    with pytest.raises(ValueError, match="another run"):
        train(U_CNV, labelled, replace(SHORT, rate=0.1), tmp_path / "net.pt", silent)


def test_a_finished_network_is_restored_with_its_recalibrated_statistics(
    labelled: LabelledCrops, tmp_path: Path
) -> None:
    net = train(U_CNV, labelled, SHORT, tmp_path / "net.pt", silent)
    again = restore(tmp_path / "net.pt", U_CNV)
    assert np.array_equal(score_function(again)(labelled.crops), score_function(net)(labelled.crops))
    with pytest.raises(ValueError, match=r"is of u-cnv, not of n-cnv"):
        restore(tmp_path / "net.pt", N_CNV)


def test_the_full_precision_reference_learns_with_real_weights(labelled: LabelledCrops, tmp_path: Path) -> None:
    settings = replace(SHORT, epochs=14, rate=2e-3, is_binary=False)
    net = train(U_CNV, labelled, settings, tmp_path / "net.pt", silent)
    assert evaluate(score_function(net), labelled).balanced_accuracy > 0.7
    assert all(mvtu.weight.detach().unique().numel() > 100 for mvtu in net.mvtus)


def test_a_network_learns_the_answers_of_a_teacher_that_is_always_wrong(
    labelled: LabelledCrops, tmp_path: Path
) -> None:
    wrong = np.zeros((len(labelled.crops), 4), np.float32)
    wrong[np.arange(len(wrong)), (labelled.classes + 1) % 4] = 20
    settings = replace(SHORT, epochs=14, distil=1.0)
    net = train(U_CNV, labelled, settings, tmp_path / "net.pt", silent, teacher=wrong)
    taught = replace(labelled, classes=(labelled.classes + 1) % 4)
    assert (
        evaluate(score_function(net), taught).balanced_accuracy
        > 0.5
        > evaluate(score_function(net), labelled).balanced_accuracy
    )


def test_distillation_without_a_teacher_is_refused(labelled: LabelledCrops, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no teacher"):
        train(U_CNV, labelled, replace(SHORT, distil=0.5), tmp_path / "net.pt", silent)


def test_a_run_can_begin_with_the_weights_of_another(labelled: LabelledCrops, tmp_path: Path) -> None:
    first = train(U_CNV, labelled, replace(SHORT, epochs=4), tmp_path / "first.pt", silent)
    tuned = train(U_CNV, labelled, replace(SHORT, rate=1e-6), tmp_path / "tuned.pt", silent, begin=first)
    same = np.mean(score_function(tuned)(labelled.crops).argmax(1) == score_function(first)(labelled.crops).argmax(1))
    assert same > 0.9


def test_the_logits_of_a_network_are_computed_in_batches(labelled: LabelledCrops) -> None:
    torch.manual_seed(0)
    net = BinaryNet(U_CNV)
    answers = logits_of(net, labelled.crops[:8], batch=3)
    with torch.no_grad():
        net.eval()
        pixels = torch.from_numpy(labelled.crops[:8]).permute(0, 3, 1, 2).float()
        exact = net.logits(pixels).numpy()
    assert answers == pytest.approx(exact, rel=0.02, abs=0.05)
