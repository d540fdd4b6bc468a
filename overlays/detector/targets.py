"""Which cell answers for which face, and the loss.

A face is answered for at each stride that its size fits, by the cells whose middle is near its centre, and by the
nearest one in any case. Cells around them, strides that it nearly fits, and faces that count neither way, are left
out of the loss. Confidence is held to the overlap of the cell's own box with the face (Li et al. 2020, "Generalized
Focal Loss"), so the best cell is the surest; boxes by their overlap (Rezatofighi et al. 2019, GIoU) and their corners.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from binarycop.detection.lookout.network import PROPOSAL

_FITS = ((15.0, 36.0), (28.0, 92.0), (72.0, 260.0))  # the face's side in pixels, by stride
_NEARLY = 1.35  # beyond that, by this factor, it counts neither way
_NEAR, _AROUND = 0.18, 0.38  # of the face's sides, from its centre
_FOCUS = 2.0


@dataclass(frozen=True)
class Cells:
    """All strides in a row, C cells, in pixels: middle (C, 2), stride (C,), usual side (C,), fitting sides (C, 2)."""

    middle: Tensor
    stride: Tensor
    reference_px: Tensor
    fits: Tensor

    @staticmethod
    def of(height_px: int, width_px: int) -> "Cells":
        """The cells of a frame."""
        middles, strides, references_px, fits = [], [], [], []
        for head, fit in zip(PROPOSAL.heads, _FITS):
            rows, columns = height_px // head.stride_px, width_px // head.stride_px
            y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
            middles.append((torch.stack([x, y], dim=-1).reshape(-1, 2) + 0.5) * head.stride_px)
            strides.append(torch.full((rows * columns,), float(head.stride_px)))
            references_px.append(torch.full((rows * columns,), head.reference_px))
            fits.append(torch.tensor(fit).expand(rows * columns, 2))
        return Cells(*(torch.cat(parts) for parts in (middles, strides, references_px, fits)))

    def to(self, device: torch.device) -> "Cells":
        """The same on another device."""
        return Cells(*(one.to(device) for one in vars(self).values()))


def flatten_outputs(outputs: tuple[Tensor, ...]) -> Tensor:
    """The strides' outputs (N, 5, h, w) in a row, (N, C, 5)."""
    return torch.cat([one.flatten(2) for one in outputs], dim=2).transpose(1, 2)


def decode_boxes(values: Tensor, cells: Cells) -> Tensor:
    """Boxes (N, C, 4) as centre x, y, width, height in pixels."""
    centre = cells.middle + values[..., 1:3] * cells.stride[:, None]
    side = torch.exp(values[..., 3:5].clamp(-6, 6)) * cells.reference_px[:, None]
    return torch.cat([centre, side], dim=-1)


def assign(table: Tensor, cells: Cells) -> Tensor:
    """For a batch's boxes (N, M, 5) as in ``Pool``: the face of each cell (N, C), -1 none, -2 out of the loss."""
    centre, side, sign = table[..., :2] + table[..., 2:4] / 2, table[..., 2:4], table[..., 4]
    away = (cells.middle[None, :, None] - centre[:, None]).abs()  # (N, C, M, 2)
    off = (away / side[:, None].clamp(min=1e-3)).amax(dim=-1)
    size = side.prod(dim=-1).clamp(min=1e-6).sqrt()[:, None]  # (N, 1, M)
    low, high = cells.fits[:, :1], cells.fits[:, 1:]
    is_fit = (size >= low) & (size <= high)
    is_nearly = (size >= low / _NEARLY) & (size <= high * _NEARLY)
    is_own = away.amax(dim=-1) <= cells.stride[None, :, None] / 2  # the cell that holds the centre
    is_face, is_ignored = (sign > 0)[:, None], (sign < 0)[:, None]
    positive = is_face & is_fit & ((off <= _NEAR) | is_own)
    # Where faces overlap, the smaller one is in front of the choice: the larger has other cells.
    rank = torch.where(positive, size.expand_as(off), torch.inf)
    smallest, which = rank.min(dim=2)
    left_out = (is_face & is_nearly & ((off <= _AROUND) | is_own)) | (is_ignored & ((off <= 0.5) | is_own))
    return torch.where(smallest < torch.inf, which, torch.where(left_out.any(dim=2), -2, -1))


def loss(outputs: tuple[Tensor, ...], table: Tensor, cells: Cells) -> tuple[Tensor, Tensor]:
    """The loss of a batch, and beside it the mean overlap of the boxes that answer for a face."""
    values = flatten_outputs(outputs).float()
    chosen = assign(table, cells)
    is_positive = chosen >= 0
    picture, cell = torch.nonzero(is_positive, as_tuple=True)
    wanted = table[picture, chosen[picture, cell]]
    wanted = torch.cat([wanted[:, :2] + wanted[:, 2:4] / 2, wanted[:, 2:4]], dim=1)
    found = decode_boxes(values, cells)[picture, cell]
    overlap, general = paired_ious(found, wanted)
    target = torch.zeros_like(values[..., 0])
    target[picture, cell] = overlap.detach().clamp(0, 1)
    said = values[..., 0]
    cross = functional.binary_cross_entropy_with_logits(said, target, reduction="none")
    focal = cross * (torch.sigmoid(said) - target).abs() ** _FOCUS * (chosen != -2)
    count = is_positive.sum().clamp(min=1)
    corners = (_corners(found) - _corners(wanted)).abs() / wanted[:, 2:].repeat(1, 2)
    close = functional.smooth_l1_loss(corners, torch.zeros_like(corners), beta=0.05, reduction="none").sum(dim=1)
    total = focal.sum() / count + (1.5 * (1 - general) + close).sum() / count
    return total, overlap.detach().mean()


def _corners(boxes: Tensor) -> Tensor:
    return torch.cat([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], dim=1)


def paired_ious(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Intersection over union of pairs of boxes (P, 4), and its generalised form."""
    a, b = _corners(one), _corners(other)
    inner = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(dim=1)
    outer = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(dim=1).clamp(min=1e-6)
    union = (one[:, 2:].prod(dim=1) + other[:, 2:].prod(dim=1) - inner).clamp(min=1e-6)
    overlap = inner / union
    return overlap, overlap - (outer - union) / outer
