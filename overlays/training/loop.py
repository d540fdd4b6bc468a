"""What training and measuring share: the statistics of batch normalisation, and a network as a function of crops."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from overlays.training.evaluation import Scores
from overlays.training.model import BinaryNet

_RECALIBRATION_BATCHES = 200


@torch.no_grad()  # type: ignore[untyped-decorator]
def recalibrate_batchnorm(net: BinaryNet, pixels: Tensor, batch: int) -> None:
    """Measure the statistics of batch normalisation again, with fixed weights, averaged over many batches.

    Running averages lag behind weights that change sign, and a threshold that is slightly wrong flips bits.
    """
    norms = [mvtu.norm for mvtu in net.mvtus if mvtu.norm is not None]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # plain average
    net.train()
    batches = min(_RECALIBRATION_BATCHES, len(pixels) // batch)
    for start in torch.linspace(0, len(pixels) - batch, batches).long().tolist():
        net(pixels[start : start + batch].float())


def score_function(net: BinaryNet, batch: int = 500) -> Scores:
    """The network as a function from crops (N, 32, 32, 3) uint8 RGB to scores (N, 4) int32.

    For the full-precision reference, scores are its outputs in thousandths.
    """

    def scores(crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        net.eval()
        device = net.log_scale.device
        with torch.no_grad():
            parts = [
                net(channels_first(crops[start : start + batch]).to(device).float()).cpu().numpy()
                for start in range(0, len(crops), batch)
            ]
        outputs = np.concatenate(parts)
        return np.asarray((outputs if net.is_binary else outputs * 1000).astype(np.int32))

    return scores


def channels_first(crops: NDArray[np.uint8]) -> Tensor:
    """(N, 32, 32, 3) uint8 as (N, 3, 32, 32) uint8, the layout that torch expects, without copying."""
    return torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2)
