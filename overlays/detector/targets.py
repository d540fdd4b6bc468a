"""Targets and loss of the proposal network: which cell must find which face.

At each stride that fits a face's size, the cells whose middle is near its centre must find it, and in any case the
cell that contains the centre. The loss ignores the cells around them, the strides that nearly fit, and ignored boxes.
The target of the confidence is the IoU of the cell's box with the face (Li et al. 2020, "Generalized Focal Loss"), so
the best cell gets the highest confidence. Boxes are trained with GIoU (Rezatofighi et al. 2019) and their corners.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from binarycop.detection.lookout.network import PROPOSAL

_FITTING_PX = ((15.0, 36.0), (28.0, 92.0), (72.0, 260.0))  # sides of a face, for each stride
_NEARLY = 1.35  # factor by which a face may be outside that range and is ignored
_POSITIVE_RADIUS, _IGNORED_RADIUS = 0.18, 0.38  # distance from the face's centre, in its sides
_FOCUS = 2.0  # exponent of the focal loss


@dataclass(frozen=True)
class Cells:
    """The C cells of all strides, in pixels: middle (C, 2), stride (C,), reference side (C,), fitting sides (C, 2)."""

    middle: Tensor
    stride: Tensor
    reference_px: Tensor
    fits: Tensor

    @staticmethod
    def of(height_px: int, width_px: int) -> "Cells":
        """The cells of a frame."""
        middles, strides, references_px, fits = [], [], [], []
        for head, fit in zip(PROPOSAL.heads, _FITTING_PX):
            rows, columns = height_px // head.stride_px, width_px // head.stride_px
            y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
            middles.append((torch.stack([x, y], dim=-1).reshape(-1, 2) + 0.5) * head.stride_px)
            strides.append(torch.full((rows * columns,), float(head.stride_px)))
            references_px.append(torch.full((rows * columns,), head.reference_px))
            fits.append(torch.tensor(fit).expand(rows * columns, 2))
        return Cells(*(torch.cat(parts) for parts in (middles, strides, references_px, fits)))

    def to(self, device: torch.device) -> "Cells":
        """The cells on another device."""
        return Cells(*(tensor.to(device) for tensor in vars(self).values()))


def flatten_outputs(outputs: tuple[Tensor, ...]) -> Tensor:
    """The outputs (N, 5, h, w) of all strides as (N, C, 5)."""
    return torch.cat([output.flatten(2) for output in outputs], dim=2).transpose(1, 2)


def decode_boxes(values: Tensor, cells: Cells) -> Tensor:
    """Boxes (N, C, 4) of raw outputs (N, C, 5): centre x and y, width, height, in pixels."""
    centre = cells.middle + values[..., 1:3] * cells.stride[:, None]
    side = torch.exp(values[..., 3:5].clamp(-6, 6)) * cells.reference_px[:, None]
    return torch.cat([centre, side], dim=-1)


def assign(table: Tensor, cells: Cells) -> Tensor:
    """The number of the face that each cell must find (N, C); -1 for none, -2 if the loss ignores the cell.

    table: the boxes of a batch (N, M, 5) as in ``SceneStore``.
    """
    centre, side, sign = table[..., :2] + table[..., 2:4] / 2, table[..., 2:4], table[..., 4]
    away = (cells.middle[None, :, None] - centre[:, None]).abs()  # (N, C, M, 2)
    off = (away / side[:, None].clamp(min=1e-3)).amax(dim=-1)
    size = side.prod(dim=-1).clamp(min=1e-6).sqrt()[:, None]  # (N, 1, M)
    low, high = cells.fits[:, :1], cells.fits[:, 1:]
    is_fit = (size >= low) & (size <= high)
    is_nearly = (size >= low / _NEARLY) & (size <= high * _NEARLY)
    is_own = away.amax(dim=-1) <= cells.stride[None, :, None] / 2  # the cell that contains the centre
    is_face, is_ignored = (sign > 0)[:, None], (sign < 0)[:, None]
    positive = is_face & is_fit & ((off <= _POSITIVE_RADIUS) | is_own)
    # If faces overlap, the cell takes the smaller one: the larger has other cells.
    rank = torch.where(positive, size.expand_as(off), torch.inf)
    smallest, which = rank.min(dim=2)
    is_ignored_cell = (is_face & is_nearly & ((off <= _IGNORED_RADIUS) | is_own)) | (
        is_ignored & ((off <= 0.5) | is_own)
    )
    return torch.where(smallest < torch.inf, which, torch.where(is_ignored_cell.any(dim=2), -2, -1))


def loss(outputs: tuple[Tensor, ...], table: Tensor, cells: Cells) -> tuple[Tensor, Tensor]:
    """The loss of a batch, and the mean IoU of the cells that must find a face."""
    values = flatten_outputs(outputs).float()
    chosen = assign(table, cells)
    is_positive = chosen >= 0
    picture, cell = torch.nonzero(is_positive, as_tuple=True)
    faces = table[picture, chosen[picture, cell]]
    wanted = torch.cat([faces[:, :2] + faces[:, 2:4] / 2, faces[:, 2:4]], dim=1)
    found = decode_boxes(values, cells)[picture, cell]
    iou, giou = paired_ious(found, wanted)
    target = torch.zeros_like(values[..., 0])
    target[picture, cell] = iou.detach().clamp(0, 1)
    confidence = values[..., 0]
    cross = functional.binary_cross_entropy_with_logits(confidence, target, reduction="none")
    focal = cross * (torch.sigmoid(confidence) - target).abs() ** _FOCUS * (chosen != -2)
    count = is_positive.sum().clamp(min=1)
    corners = (_corners(found) - _corners(wanted)).abs() / wanted[:, 2:].repeat(1, 2)
    close = functional.smooth_l1_loss(corners, torch.zeros_like(corners), beta=0.05, reduction="none").sum(dim=1)
    total = focal.sum() / count + (1.5 * (1 - giou) + close).sum() / count
    return total, iou.detach().mean()


def _corners(boxes: Tensor) -> Tensor:
    return torch.cat([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], dim=1)


def paired_ious(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU of pairs of boxes (P, 4) as in ``decode_boxes``."""
    a, b = _corners(first), _corners(second)
    inner = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(dim=1)
    outer = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(dim=1).clamp(min=1e-6)
    union = (first[:, 2:].prod(dim=1) + second[:, 2:].prod(dim=1) - inner).clamp(min=1e-6)
    iou = inner / union
    return iou, iou - (outer - union) / outer
