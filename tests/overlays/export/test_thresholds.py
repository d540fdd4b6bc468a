"""Thresholds are exact: one channel checked against torch in float64, whole networks against the emulator."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs torch, which trains the networks")

from binarycop.bundle.files import Bundle  # noqa: E402
from binarycop.classifier.emulator import Emulator  # noqa: E402
from binarycop.geometry import CropGeometry  # noqa: E402
from overlays.export.thresholds import fold_batchnorm, threshold  # noqa: E402
from overlays.networks.tables import N_CNV, U_CNV, Network  # noqa: E402
from overlays.synthesis.heads import noise_and_heads  # noqa: E402
from overlays.training.loop import channels_first, score_function  # noqa: E402
from overlays.training.model import BinaryNet  # noqa: E402

K = 288
NUMBERS = st.floats(-8, 8, width=32)


@given(
    gamma=NUMBERS,
    beta=NUMBERS,
    mean=st.floats(-K, K, width=32),
    variance=st.floats(2**-10, 2**14, width=32),
)
def test_a_threshold_has_the_sign_of_torchs_batch_normalisation(
    gamma: float, beta: float, mean: float, variance: float
) -> None:
    norm = torch.nn.BatchNorm1d(1, eps=1e-5).double().eval()
    for parameter, value in (
        (norm.weight, gamma),
        (norm.bias, beta),
        (norm.running_mean, mean),
        (norm.running_var, variance),
    ):
        parameter.data.fill_(value)
    sums = torch.arange(-K, K + 1, dtype=torch.float64)
    with torch.no_grad():
        level = norm(sums[:, None])[:, 0]
    assume(bool((level.abs() > 1e-9).all() or gamma == 0))  # closer to 0, float64 is not exact enough
    flips, value = threshold(gamma, beta, mean, variance, 1e-5, K)
    signed = -sums if flips else sums
    assert torch.equal(signed >= value, level >= 0)
    assert -K <= value <= K + 1


def test_a_channel_at_exactly_zero_outputs_plus_one() -> None:
    assert threshold(1.0, 0.0, 5.0, 1.0, 0.0, K) == (False, 5)
    assert threshold(-1.0, 0.0, 5.0, 1.0, 0.0, K) == (True, -5)
    assert threshold(2.0, 1.0, 5.0, 4.0, 0.0, K) == (False, 4)
    assert threshold(0.0, 0.0, 5.0, 1.0, 0.0, K) == (False, -K)
    assert threshold(0.0, -1.0, 5.0, 1.0, 0.0, K) == (False, K + 1)


def _net(network: Network, seed: int) -> BinaryNet:
    """A network with random weights, scales of both signs, and statistics of real inputs."""
    torch.manual_seed(seed)
    net = BinaryNet(network)
    for mvtu in net.mvtus:
        if mvtu.norm is not None:
            mvtu.norm.weight.data.normal_()
            mvtu.norm.bias.data.normal_()
    net.train()
    with torch.no_grad():
        for part in range(3):
            net(channels_first(noise_and_heads(24, part, CropGeometry(1.1, 0.0))).float())
    return net


@pytest.mark.parametrize("network", [N_CNV, U_CNV], ids=lambda network: network.name)
def test_a_network_with_thresholds_gives_torchs_scores(network: Network, tiny_bundle: Bundle) -> None:
    net = _net(network, 1)
    crops = noise_and_heads(48, 9, CropGeometry(1.1, 0.0))
    manifest = replace(tiny_bundle.manifest, layers=network.layers)
    emulator = Emulator(replace(tiny_bundle, manifest=manifest, weights=fold_batchnorm(net)))
    got = emulator.scores(crops)
    assert np.array_equal(got, score_function(net)(crops))
    assert len(np.unique(got, axis=0)) > 10
