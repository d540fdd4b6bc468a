"""The training loop: Adam, cosine, one checkpoint per epoch from which an interrupted run goes on."""

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
from overlays.training.evaluation import LabelledCrops, Scores
from overlays.training.model import BinaryNet

_WARM_STEPS = 200
_SETTLING = 200


@dataclass(frozen=True)
class Settings:
    """rate: Adam's highest; a binary network wants far more than a float one: 1e-3 leaves five points unused.

    distil: the share of the loss that comes from a teacher (Hinton et al. 2015), at ``temperature``.
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
    checkpoint: Path,
    progress: Callable[[str, BinaryNet], None],
    *,
    begin: BinaryNet | None = None,
    teacher: NDArray[np.float32] | None = None,
) -> BinaryNet:
    """Train on crops (N, 32, 32, 3) uint8 RGB, on a GPU where there is one, in bfloat16 but for the sums.

    progress: called after each epoch with a line of text and the network. begin: weights to start from. teacher: the
    logits (N, 4) of another network for each crop, where ``settings.distil`` is not 0. The checkpoint is taken up
    where its network and settings are the same, so the same call goes on after an interruption. Raises ValueError
    where the checkpoint belongs to another run, or a teacher is wanted and missing.
    """
    if settings.distil and teacher is None:
        raise ValueError("there is no teacher to distil from")
    torch.manual_seed(settings.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pixels = channels_first(labelled.crops).to(device)
    labels = torch.from_numpy(labelled.classes).to(device)
    taught = None if teacher is None else torch.from_numpy(teacher).to(device)
    net: BinaryNet = BinaryNet(network, is_binary=settings.is_binary)
    net.to(device, memory_format=torch.channels_last)
    if begin is not None:
        net.load_state_dict(begin.state_dict())
    optimiser = torch.optim.Adam(net.parameters(), lr=settings.rate)
    steps = len(pixels) // settings.batch
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps * settings.epochs))
    begun = _resume(checkpoint, network, settings, len(pixels), net, optimiser, schedule)
    for epoch in range(begun, settings.epochs):
        order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(settings.seed * 1000 + epoch))
        net.train()
        started_s, total = time.monotonic(), 0.0
        for step in tqdm(range(steps), f"epoch {epoch + 1}", leave=False, disable=None):
            chosen = order[step * settings.batch : (step + 1) * settings.batch].to(device)
            batch = pixels[chosen].float()
            with torch.autocast(device.type, dtype=torch.bfloat16):
                logits = net.logits(batch.flip(3) if step % 2 else batch)
            loss = _loss(logits.float(), labels[chosen], None if taught is None else taught[chosen], settings)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            net.clip()
            schedule.step()
            total += float(loss.detach())
        took_s = time.monotonic() - started_s
        rate, left_min = steps * settings.batch / took_s, took_s * (settings.epochs - epoch - 1) / 60
        _keep(checkpoint, network, settings, len(pixels), epoch + 1, net, optimiser, schedule)
        line = f"epoch {epoch + 1}/{settings.epochs}: loss {total / steps:.4f}, {rate:.0f} crops/s, "
        progress(f"{line}{left_min:.0f} min left", net)
    recalibrate_batchnorm(net, pixels, settings.batch)
    _keep(checkpoint, network, settings, len(pixels), settings.epochs, net, optimiser, schedule)
    return net


def _loss(logits: Tensor, labels: Tensor, taught: Tensor | None, settings: Settings) -> Tensor:
    """Cross-entropy, and what is left of the way to the teacher's answer."""
    own = functional.cross_entropy(logits, labels, label_smoothing=settings.smoothing)
    if taught is None or not settings.distil:
        return own
    heat = settings.temperature
    wanted = functional.softmax(taught / heat, dim=1)
    said = functional.log_softmax(logits / heat, dim=1)
    away = functional.kl_div(said, wanted, reduction="batchmean") * heat**2
    return (1 - settings.distil) * own + settings.distil * away


def read_run(file: Path) -> dict[str, object]:
    """What a checkpoint's network was trained with, as in ``Settings``, and its name and how many crops."""
    run: dict[str, object] = torch.load(file, weights_only=True, map_location="cpu")["run"]
    return run


def restore(file: Path, network: Network) -> BinaryNet:
    """The network of a checkpoint. Raises ValueError where it is another network's."""
    state = torch.load(file, weights_only=True, map_location="cpu")
    if state["run"]["network"] != network.name:
        raise ValueError(f"checkpoint {file} is of {state['run']['network']}, not of {network.name}")
    net = BinaryNet(network, is_binary=state["run"]["is_binary"])
    net.load_state_dict(state["net"])
    net.to(memory_format=torch.channels_last)
    return net


@torch.no_grad()  # type: ignore[untyped-decorator]
def teacher_logits(net: BinaryNet, crops: NDArray[np.uint8], batch: int = 500) -> NDArray[np.float32]:
    """A teacher's answers to crops (N, 32, 32, 3) uint8 RGB, (N, 4)."""
    net.eval()
    device = net.log_scale.device
    parts = []
    for start in range(0, len(crops), batch):
        with torch.autocast(device.type, dtype=torch.bfloat16):
            parts.append(net.logits(channels_first(crops[start : start + batch]).to(device).float()).float().cpu())
    return np.asarray(torch.cat(parts).numpy())


@torch.no_grad()  # type: ignore[untyped-decorator]
def recalibrate_batchnorm(net: BinaryNet, pixels: Tensor, batch: int) -> None:
    """Measure batch normalisation's statistics anew with the weights at rest, averaged over many batches.

    Running averages trail behind weights that flip, and a threshold that is a little off flips bits.
    """
    norms = [mvtu.norm for mvtu in net.mvtus if mvtu.norm is not None]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # plain average
    net.train()
    spread = torch.linspace(0, len(pixels) - batch, min(_SETTLING, len(pixels) // batch)).long()
    for start in spread.tolist():
        net(pixels[start : start + batch].float())


def score_function(net: BinaryNet, batch: int = 500) -> Scores:
    """The network as a function of crops (N, 32, 32, 3) uint8 RGB to scores (N, 4) int32.

    The reference in full precision gives thousandths of its logits.
    """

    def scores(crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        net.eval()
        device = net.log_scale.device
        with torch.no_grad():
            parts = [
                net(channels_first(crops[start : start + batch]).to(device).float()).cpu().numpy()
                for start in range(0, len(crops), batch)
            ]
        scores = np.concatenate(parts)
        return np.asarray((scores if net.is_binary else scores * 1000).astype(np.int32))

    return scores


def channels_first(crops: NDArray[np.uint8]) -> Tensor:
    """(N, 32, 32, 3) uint8 as (N, 3, 32, 32) uint8, which torch's convolutions take, without moving a byte."""
    return torch.from_numpy(np.ascontiguousarray(crops)).permute(0, 3, 1, 2)


def _rate(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / _WARM_STEPS) * 0.5 * (1 + math.cos(math.pi * min(step / steps, 1.0)))


def _run(network: Network, settings: Settings, count: int) -> dict[str, object]:
    return {"network": network.name, "crops": count, **asdict(settings)}


def _keep(file: Path, network: Network, settings: Settings, count: int, epoch: int, *parts: object) -> None:
    net, optimiser, schedule = (part.state_dict() for part in parts)  # type: ignore[attr-defined]
    state = {
        "run": _run(network, settings, count),
        "epoch": epoch,
        "net": net,
        "optimiser": optimiser,
        "schedule": schedule,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".part")
    torch.save(state, partial)
    partial.replace(file)


def _resume(file: Path, network: Network, settings: Settings, count: int, *parts: object) -> int:
    """How many epochs the checkpoint has done; 0 where there is none."""
    if not file.exists():
        return 0
    state = torch.load(file, weights_only=True, map_location="cpu")
    run = _run(network, settings, count)
    if state["run"] != run:
        raise ValueError(f"checkpoint {file} is of another run, {state['run']} not {run}; move it away")
    for part, key in zip(parts, ("net", "optimiser", "schedule")):
        part.load_state_dict(state[key])  # type: ignore[attr-defined]
    return int(state["epoch"])
