"""A bundle's network in torch, which can be differentiated: the inverse of ``thresholds``.

Of batch normalisation a bundle has only the threshold T. Forwards this is enough: (acc - T + 1/2) / deviation has the
right sign for any deviation, so the four scores are exact. Backwards the deviation is the width of the window in which
the straight-through estimator passes gradients, and it is lost. It is measured again on the bundle's golden inputs, as
the standard deviation of each channel (batch normalisation with gamma 1), so the same bundle always gives the same
gradients.
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

_MIN_DEVIATION = 0.5  # for a channel that hardly changes: half a step of its threshold


def torch_network(bundle: Bundle) -> BinaryNet:
    """The network of a bundle, in evaluation mode; it computes exactly the bundle's scores."""
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
    _measure_deviations(net, bundle.golden_inputs)
    return net


@torch.no_grad()  # type: ignore[untyped-decorator]
def _measure_deviations(net: BinaryNet, crops: NDArray[np.uint8]) -> None:
    """Set the variance of each batch normalisation from its input."""

    def keep(norm: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        deviation = inputs[0].transpose(0, 1).flatten(1).std(dim=1)
        norm.running_var = deviation.clamp(min=_MIN_DEVIATION).square()

    hooks = [mvtu.norm.register_forward_pre_hook(keep) for mvtu in net.mvtus if mvtu.norm is not None]
    net(channels_first(crops).float())
    for hook in hooks:
        hook.remove()
