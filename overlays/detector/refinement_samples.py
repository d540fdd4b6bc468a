"""Training samples of the refinement network: squares cut from scenes, around faces and around proposals."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from binarycop.detection.lookout.decode import intersection_px
from binarycop.detection.lookout.network import ROI_PX
from binarycop.detection.lookout.refinement import Roi
from overlays.detector.backgrounds import log_uniform
from overlays.detector.sample_store import SceneStore
from overlays.detector.targets import paired_ious

FACE, IGNORED, BACKGROUND = 1.0, -1.0, 0.0
_FACE_IOU, _BACKGROUND_IOU = 0.35, 0.15  # from the first on a square shows a face, below the second background
# Standard deviations of a square's position, in sides, and of the logarithm of its size.
_PROPOSAL_JITTER = 0.05, 0.08
_FACE_JITTER = 0.14, 0.2
_BEST_PROPOSALS, _OTHER_PROPOSALS = 5, 4  # taken from each frame
_MIN_PX, _MAX_PX = 14.0, 170.0
_EMPTY_SCALES, _EMPTY_REPEATS = (1.0, 0.75, 0.5), 3
_ROTATION_DEG, _GROWTH, _SHIFT = 9.0, 0.1, 0.05  # standard deviations of the augmentation in each batch
# Shares of background squares that are changed: mirrored into 2, 4 and 8 equal parts, tiled, transposed, upside down.
_SYMMETRY_SHARES = 0.15, 0.08, 0.07, 0.05, 0.1, 0.05
_MAX_BORDER = 0.3  # of the square's side, so the face in the middle stays visible
_BOX_LOSS_WEIGHT = 4.0

Propose = Callable[[NDArray[np.uint8]], NDArray[np.float64]]
"""From a frame (H, W, 3) to the proposals (N, 5) of a detector with a low threshold, best first."""


@dataclass(frozen=True)
class RefinementSamples:
    """N squares as a ``TrainingTask``.

    pixels: (N, 48, 48, 3) uint8 BGR. targets: (N, 5) float32: 1 for a face or 0 for none, then the box in the
    form of ``Roi.encode``.
    """

    pixels: NDArray[np.uint8]
    targets: NDArray[np.float32]

    @staticmethod
    def joined(*parts: "RefinementSamples") -> "RefinementSamples":
        """All squares of several parts, in order."""
        return RefinementSamples(
            np.concatenate([part.pixels for part in parts]), np.concatenate([part.targets for part in parts])
        )

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, chosen: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """See ``TrainingTask.batch``. Squares are augmented at random.

        They are moved, mirrored and lit differently; some are partly covered or cut by a frame's edge. Background
        squares are sometimes made symmetric or turned.
        """
        pixels = torch.from_numpy(self.pixels[chosen.numpy()]).permute(0, 3, 1, 2).float().contiguous()
        targets = torch.from_numpy(self.targets[chosen.numpy()])
        pixels = _made_symmetric(pixels, targets[:, 0] == BACKGROUND, random)
        pixels, targets = _moved(pixels, targets, random)
        pixels = _framed(_covered(_lit(pixels, random), random), random)
        return pixels.clamp_(0, 255).bfloat16().contiguous(memory_format=torch.channels_last), targets

    def loss(self, outputs: tuple[Tensor, ...], targets: Tensor) -> tuple[Tensor, Tensor]:
        """See ``TrainingTask.loss``."""
        values = outputs[0].flatten(1).float()
        confidence = functional.binary_cross_entropy_with_logits(values[:, 0], targets[:, 0])
        is_face = targets[:, 0] > 0
        found, wanted = values[is_face], targets[is_face]
        box = functional.smooth_l1_loss(found[:, 1:], wanted[:, 1:], beta=0.03, reduction="none")
        return confidence + _BOX_LOSS_WEIGHT * box.mean() if is_face.any() else confidence, _mean_iou(found, wanted)


def cut_all(store: SceneStore, propose: Propose, seed: int) -> RefinementSamples:
    """The squares of all scenes of a store."""
    pixels, targets = [], []
    for number in range(len(store)):
        frame = store.frames(np.array([number]))[0]
        rng = np.random.default_rng([seed, number])
        of_frame = cut_frame(frame, store.boxes[number], propose(frame), rng)
        pixels.append(of_frame[0])
        targets.append(of_frame[1])
    return RefinementSamples(np.concatenate(pixels), np.concatenate(targets))


def cut_empty(pictures: Iterable[NDArray[np.uint8]], propose: Propose, seed: int) -> RefinementSamples:
    """The squares around proposals in pictures without people, at three sizes, each three times with a small shift."""
    pixels = []
    for number, picture in enumerate(pictures):
        rng = np.random.default_rng([seed, number])
        for scale in _EMPTY_SCALES:
            frame = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
            for row in propose(frame):
                for _ in range(_EMPTY_REPEATS):
                    pixels.append(Roi.around(_jittered(row[:4], *_PROPOSAL_JITTER, rng).tolist()).cut(frame))
    return RefinementSamples(
        np.array(pixels, np.uint8).reshape(-1, ROI_PX, ROI_PX, 3), np.zeros((len(pixels), 5), np.float32)
    )


def cut_frame(
    frame: NDArray[np.uint8],
    table: NDArray[np.float32],
    proposals: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The squares of one frame and their targets, as in ``RefinementSamples``.

    table: the frame's boxes (M, 5) as in ``SceneStore``. proposals: (N, 5), best first.
    """
    known = table[table[:, 4] != 0].astype(np.float64)
    faces = known[known[:, 4] > 0, :4]
    others = proposals[_BEST_PROPOSALS:]
    others = others[rng.permutation(len(others))[:_OTHER_PROPOSALS]]
    tried = [_jittered(row[:4], *_PROPOSAL_JITTER, rng) for row in (*proposals[:_BEST_PROPOSALS], *others)]
    tried += [_jittered(row, *_FACE_JITTER, rng) for row in faces[:6]]
    tried.append(_random_box(frame.shape[0], frame.shape[1], rng))
    pixels, targets = [], []
    for box in tried:
        sign, face = match_face(box, known)
        if sign == IGNORED:
            continue
        roi = Roi.around(box.tolist())
        pixels.append(roi.cut(frame))
        targets.append(np.concatenate([[sign], np.zeros(4) if face is None else roi.encode(face.tolist())]))
    return (
        np.array(pixels, np.uint8).reshape(-1, ROI_PX, ROI_PX, 3),
        np.array(targets, np.float32).reshape(-1, 5),
    )


def match_face(box: NDArray[np.float64], table: NDArray[np.float64]) -> tuple[float, NDArray[np.float64] | None]:
    """Whether a box (4,) shows a face (``FACE``, ``IGNORED`` or ``BACKGROUND``), and the box of that face (4,).

    table: the frame's boxes (M, 5) as in ``SceneStore``.
    """
    if not len(table):
        return BACKGROUND, None
    ious = _ious(box, table[:, :4])
    is_face = table[:, 4] > 0
    best = int(np.argmax(np.where(is_face, ious, -1.0)))
    if is_face[best] and ious[best] >= _FACE_IOU and ious[best] >= ious.max():
        return FACE, table[best, :4]
    return (IGNORED if ious.max() >= _BACKGROUND_IOU else BACKGROUND), None


def _made_symmetric(pixels: Tensor, is_background: Tensor, random: torch.Generator) -> Tensor:
    """Half of the background squares made symmetric like arches and ornaments, tiled, or turned.

    Most false detections have an axis of symmetry in their middle.
    """
    chance = torch.where(is_background, torch.rand(len(pixels), generator=random), 1.0)
    at = torch.arange(pixels.shape[3])
    is_first = at < len(at) // 2

    def mirrored(frames: Tensor) -> Tensor:
        return torch.where(is_first, frames, frames.flip(3))

    def rosette(frames: Tensor) -> Tensor:
        across = mirrored(frames)
        return torch.where(is_first[:, None], across, across.flip(2))

    def star(frames: Tensor) -> Tensor:
        return rosette(torch.where(at[:, None] < at, frames, frames.transpose(2, 3)))

    def tiled(frames: Tensor) -> Tensor:
        return frames[:, :, ::2, ::2].repeat(1, 1, 2, 2)

    def transposed(frames: Tensor) -> Tensor:
        return frames.transpose(2, 3)

    def upside_down(frames: Tensor) -> Tensor:
        return frames.flip(2)

    changed = pixels.clone()
    bounds = list(accumulate(_SYMMETRY_SHARES, initial=0.0))
    for low, high, change in zip(bounds, bounds[1:], (mirrored, rosette, star, tiled, transposed, upside_down)):
        chosen = torch.nonzero((low <= chance) & (chance < high))[:, 0]
        changed[chosen] = change(pixels[chosen])
    return changed


def _moved(pixels: Tensor, targets: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Squares rotated, moved, scaled and mirrored, with repeated edges, and their new targets."""
    count = len(pixels)
    turn = torch.deg2rad(_ROTATION_DEG * torch.randn(count, generator=random))
    growth = _GROWTH * torch.randn(count, generator=random)
    shift = _SHIFT * torch.randn((count, 2), generator=random)
    mirror = torch.where(torch.rand(count, generator=random) < 0.5, -1.0, 1.0)
    # The map from a point of the new square to the old one, in sides of the reference face, from the middle.
    scale = torch.exp(-growth)
    cosine, sine = torch.cos(turn) * scale, torch.sin(turn) * scale
    back = torch.stack([torch.stack([cosine * mirror, sine * mirror], 1), torch.stack([-sine, cosine], 1)], 1)
    origin = -(back @ shift[:, :, None])
    # grid_sample uses half sides of the square, which equal one side of the reference face.
    grid = functional.affine_grid(torch.cat([back, origin], 2), list(pixels.shape), align_corners=False)
    pixels = functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    moved = targets.clone()
    centre = torch.linalg.solve(back, targets[:, 1:3, None] - origin)[:, :, 0]
    moved[:, 1:3] = torch.where(targets[:, :1] > 0, centre, 0.0)
    moved[:, 3:] = torch.where(targets[:, :1] > 0, targets[:, 3:] + growth[:, None], 0.0)
    return pixels, moved


def _lit(pixels: Tensor, random: torch.Generator) -> Tensor:
    """Squares with other light, colours, contrast, noise and blur."""

    def each(*more: int) -> Tensor:
        return torch.randn((len(pixels), *more, 1, 1), generator=random)

    def some(share: float) -> Tensor:
        return torch.rand((len(pixels), 1, 1, 1), generator=random) < share

    pixels = pixels * torch.exp(0.1 * each(3) + 0.15 * each(1))
    middle = pixels.mean(dim=(2, 3), keepdim=True)
    pixels = (pixels - middle) * torch.exp(0.2 * each(1)) + middle + 8 * each(1)
    pixels = torch.where(some(0.1), pixels.mean(dim=1, keepdim=True), pixels)
    blurred = torch.nonzero(some(0.15)[:, 0, 0, 0])[:, 0]
    pixels[blurred] = functional.avg_pool2d(pixels[blurred], 3, 1, 1, count_include_pad=False)
    # One field of noise, with a random offset for each square: new noise for each would take longer than training.
    field = torch.randn(2 * pixels[0].numel(), generator=random)
    begin = torch.randint(pixels[0].numel(), (len(pixels),), generator=random).tolist()
    noise = torch.stack([field[at : at + pixels[0].numel()].view_as(pixels[0]) for at in begin])
    return pixels + 6 * each(1).abs() * noise


def _covered(pixels: Tensor, random: torch.Generator) -> Tensor:
    """Squares, a quarter of them partly covered with a piece of another square."""
    count, side = len(pixels), pixels.shape[2]
    size = (torch.rand((count, 2), generator=random) * 0.3 + 0.1) * side
    size = torch.where(torch.rand((count, 1), generator=random) < 0.25, size, 0.0)
    corner = torch.rand((count, 2), generator=random) * side * 0.9
    return torch.where(_within(corner, corner + size, side), pixels.roll(1, 0).roll(side // 3, 3), pixels)


def _framed(pixels: Tensor, random: torch.Generator) -> Tensor:
    """Squares, a sixth of them with black borders, as at the edge of a frame: a border must not be a sign of a face."""
    count, side = len(pixels), pixels.shape[2]
    edges = torch.rand((4, count), generator=random) * side * _MAX_BORDER
    edges = torch.where(torch.rand((4, count), generator=random) < 0.5, edges, 0.0)
    edges = torch.where(torch.rand(count, generator=random) < 1 / 6, edges, 0.0)
    return torch.where(_within(edges[::2].T, side - edges[1::2].T, side), pixels, 0.0)


def _within(low: Tensor, high: Tensor, side: int) -> Tensor:
    """Which pixels lie in the rectangle of each square, (N, 1, side, side). low, high: (N, 2), row and column."""
    at = torch.arange(side)[:, None]
    inside = (at >= low[:, None]) & (at < high[:, None])
    return (inside[:, :, None, 0] & inside[:, None, :, 1])[:, None]


def _jittered(box: NDArray[np.float64], shift: float, growth: float, rng: np.random.Generator) -> NDArray[np.float64]:
    sides = box[2:4] * np.exp(rng.normal(0, growth))
    centre = box[:2] + box[2:4] / 2 + rng.normal(0, shift, 2) * box[2:4].max()
    return np.concatenate([centre - sides / 2, sides])


def _random_box(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float64]:
    side = log_uniform(rng, _MIN_PX, _MAX_PX)
    return np.array([rng.uniform(0, width) - side / 2, rng.uniform(0, height) - side / 2, side, side])


def _ious(box: NDArray[np.float64], many: NDArray[np.float64]) -> NDArray[np.float64]:
    inner = intersection_px(box, many)
    return np.asarray(inner / (box[2:4].prod() + many[:, 2:4].prod(axis=1) - inner))


def _mean_iou(found: Tensor, wanted: Tensor) -> Tensor:
    """The mean IoU of pairs of encoded boxes (P, 5)."""
    if not len(found):
        return torch.zeros(())
    boxes = [torch.cat([rows[:, 1:3], torch.exp(rows[:, 3:].clamp(-2, 2))], dim=1) for rows in (found, wanted)]
    return paired_ious(boxes[0].detach(), boxes[1])[0].mean()
