"""What the survey learns from: whole scenes, half of them mirrored and in other light."""

from dataclasses import dataclass

import torch
from torch import Tensor

from overlays.detector.sample_store import SceneStore
from overlays.detector.targets import Cells, loss


@dataclass(frozen=True)
class ProposalSamples:
    """The scenes of a pool as a ``Lesson``."""

    pool: SceneStore
    cells: Cells

    @staticmethod
    def of(pool: SceneStore) -> "ProposalSamples":
        """Of a pool whose frames are all of one size."""
        height_px, width_px = pool.stores[0].shape[1:3]
        return ProposalSamples(pool, Cells.of(height_px, width_px))

    def __len__(self) -> int:
        return len(self.pool)

    def batch(self, chosen: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """See ``Lesson.batch``; wanted are the boxes (n, M, 5) as in ``Pool``.

        In bfloat16, which holds every level of a camera, and which the convolutions take anyway.
        """
        batch = torch.from_numpy(self.pool.frames(chosen.numpy())).permute(0, 3, 1, 2).bfloat16()
        table = torch.from_numpy(self.pool.boxes[chosen.numpy()])
        table = table[:, : max(int((table[..., 4] != 0).sum(dim=1).max()), 1)].clone()
        if torch.rand((), generator=random) < 0.5:
            batch = batch.flip(3)
            mirrored = batch.shape[3] - table[..., 0] - table[..., 2]
            table[..., 0] = torch.where(table[..., 4] != 0, mirrored, table[..., 0])
        gain = torch.exp(0.15 * torch.randn((len(batch), 3, 1, 1), generator=random)).bfloat16()
        return (batch * gain).clamp_(0, 255).contiguous(memory_format=torch.channels_last), table

    def loss(self, outputs: tuple[Tensor, ...], wanted: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Lesson.loss``."""
        return loss(outputs, wanted, self.cells.to(wanted.device))
