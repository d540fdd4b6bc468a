"""Trains a small network for some steps, under torchrun or alone, and writes the loss of each.

python -m tests.overlays.training.train_together LOSSES SHARES
"""

import json
import sys
from collections.abc import Generator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from overlays.networks.tables import U_CNV
from overlays.training.model import BinaryNet
from overlays.training.pool import Pool, PoolSettings
from overlays.training.processes import joined
from overlays.training.run_folder import Progress, RunSettings
from overlays.training.trainer import Trainer

STEPS = 4
POOL = PoolSettings(subjects=80, part=40, views=2, uses=1)
SETTINGS = RunSettings("u-cnv", batch=40, warm_up=80, pool=POOL)


def parts() -> Generator[NDArray[np.uint8], None, None]:
    """Noise whose brightness depends on the class."""
    rng = np.random.default_rng(3)
    while True:
        noise = rng.integers(0, 160, (POOL.part, POOL.views, 34, 34, 3))
        levels = np.arange(POOL.part) % len(MaskClass) * 30
        yield (noise + levels[:, None, None, None, None]).astype(np.uint8)


def losses(shares: int) -> list[float]:
    """The loss of each step, the same in all processes. In bfloat16, rounding would depend on the order of sums."""
    torch.manual_seed(0)
    net = BinaryNet(U_CNV)
    net.to(memory_format=torch.channels_last)
    with joined() as processes, Pool(parts(), POOL, 0) as pool:
        trainer = Trainer(net, SETTINGS, Progress(), processes, shares, torch.float32)
        return [trainer.train(pool, SETTINGS.batch) for _ in range(STEPS)]


def main() -> None:
    """Write the losses; all processes write the same."""
    torch.set_num_threads(1)
    found = losses(int(sys.argv[2]))
    Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
