"""The squares that are still hard for the refinement network: it gets them wrong, or right with low confidence.

Most squares teach a trained network nothing, and training takes as long for them as for the others (Shrivastava et al.
2016, "Training Region-based Object Detectors with Online Hard Example Mining"). Some easy ones stay, so that the
network does not forget them.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from overlays.detector.network import LookoutNet
from overlays.detector.refinement_samples import FACE, RefinementSamples

# Confidences before the sigmoid: a face from the first on is easy, and so is background up to the second.
_SURE_FACE, _SURE_BACKGROUND = 2.5, -2.0
_KEPT_FACES, _KEPT_BACKGROUND = 0.15, 0.1  # shares of the easy ones that stay
_BATCH = 512


def hard_squares(samples: RefinementSamples, net: LookoutNet, seed: int) -> RefinementSamples:
    """The squares that are hard for a network, and a random share of the easy ones."""
    confidences = _confidences(samples.pixels, net)
    is_face = samples.targets[:, 0] == FACE
    is_hard = np.where(is_face, confidences < _SURE_FACE, confidences > _SURE_BACKGROUND)
    chance = np.random.default_rng(seed).random(len(samples))
    chosen = is_hard | (chance < np.where(is_face, _KEPT_FACES, _KEPT_BACKGROUND))
    return RefinementSamples(samples.pixels[chosen], samples.targets[chosen])


@torch.no_grad()  # type: ignore[untyped-decorator]
def _confidences(pixels: NDArray[np.uint8], net: LookoutNet) -> NDArray[np.float32]:
    """The confidence of each square before its sigmoid, (N,)."""
    was_training = net.training
    net.eval()
    found = []
    for at in range(0, len(pixels), _BATCH):
        frames = torch.from_numpy(pixels[at : at + _BATCH].copy()).permute(0, 3, 1, 2).float()
        (output,) = net(frames.contiguous(memory_format=torch.channels_last))
        found.append(output[:, 0].flatten().numpy())
    net.train(was_training)
    return np.concatenate(found)
