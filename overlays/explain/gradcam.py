"""Grad-CAM on the output of conv2_2 (Selvaraju et al., ICCV 2017, equations 1 and 2), as in the BinaryCoP paper.

The heat of a class is the sum of the layer's 5×5 feature maps, each weighted by the mean gradient of the class score,
with negative values set to zero. In a binary network the maps are ±1, and gradients pass through the straight-through
estimators.
"""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from binarycop.geometry import SIDE_PX
from overlays.training.loop import channels_first

CONV2_2 = 3  # index in ``mvtus`` of every network
_BATCH = 200

# The middle of cell k in the crop: two convolutions and a pool of 2 come before it, twice.
STEP_PX = 4
FIRST_PX = 7.5


def heat(net: nn.Module, crops: NDArray[np.uint8], classes: NDArray[np.int64]) -> NDArray[np.float32]:
    """The heat of each cell of conv2_2, (N, 5, 5), scaled to 0 to 1 in each map; all 0 if nothing supports the class.

    net: in evaluation mode, with its layers in ``mvtus``. crops: (N, 32, 32, 3) uint8 RGB. classes: (N,).
    """
    parts = [
        _heat(net, channels_first(crops[at : at + _BATCH]).float(), torch.from_numpy(classes[at : at + _BATCH]))
        for at in range(0, len(crops), _BATCH)
    ]
    maps = np.concatenate(parts)
    most = maps.max(axis=(1, 2), keepdims=True)
    return np.asarray(maps / np.where(most > 0, most, 1))


@torch.no_grad()  # type: ignore[untyped-decorator]
def outputs(net: nn.Module, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The four outputs of a network, (N, 4); in full precision they are not integers."""
    parts = [net(channels_first(crops[at : at + _BATCH]).float()) for at in range(0, len(crops), _BATCH)]
    return np.asarray(torch.cat(parts).numpy())


def enlarge(cells: NDArray[np.float32], zoom: int) -> NDArray[np.float32]:
    """A map (5, 5) enlarged to the size of its crop times ``zoom``, (32·zoom, 32·zoom).

    Each cell is in the middle of the 16 pixels that it sees; between the cells values are interpolated.
    """
    side = SIDE_PX * zoom
    at = ((np.arange(side, dtype=np.float32) + 0.5) / zoom - 0.5 - FIRST_PX) / STEP_PX
    x, y = np.meshgrid(at, at)
    return np.asarray(cv2.remap(cells, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32)


def _heat(net: nn.Module, pixels: Tensor, classes: Tensor) -> NDArray[np.float32]:
    kept: list[Tensor] = []
    hook = net.mvtus[CONV2_2].register_forward_hook(lambda _layer, _given, features: kept.append(features))
    try:
        scores = net(pixels)
    finally:
        hook.remove()
    (features,) = kept
    (gradient,) = torch.autograd.grad(scores.gather(1, classes[:, None]).sum(), features)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    maps = (weights * features).sum(dim=1).relu()
    return np.asarray(maps.detach().numpy())
