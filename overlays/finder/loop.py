"""The training loop: AdamW, one cycle of the rate, averaged weights; a checkpoint per epoch from which it goes on."""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from overlays.finder.network import LookoutNet
from overlays.finder.pool import Pool
from overlays.finder.targets import Cells, loss

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


def train(
    pool: Pool, settings: Settings, checkpoint: Path, progress: Callable[[str], None], begin: LookoutNet | None = None
) -> LookoutNet:
    """Train on a pool, on a GPU where there is one, in bfloat16 but for the sums; returns the averaged network.

    begin: weights to start from. The checkpoint is taken up where its settings are the same, so the same call goes
    on after an interruption. Raises ValueError where it belongs to another run.
    """
    torch.manual_seed(settings.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = copy.deepcopy(begin or LookoutNet()).train().to(device, memory_format=torch.channels_last)
    mean: LookoutNet = copy.deepcopy(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=settings.rate, weight_decay=settings.decay)
    steps = len(pool) // settings.batch
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps * settings.epochs))
    parts = {"net": net, "mean": mean, "optimiser": optimiser, "schedule": schedule}
    run = {"scenes": len(pool), **asdict(settings)}
    begun = _resume(checkpoint, run, parts)
    height_px, width_px = pool.stores[0].shape[1:3]
    cells = Cells(*(one.to(device) for one in vars(Cells.of(height_px, width_px)).values()))
    tables = torch.from_numpy(pool.boxes)
    for epoch in range(begun, settings.epochs):
        random = torch.Generator().manual_seed(settings.seed * 1000 + epoch)
        order = torch.randperm(len(pool), generator=random)
        net.train()
        started_s, total, shared = time.monotonic(), 0.0, 0.0
        for step in tqdm(range(steps), f"epoch {epoch + 1}", leave=False, disable=None):
            chosen = order[step * settings.batch : (step + 1) * settings.batch].sort().values
            pixels, table = _augmented(pool, chosen, tables, random)
            with torch.autocast(device.type, dtype=torch.bfloat16):
                outputs = net(pixels.to(device))
            lost, overlap = loss(outputs, table.to(device), cells)
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
        progress(f"{line}, {rate:.0f} scenes/s, {left_min:.0f} min left")
    mean.cpu().eval()
    return mean


def restore(*checkpoints: Path) -> LookoutNet:
    """The averaged network of a checkpoint, or the mean of several that began alike (Wortsman et al. 2022)."""
    states = [torch.load(one, weights_only=True, map_location="cpu")["mean"] for one in checkpoints]
    net = LookoutNet()
    net.load_state_dict({name: _mean([state[name] for state in states]) for name in states[0]})
    net.eval()
    return net


def _mean(values: list[Tensor]) -> Tensor:
    if not values[0].is_floating_point():
        return values[0]  # batch normalisation's count of batches
    return torch.stack(values).double().mean(dim=0).to(values[0].dtype)


def _augmented(pool: Pool, chosen: Tensor, tables: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """A batch, half of it mirrored and in other light: (N, 3, H, W) in channels-last order, and its boxes.

    In bfloat16, which holds every level of a camera, and which the convolutions take anyway.
    """
    batch = torch.from_numpy(pool.frames(chosen.numpy())).permute(0, 3, 1, 2).bfloat16()
    table = tables[chosen]
    table = table[:, : max(int((table[..., 4] != 0).sum(dim=1).max()), 1)].clone()
    if torch.rand((), generator=random) < 0.5:
        batch = batch.flip(3)
        table[..., 0] = torch.where(table[..., 4] != 0, batch.shape[3] - table[..., 0] - table[..., 2], table[..., 0])
    gain = torch.exp(0.15 * torch.randn((len(batch), 3, 1, 1), generator=random)).bfloat16()
    return (batch * gain).clamp_(0, 255).contiguous(memory_format=torch.channels_last), table


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
