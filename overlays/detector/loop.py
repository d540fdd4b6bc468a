"""The training loop: AdamW, one cycle of the rate, averaged weights; a checkpoint per epoch from which it goes on."""

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
from overlays.detector.network import LookoutNet

_WARM_STEPS = 200
_MEMORY = 0.999  # of the averaged weights


@dataclass(frozen=True)
class Settings:
    """rate: AdamW's highest. The same settings, scenes and seed give the same network."""

    epochs: int = 10
    batch: int = 32
    rate: float = 3e-3
    decay: float = 1e-3
    seed: int = 0


class TrainingTask(Protocol):
    """What a network learns from: numbered examples, and what an answer to some of them costs."""

    def __len__(self) -> int:
        """How many examples there are."""

    def batch(self, chosen: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Some examples by their numbers (n,) in rising order: frames (n, 3, H, W), and what is wanted of them."""

    def loss(self, outputs: tuple[Tensor, ...], wanted: Tensor) -> tuple[Tensor, Tensor]:
        """The mean loss, and beside it the mean overlap of the boxes that answer for a face."""


def train(
    task: TrainingTask, net: LookoutNet, settings: Settings, checkpoint: Path, progress: Callable[[str], None]
) -> LookoutNet:
    """Train a network, on a GPU where there is one, in bfloat16 but for the sums; returns it with averaged weights.

    The checkpoint is taken up where its settings are the same, so the same call goes on after an interruption.
    Raises ValueError where it belongs to another run.
    """
    torch.manual_seed(settings.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    mean: LookoutNet = LookoutNet(net.network).to(device, memory_format=torch.channels_last)
    net = net.train().to(device, memory_format=torch.channels_last)
    mean.load_state_dict(net.state_dict())
    optimiser = torch.optim.AdamW(net.parameters(), lr=settings.rate, weight_decay=settings.decay)
    steps = len(task) // settings.batch
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps * settings.epochs))
    parts = {"net": net, "mean": mean, "optimiser": optimiser, "schedule": schedule}
    run = {"examples": len(task), **asdict(settings)}
    begun = _resume(checkpoint, run, parts)
    for epoch in range(begun, settings.epochs):
        random = torch.Generator().manual_seed(settings.seed * 1000 + epoch)
        order = torch.randperm(len(task), generator=random)
        net.train()
        started_s, total, shared = time.monotonic(), 0.0, 0.0
        for step in tqdm(range(steps), f"epoch {epoch + 1}", leave=False, disable=None):
            chosen = order[step * settings.batch : (step + 1) * settings.batch].sort().values
            pixels, wanted = task.batch(chosen, random)
            with torch.autocast(device.type, dtype=torch.bfloat16):
                outputs = net(pixels.to(device))
            lost, overlap = task.loss(outputs, wanted.to(device))
            optimiser.zero_grad(set_to_none=True)
            lost.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
            optimiser.step()
            schedule.step()
            _average(mean, net, min(_MEMORY, (epoch * steps + step + 1) / (epoch * steps + step + 10)))
            total, shared = total + float(lost.detach()), shared + float(overlap)
        took_s = time.monotonic() - started_s
        _keep(checkpoint, run, epoch + 1, parts)
        left_min = took_s * (settings.epochs - epoch - 1) / 60
        rate = steps * settings.batch / took_s
        line = f"epoch {epoch + 1}/{settings.epochs}: loss {total / steps:.4f}, overlap {shared / steps:.3f}"
        progress(f"{line}, {rate:.0f} a second, {left_min:.0f} min left")
    mean.cpu().eval()
    return mean


def restore(network: Network, *checkpoints: Path) -> LookoutNet:
    """The averaged weights of a checkpoint, or the mean of several that began alike (Wortsman et al. 2022)."""
    states = [torch.load(one, weights_only=True, map_location="cpu")["mean"] for one in checkpoints]
    net = LookoutNet(network)
    net.load_state_dict({name: _mean([state[name] for state in states]) for name in states[0]})
    net.eval()
    return net


def _mean(values: list[Tensor]) -> Tensor:
    if not values[0].is_floating_point():
        return values[0]  # batch normalisation's count of batches
    return torch.stack(values).double().mean(dim=0).to(values[0].dtype)


@torch.no_grad()  # type: ignore[untyped-decorator]
def _average(mean: LookoutNet, net: LookoutNet, memory: float) -> None:
    for kept, new in zip(mean.state_dict().values(), net.state_dict().values()):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - memory)


def _rate(step: int, steps: int) -> float:
    warm = min(1.0, (step + 1) / min(_WARM_STEPS, steps / 10))
    return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(step / steps, 1.0))))


def _keep(file: Path, run: dict[str, object], epoch: int, parts: dict[str, object]) -> None:
    states = {name: part.state_dict() for name, part in parts.items()}  # type: ignore[attr-defined]
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".part")
    torch.save({"run": run, "epoch": epoch, **states}, partial)
    partial.replace(file)


def _resume(file: Path, run: dict[str, object], parts: dict[str, object]) -> int:
    """How many epochs the checkpoint has done; 0 where there is none."""
    if not file.exists():
        return 0
    state = torch.load(file, weights_only=True, map_location="cpu")
    if state["run"] != run:
        raise ValueError(f"checkpoint {file} is of another run, {state['run']} not {run}; move it away")
    for name, part in parts.items():
        part.load_state_dict(state[name])  # type: ignore[attr-defined]
    return int(state["epoch"])
