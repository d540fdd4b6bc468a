"""Training samples of the proposal network: whole scenes, randomly mirrored and with random light."""

from dataclasses import dataclass

import torch
from torch import Tensor

from overlays.detector.sample_store import SceneStore
from overlays.detector.targets import Cells, loss


@dataclass(frozen=True)
class ProposalSamples:
    """The scenes of a store as a ``TrainingTask``."""

    store: SceneStore
    cells: Cells

    @staticmethod
    def of(store: SceneStore) -> "ProposalSamples":
        """The samples of a store whose frames have one size."""
        height_px, width_px = store.arrays[0].shape[1:3]
        return ProposalSamples(store, Cells.of(height_px, width_px))

    def __len__(self) -> int:
        return len(self.store)

    def batch(self, chosen: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """See ``TrainingTask.batch``. The targets are the boxes (n, M, 5) as in ``SceneStore``.

        Frames are bfloat16, which the convolutions use and which represents 0 to 255 exactly.
        """
        batch = torch.from_numpy(self.store.frames(chosen.numpy())).permute(0, 3, 1, 2).bfloat16()
        table = torch.from_numpy(self.store.boxes[chosen.numpy()])
        table = table[:, : max(int((table[..., 4] != 0).sum(dim=1).max()), 1)].clone()
        if torch.rand((), generator=random) < 0.5:
            batch = batch.flip(3)
            mirrored = batch.shape[3] - table[..., 0] - table[..., 2]
            table[..., 0] = torch.where(table[..., 4] != 0, mirrored, table[..., 0])
        gain = torch.exp(0.15 * torch.randn((len(batch), 3, 1, 1), generator=random)).bfloat16()
        return (batch * gain).clamp_(0, 255).contiguous(memory_format=torch.channels_last), table

    def loss(self, outputs: tuple[Tensor, ...], targets: Tensor) -> tuple[Tensor, Tensor]:
        """See ``TrainingTask.loss``."""
        return loss(outputs, targets, self.cells.to(targets.device))
