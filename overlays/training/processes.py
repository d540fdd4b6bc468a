"""The processes of one training run. torchrun starts them on one or several machines; without torchrun there is one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Processes:
    """The processes that train together.

    rank: number of this one, from 0. count: of all of them. device: where this one trains.
    """

    rank: int = 0
    count: int = 1
    device: torch.device = CPU

    @property
    def is_first(self) -> bool:
        """Whether this one writes the run's folder, measures, and prints."""
        return self.rank == 0

    def decided(self, decision: bool) -> bool:
        """The first process' decision, in every process."""
        if self.count == 1:
            return decision
        flag = torch.tensor([float(decision)], device=self.device)
        distributed.broadcast(flag, 0)
        return bool(flag.item())

    def mean(self, number: float) -> float:
        """The mean of a number over all processes."""
        if self.count == 1:
            return number
        total = torch.tensor([number], dtype=torch.float64, device=self.device)
        distributed.all_reduce(total)
        return float(total.item()) / self.count


ALONE = Processes()


@contextmanager
def joined() -> Iterator[Processes]:
    """Join the processes that torchrun has started, until the block ends; each takes the GPU with its local number.

    Machines without GPUs talk through gloo, those with GPUs through NCCL.
    """
    has_gpu = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if has_gpu else CPU
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes(device=device)
        return
    if has_gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if has_gpu else "gloo")  # torchrun's variables say where the others are
    try:
        yield Processes(distributed.get_rank(), count, device)
    finally:
        distributed.destroy_process_group()
