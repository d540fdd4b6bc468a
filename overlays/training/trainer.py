"""One network and its optimiser, in one process or in several that share each batch."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from binarycop.classes import MaskClass
from overlays.training.loop import channels_first, recalibrate_batchnorm
from overlays.training.model import BinaryNet
from overlays.training.pool import Pool
from overlays.training.processes import ALONE, Processes
from overlays.training.run_folder import Progress, RunSettings
from overlays.training.shared_norm import share_statistics
from overlays.training.variation import vary

_RECALIBRATION_CROPS = 10_000


def rate_factor(settings: RunSettings, crops_seen: int, crops_since_start: int) -> float:
    """The learning rate as a share of the highest: cosine decay since the last restart, warm-up after each start."""
    rise = min(1.0, crops_since_start / max(settings.warm_up, 1))
    over = max(settings.crops - settings.restarted_at, 1)
    done = min(max(crops_seen - settings.restarted_at, 0) / over, 1.0)
    return rise * 0.5 * (1 + math.cos(math.pi * done))


class _Logits(nn.Module):  # type: ignore[misc]
    """The network as DistributedDataParallel calls it."""

    def __init__(self, net: BinaryNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: Tensor) -> Tensor:
        return self.net.logits(pixels)


class _Draw:
    """The random numbers of one share of the batches. no_face: crops (N, 32, 32, 3) uint8 RGB that show no face."""

    def __init__(
        self, settings: RunSettings, crops_seen: int, share: int, shares: int, no_face: NDArray[np.uint8] | None
    ) -> None:
        self._rng = np.random.default_rng([settings.seed, crops_seen, *([share] if shares > 1 else [])])
        self._generator = torch.Generator().manual_seed(settings.seed + crops_seen + share)
        self._no_face, self._share = no_face, settings.no_face

    def crops(self, pool: Pool, count: int) -> tuple[Tensor, NDArray[np.float32]]:
        """Augmented crops of the pool, some replaced by crops without a face, and their target probabilities."""
        crops, classes = pool.sample(count, self._rng)
        chances = np.eye(len(MaskClass), dtype=np.float32)[classes]
        replaced = round(self._share * count)
        if self._no_face is not None and replaced:
            crops[-replaced:] = self._no_face[self._rng.integers(len(self._no_face), size=replaced)]
            chances[-replaced:] = 1 / len(MaskClass)
        return vary(channels_first(crops), self._generator), chances


class Trainer:
    """One network and its optimiser.

    shares: parts of each batch, each with random numbers of its own; by default one for each process. One process with
    N shares draws the same batches as N processes. precision: of the convolutions. no_face: crops (N, 32, 32, 3) uint8
    RGB that show no face, for settings that want some in each batch. Raises ValueError if the batch cannot be split.
    """

    def __init__(
        self,
        net: BinaryNet,
        settings: RunSettings,
        progress: Progress,
        processes: Processes = ALONE,
        shares: int | None = None,
        precision: torch.dtype = torch.bfloat16,
        no_face: NDArray[np.uint8] | None = None,
    ) -> None:
        self.net, self.crops_seen, self.processes = net.to(processes.device), progress.crops_seen, processes
        self._settings, self._started_at, self._precision = settings, progress.crops_seen, precision
        self._shares = processes.count if shares is None else shares
        self._no_face = no_face
        if settings.batch % self._shares:
            raise ValueError(f"a batch of {settings.batch} crops cannot be split evenly among {self._shares} processes")
        self._logits: nn.Module = _Logits(net)
        if processes.count > 1:
            share_statistics(net)
            # All processes have the same statistics, so there are no buffers to synchronise.
            self._logits = DistributedDataParallel(self._logits, forward_sync_buffers=False)
        self._optimiser = torch.optim.Adam(net.parameters(), lr=settings.rate)

    def train(self, pool: Pool, count: int) -> float:
        """See ``count`` crops of the pool, all processes together. Returns the mean loss.

        Raises ValueError if the settings want crops without a face and there are none.
        """
        settings, total, steps = self._settings, 0.0, count // self._settings.batch
        if settings.no_face and (self._no_face is None or not len(self._no_face)):
            raise ValueError(f"{settings.no_face:.0%} of each batch are to show no face, but there are no such crops")
        own = [self.processes.rank] if self.processes.count > 1 else range(self._shares)
        draws = [_Draw(settings, self.crops_seen, share, self._shares, self._no_face) for share in own]
        self.net.train()
        for _ in range(steps):
            parts = [draw.crops(pool, settings.batch // self._shares) for draw in draws]
            pixels = parts[0][0] if len(parts) == 1 else torch.cat([crops for crops, _ in parts])
            chances = torch.from_numpy(np.concatenate([of_part for _, of_part in parts]))
            total += self._step(pixels.to(self.processes.device), chances.to(self.processes.device))
        return self.processes.mean(total / steps)

    def _step(self, pixels: Tensor, chances: Tensor) -> float:
        settings = self._settings
        factor = rate_factor(settings, self.crops_seen, self.crops_seen - self._started_at)
        for group in self._optimiser.param_groups:
            group["lr"] = settings.rate * factor
        is_mixed = self._precision is not torch.float32
        with torch.autocast(self.processes.device.type, dtype=self._precision if is_mixed else None, enabled=is_mixed):
            logits = self._logits(pixels)
        loss = functional.cross_entropy(logits.float(), chances)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self._optimiser.step()
        self.net.clip()
        self.crops_seen += settings.batch
        return float(loss.detach())

    def measured_net(self, pool: Pool) -> BinaryNet:
        """A copy whose statistics of batch normalisation are measured for the present weights, on augmented crops."""
        net = BinaryNet(self.net.network, is_binary=self.net.is_binary)
        net.to(self.processes.device, memory_format=torch.channels_last)
        net.load_state_dict(self.net.state_dict())
        crops, _ = pool.sample(_RECALIBRATION_CROPS, np.random.default_rng(self.crops_seen))
        pixels = vary(channels_first(crops), torch.Generator().manual_seed(self.crops_seen))
        recalibrate_batchnorm(net, pixels.to(self.processes.device), self._settings.batch)
        return net
