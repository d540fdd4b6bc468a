"""Back from a bundle's integers to a network that torch can differentiate: folding the other way.

A bundle keeps of batch normalisation only the threshold T. Forwards that is all there is: (acc - T + 1/2) / spread has
the sign that the accumulator asks for, whatever the spread, so the four scores stay exact. Backwards the spread is the
width of the straight-through estimator's window, and it is lost. It is measured again as batch normalisation with unit
gamma would have it: each channel's standard deviation, over the bundle's golden inputs, so that anyone who has the
bundle gets the same gradients. (Over crops of real faces Grad-CAM came out no closer to the trained network's own.)
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from binarycop.bundle.files import Bundle
from binarycop.bundle.manifest import KERNEL
from overlays.networks.tables import Network
from overlays.training.loop import channels_first
from overlays.training.model import BinaryNet

_LEAST_SPREAD = 0.5  # of a channel that hardly moves: its threshold's own half step


def torch_network(bundle: Bundle) -> BinaryNet:
    """The bundle's network in torch, in evaluation mode, with the bundle's own scores."""
    manifest = bundle.manifest
    net = BinaryNet(Network(manifest.name, manifest.layers, manifest.output_type))
    for mvtu, weights in zip(net.mvtus, bundle.weights):
        signs = torch.from_numpy(np.where(weights.bits, 1.0, -1.0).astype(np.float32))
        if mvtu.layer.kind == "conv":
            signs = signs.reshape(len(signs), KERNEL, KERNEL, -1).permute(0, 3, 1, 2)
        mvtu.weight.data = signs.contiguous()
        if weights.thresholds is not None:
            mvtu.norm.eps = 0.0
            mvtu.norm.running_mean = torch.from_numpy(weights.thresholds.astype(np.float32) - 0.5)
    net.eval()
    _measure(net, bundle.golden_inputs)
    return net


@torch.no_grad()  # type: ignore[untyped-decorator]
def _measure(net: BinaryNet, crops: NDArray[np.uint8]) -> None:
    """Set each layer's spread from what comes into its normalisation."""

    def keep(norm: nn.Module, given: tuple[torch.Tensor]) -> None:
        deviation = given[0].transpose(0, 1).flatten(1).std(dim=1)
        norm.running_var = deviation.clamp(min=_LEAST_SPREAD).square()

    hooks = [mvtu.norm.register_forward_pre_hook(keep) for mvtu in net.mvtus if mvtu.norm is not None]
    net(channels_first(crops).float())
    for hook in hooks:
        hook.remove()
