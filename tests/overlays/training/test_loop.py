"""A network as a function of crops, and the statistics of its batch normalisation."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch, which trains the networks")

from binarycop.geometry import CropGeometry  # noqa: E402
from overlays.networks.tables import U_CNV  # noqa: E402
from overlays.synthesis.heads import noise_and_heads  # noqa: E402
from overlays.training.loop import channels_first, recalibrate_batchnorm, score_function  # noqa: E402
from overlays.training.model import BinaryNet  # noqa: E402

CROPS = noise_and_heads(60, 5, CropGeometry(1.1, 0.0))


def network() -> BinaryNet:
    torch.manual_seed(0)
    return BinaryNet(U_CNV)


def test_scores_are_whole_numbers_in_batches_of_any_size() -> None:
    net = network()
    scores = score_function(net)(CROPS)
    assert scores.shape == (60, 4)
    assert scores.dtype == np.int32
    assert np.array_equal(scores, score_function(net, batch=7)(CROPS))
    with torch.no_grad():
        assert np.array_equal(scores, net(channels_first(CROPS).float()).numpy())


def test_the_statistics_of_batch_normalisation_are_those_of_the_crops() -> None:
    net, seen = network(), []
    first = net.mvtus[0]
    hook = first.norm.register_forward_pre_hook(lambda norm, inputs: seen.append(inputs[0]))
    recalibrate_batchnorm(net, channels_first(CROPS), batch=20)
    hook.remove()
    sums = torch.cat(seen)
    assert len(sums) == 60
    assert torch.allclose(first.norm.running_mean, sums.mean((0, 2, 3)), rtol=1e-4, atol=1e-2)
    first.norm.running_mean.zero_()
    recalibrate_batchnorm(net, channels_first(CROPS), batch=20)
    assert torch.allclose(first.norm.running_mean, sums.mean((0, 2, 3)), rtol=1e-4, atol=1e-2)
