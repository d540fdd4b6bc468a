"""The tables of the networks, checked against the paper's Table I and frame rates."""

import pytest

from overlays.networks.tables import CNV, N_CNV, NETWORKS, U_CNV, Network


def test_the_cycles_explain_the_papers_frame_rates() -> None:
    assert CNV.cycles == (32400, 28224, 20736, 28800, 20736, 18432, 32768, 32768, 512)
    assert N_CNV.cycles == (8100, 7056, 2592, 1800, 1296, 1152, 2048, 2048, 512)
    assert U_CNV.cycles == (32400, 28224, 10368, 7200, 5184, 4608, 512)


def test_weight_bits_and_output_sizes() -> None:
    assert (N_CNV.weight_bits, U_CNV.weight_bits) == (96_944, 109_232)
    assert U_CNV.sides_px == (30, 28, 12, 10, 3, 1, 1)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=list(NETWORKS))
def test_the_folding_divides_every_layer_and_the_layers_fit_together(network: Network) -> None:
    channels, side = 3, 32
    for layer, out in zip(network.layers, network.sides_px):
        assert layer.outputs % layer.pe == 0
        assert layer.fan_in % layer.simd == 0
        assert layer.inputs == (channels if layer.kind == "conv" else channels * side * side)
        channels, side = layer.outputs, out // 2 if layer.pool else out
    assert channels == 4
