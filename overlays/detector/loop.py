"""The training loop of both networks of ``lookout``: AdamW, cosine schedule, averaged weights, checkpoints."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from tqdm import tqdm

from binarycop.detection.lookout.network import Network
from overlays.detector import checkpoint as checkpoints
from overlays.detector.checkpoint import Checkpoint
from overlays.detector.network import LookoutNet

_WARM_UP_STEPS = 200
_AVERAGING = 0.999  # share of the averaged weights that a step keeps
_MAX_GRADIENT = 10.0


@dataclass(frozen=True)
class Settings:
    """What a run is trained with. rate: AdamW's highest learning rate. The same settings give the same network."""

    epochs: int = 10
    batch: int = 32
    rate: float = 3e-3
    decay: float = 1e-3
    seed: int = 0


class TrainingTask(Protocol):
    """What a network learns from: numbered samples, and the loss of its outputs."""

    def __len__(self) -> int:
        """The number of samples."""

    def batch(self, chosen: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Samples by their numbers (n,), in ascending order: frames (n, 3, H, W), and the targets for ``loss``."""

    def loss(self, outputs: tuple[Tensor, ...], targets: Tensor) -> tuple[Tensor, Tensor]:
        """The mean loss, and the mean IoU of the boxes that must find a face."""


def train(
    task: TrainingTask, net: LookoutNet, settings: Settings, file: Path, progress: Callable[[str], None]
) -> LookoutNet:
    """Train a network, on a GPU if there is one, and return it with averaged weights. Convolutions run in bfloat16.

    file: the checkpoint. If it exists, training continues from it, so the same call works after an interruption.
    progress: called with a line of text after each epoch. Raises ValueError if the checkpoint belongs to another run.
    """
    torch.manual_seed(settings.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    mean: LookoutNet = LookoutNet(net.network).to(device, memory_format=torch.channels_last)
    net = net.train().to(device, memory_format=torch.channels_last)
    mean.load_state_dict(net.state_dict())
    optimiser = torch.optim.AdamW(net.parameters(), lr=settings.rate, weight_decay=settings.decay)
    steps = len(task) // settings.batch
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate_factor(step, steps * settings.epochs))
    parts = {"net": net, "mean": mean, "optimiser": optimiser, "schedule": schedule}
    checkpoint = Checkpoint(file, {"examples": len(task), **asdict(settings)}, parts)
    for epoch in range(checkpoint.resume(), settings.epochs):
        random = torch.Generator().manual_seed(settings.seed * 1000 + epoch)
        order = torch.randperm(len(task), generator=random)
        net.train()
        started_s, total_loss, total_iou = time.monotonic(), 0.0, 0.0
        for step in tqdm(range(steps), f"epoch {epoch + 1}", leave=False, disable=None):
            chosen = order[step * settings.batch : (step + 1) * settings.batch].sort().values
            pixels, targets = task.batch(chosen, random)
            with torch.autocast(device.type, dtype=torch.bfloat16):
                outputs = net(pixels.to(device))
            loss, iou = task.loss(outputs, targets.to(device))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), _MAX_GRADIENT)
            optimiser.step()
            schedule.step()
            steps_done = epoch * steps + step + 1
            _average(mean, net, min(_AVERAGING, steps_done / (steps_done + 9)))
            total_loss, total_iou = total_loss + float(loss.detach()), total_iou + float(iou)
        took_s = time.monotonic() - started_s
        checkpoint.save(epoch + 1)
        left_min = took_s * (settings.epochs - epoch - 1) / 60
        rate = steps * settings.batch / took_s
        line = f"epoch {epoch + 1}/{settings.epochs}: loss {total_loss / steps:.4f}, IoU {total_iou / steps:.3f}"
        progress(f"{line}, {rate:.0f} samples/s, {left_min:.0f} min left")
    mean.cpu().eval()
    return mean


def restore(network: Network, *files: Path) -> LookoutNet:
    """The averaged weights of a checkpoint, or the mean of several that started equal (Wortsman et al. 2022)."""
    states = [checkpoints.read(file)["mean"] for file in files]
    net = LookoutNet(network)
    net.load_state_dict({name: _mean([state[name] for state in states]) for name in states[0]})
    net.eval()
    return net


def _mean(values: list[Tensor]) -> Tensor:
    if not values[0].is_floating_point():
        return values[0]  # the number of batches that batch normalisation counts
    return torch.stack(values).double().mean(dim=0).to(values[0].dtype)


@torch.no_grad()  # type: ignore[untyped-decorator]
def _average(mean: LookoutNet, net: LookoutNet, kept_share: float) -> None:
    for kept, new in zip(mean.state_dict().values(), net.state_dict().values()):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - kept_share)


def _rate_factor(step: int, steps: int) -> float:
    warm_up = min(1.0, (step + 1) / min(_WARM_UP_STEPS, steps / 10))
    return warm_up * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(step / steps, 1.0))))
