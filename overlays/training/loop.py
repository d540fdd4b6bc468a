"""The training loop of the classifier: Adam with a cosine schedule, and a checkpoint after each epoch."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from overlays.networks.tables import Network
from overlays.training import checkpoint as checkpoints
from overlays.training.checkpoint import Checkpoint
from overlays.training.evaluation import LabelledCrops, Scores
from overlays.training.model import BinaryNet

_WARM_UP_STEPS = 200
_RECALIBRATION_BATCHES = 200


@dataclass(frozen=True)
class Settings:
    """What a run is trained with.

    rate: Adam's highest learning rate; a binary network needs a much higher one than a float network.
    distil: share of the loss that comes from a teacher (Hinton et al. 2015), at ``temperature``.
    """

    epochs: int = 10
    batch: int = 200
    rate: float = 1e-2
    smoothing: float = 0.0
    distil: float = 0.0
    temperature: float = 2.0
    is_binary: bool = True
    seed: int = 0


def train(
    network: Network,
    labelled: LabelledCrops,
    settings: Settings,
    file: Path,
    progress: Callable[[str, BinaryNet], None],
    *,
    begin: BinaryNet | None = None,
    teacher: NDArray[np.float32] | None = None,
) -> BinaryNet:
    """Train on labelled crops, on a GPU if there is one. Convolutions run in bfloat16.

    file: the checkpoint. If it exists, training continues from it, so the same call works after an interruption.
    progress: called after each epoch with a line of text and the network. begin: initial weights. teacher: logits
    (N, 4) of another network for each crop; needed if ``settings.distil`` is not 0.
    Raises ValueError if the checkpoint belongs to another run, or if the teacher is missing.
    """
    if settings.distil and teacher is None:
        raise ValueError("there is no teacher to distil from")
    torch.manual_seed(settings.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pixels = channels_first(labelled.crops).to(device)
    labels = torch.from_numpy(labelled.classes).to(device)
    teacher_logits = None if teacher is None else torch.from_numpy(teacher).to(device)
    net: BinaryNet = BinaryNet(network, is_binary=settings.is_binary)
    net.to(device, memory_format=torch.channels_last)
    if begin is not None:
        net.load_state_dict(begin.state_dict())
    optimiser = torch.optim.Adam(net.parameters(), lr=settings.rate)
    steps = len(pixels) // settings.batch
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate_factor(step, steps * settings.epochs))
    run = {"network": network.name, "crops": len(pixels), **asdict(settings)}
    checkpoint = Checkpoint(file, run, {"net": net, "optimiser": optimiser, "schedule": schedule})
    for epoch in range(checkpoint.resume(), settings.epochs):
        order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(settings.seed * 1000 + epoch))
        net.train()
        started_s, total = time.monotonic(), 0.0
        for step in tqdm(range(steps), f"epoch {epoch + 1}", leave=False, disable=None):
            chosen = order[step * settings.batch : (step + 1) * settings.batch].to(device)
            batch = pixels[chosen].float()
            with torch.autocast(device.type, dtype=torch.bfloat16):
                logits = net.logits(batch.flip(3) if step % 2 else batch)
            wanted = None if teacher_logits is None else teacher_logits[chosen]
            loss = _loss(logits.float(), labels[chosen], wanted, settings)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            net.clip()
            schedule.step()
            total += float(loss.detach())
        took_s = time.monotonic() - started_s
        checkpoint.save(epoch + 1)
        rate, left_min = steps * settings.batch / took_s, took_s * (settings.epochs - epoch - 1) / 60
        line = f"epoch {epoch + 1}/{settings.epochs}: loss {total / steps:.4f}, {rate:.0f} crops/s, "
        progress(f"{line}{left_min:.0f} min left", net)
    recalibrate_batchnorm(net, pixels, settings.batch)
    checkpoint.save(settings.epochs)
    return net


def _loss(logits: Tensor, labels: Tensor, teacher: Tensor | None, settings: Settings) -> Tensor:
    """Cross-entropy with the labels, mixed with the divergence from the teacher if there is one."""
    own = functional.cross_entropy(logits, labels, label_smoothing=settings.smoothing)
    if teacher is None or not settings.distil:
        return own
    temperature = settings.temperature
    wanted = functional.softmax(teacher / temperature, dim=1)
    answered = functional.log_softmax(logits / temperature, dim=1)
    divergence = functional.kl_div(answered, wanted, reduction="batchmean") * temperature**2
    return (1 - settings.distil) * own + settings.distil * divergence


def read_run(file: Path) -> dict[str, object]:
    """The settings, the network's name and the number of crops that a checkpoint was trained with."""
    run: dict[str, object] = checkpoints.read(file)["run"]
    return run


def restore(file: Path, network: Network) -> BinaryNet:
    """The network of a checkpoint. Raises ValueError if it is another network."""
    state = checkpoints.read(file)
    if state["run"]["network"] != network.name:
        raise ValueError(f"checkpoint {file} is of {state['run']['network']}, not of {network.name}")
    net = BinaryNet(network, is_binary=state["run"]["is_binary"])
    net.load_state_dict(state["net"])
    net.to(memory_format=torch.channels_last)
    return net


@torch.no_grad()  # type: ignore[untyped-decorator]
def logits_of(net: BinaryNet, crops: NDArray[np.uint8], batch: int = 500) -> NDArray[np.float32]:
    """The logits (N, 4) of a network for crops (N, 32, 32, 3) uint8 RGB."""
    net.eval()
    device = net.log_scale.device
    parts = []
    for start in range(0, len(crops), batch):
        with torch.autocast(device.type, dtype=torch.bfloat16):
            parts.append(net.logits(channels_first(crops[start : start + batch]).to(device).float()).float().cpu())
    return np.asarray(torch.cat(parts).numpy())


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


def _rate_factor(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / _WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * min(step / steps, 1.0)))
