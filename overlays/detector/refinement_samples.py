"""What the inspection learns from: squares of scenes, around faces and around what the survey takes for one."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

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
_SAME, _APART = 0.35, 0.15  # overlap with a face from which it is meant, and below which nobody is there
_SHAKEN = 0.05, 0.08  # how far a square is off, in sides of the face and of its logarithm
_FAR = 0.14, 0.2  # the same around faces themselves
_SUREST, _OTHERS = 5, 4  # of a frame's places, so many are taken
_LEAST_PX, _MOST_PX = 14.0, 170.0
_TURNED_DEG, _GROWN, _SHIFTED = 9.0, 0.1, 0.05  # each time that a square is learned from
_ODD = 0.15, 0.08, 0.07, 0.05, 0.1, 0.05  # of squares with nobody: two, four, eight parts alike, tiles, lying, headlong
_FRAME_MOST = 0.3  # of the square's side; the face in its middle is hardly touched
_CENTRE_SHARE = 4.0  # of the box's loss beside that of the confidence

Propose = Callable[[NDArray[np.uint8]], NDArray[np.float64]]
"""From a frame (H, W, 3) to the places (N, 5) that a survey of low threshold sees, the surest first."""


@dataclass(frozen=True)
class RefinementSamples:
    """pixels: (N, 48, 48, 3) uint8 BGR. wanted: (N, 5) float32, 1 for a face and 0 for none, offsets and sizes."""

    pixels: NDArray[np.uint8]
    wanted: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.wanted)

    def batch(self, chosen: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """See ``Lesson.batch``: each time moved, mirrored, in other light, and now and then partly covered or
        beyond a frame's edge; where nobody is, sometimes made symmetric or turned on its side.
        """
        pixels = torch.from_numpy(self.pixels[chosen.numpy()]).permute(0, 3, 1, 2).float()
        wanted = torch.from_numpy(self.wanted[chosen.numpy()])
        pixels = _made_symmetric(pixels, wanted[:, 0] == BACKGROUND, random)
        pixels, wanted = _moved(pixels, wanted, random)
        pixels = _framed(_covered(_lit(pixels, random), random), random)
        return pixels.clamp_(0, 255).bfloat16().contiguous(memory_format=torch.channels_last), wanted

    def loss(self, outputs: tuple[Tensor, ...], wanted: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Lesson.loss``."""
        said = outputs[0].flatten(1).float()
        cross = functional.binary_cross_entropy_with_logits(said[:, 0], wanted[:, 0])
        is_face = wanted[:, 0] > 0
        off = functional.smooth_l1_loss(said[is_face, 1:], wanted[is_face, 1:], beta=0.03, reduction="none")
        return cross + _CENTRE_SHARE * off.mean() if is_face.any() else cross, _overlap(said[is_face], wanted[is_face])


def cut_all(pool: SceneStore, places: Propose, seed: int) -> RefinementSamples:
    """Squares of all scenes."""
    pixels, wanted = [], []
    for number in range(len(pool)):
        frame = pool.frames(np.array([number]))[0]
        cut, said = cut_frame(frame, pool.boxes[number], places(frame), np.random.default_rng([seed, number]))
        pixels.append(cut)
        wanted.append(said)
    return RefinementSamples(np.concatenate(pixels), np.concatenate(wanted))


def cut_frame(
    frame: NDArray[np.uint8],
    table: NDArray[np.float32],
    likely: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Of one frame. table: its boxes as in ``Pool`` (M, 5). likely: the survey's places (N, 5), the surest first."""
    known = table[table[:, 4] != 0].astype(np.float64)
    faces = known[known[:, 4] > 0, :4]
    others = likely[_SUREST:]
    others = others[rng.permutation(len(others))[:_OTHERS]]
    tried = [_shaken(row[:4], *_SHAKEN, rng) for row in (*likely[:_SUREST], *others)]
    tried += [_shaken(row, *_FAR, rng) for row in faces[:6]]
    tried.append(_anywhere(frame.shape[0], frame.shape[1], rng))
    pixels, wanted = [], []
    for box in tried:
        sign, face = match_face(box, known)
        if sign == IGNORED:
            continue
        place = Roi.around(box.tolist())
        pixels.append(place.cut(frame))
        wanted.append(np.concatenate([[sign], np.zeros(4) if face is None else place.encode(face.tolist())]))
    return (
        np.array(pixels, np.uint8).reshape(-1, ROI_PX, ROI_PX, 3),
        np.array(wanted, np.float32).reshape(-1, 5),
    )


def match_face(box: NDArray[np.float64], table: NDArray[np.float64]) -> tuple[float, NDArray[np.float64] | None]:
    """Whether a box (4,) is a face, and which (4,), of a frame's boxes (M, 5)."""
    if not len(table):
        return BACKGROUND, None
    shared = _overlaps(box, table[:, :4])
    is_face = table[:, 4] > 0
    best = int(np.argmax(np.where(is_face, shared, -1.0)))
    if is_face[best] and shared[best] >= _SAME and shared[best] >= shared.max():
        return FACE, table[best, :4]
    return (IGNORED if shared.max() >= _APART else BACKGROUND), None


def _made_symmetric(pixels: Tensor, is_nobody: Tensor, random: torch.Generator) -> Tensor:
    """Of squares with nobody, half as they never were: symmetric as arches and ornaments are, in tiles, or lying.

    What was taken for a face had an axis in its middle more often than not.
    """
    chance = torch.where(is_nobody, torch.rand(len(pixels), generator=random), 1.0)[:, None, None, None]
    at = torch.arange(pixels.shape[3])
    is_first = at < len(at) // 2

    def mirrored(frames: Tensor) -> Tensor:
        return torch.where(is_first, frames, frames.flip(3))

    def rosette(frames: Tensor) -> Tensor:
        across = mirrored(frames)
        return torch.where(is_first[:, None], across, across.flip(2))

    odd = (
        mirrored(pixels),
        rosette(pixels),
        rosette(torch.where(at[:, None] < at, pixels, pixels.transpose(2, 3))),
        pixels[:, :, ::2, ::2].repeat(1, 1, 2, 2),
        pixels.transpose(2, 3),
        pixels.flip(2),
    )
    bounds = list(accumulate(_ODD, initial=0.0))
    for low, high, made in zip(bounds, bounds[1:], odd):
        pixels = torch.where((low <= chance) & (chance < high), made, pixels)
    return pixels


def _moved(pixels: Tensor, wanted: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Squares turned, moved, scaled and mirrored, their edges repeated, and where their faces are then."""
    count = len(pixels)
    turn = torch.deg2rad(_TURNED_DEG * torch.randn(count, generator=random))
    growth = _GROWN * torch.randn(count, generator=random)
    shift = _SHIFTED * torch.randn((count, 2), generator=random)
    mirror = torch.where(torch.rand(count, generator=random) < 0.5, -1.0, 1.0)
    # Where a point of the square comes from, as sides of the face's usual size from the middle.
    scale = torch.exp(-growth)
    cosine, sine = torch.cos(turn) * scale, torch.sin(turn) * scale
    back = torch.stack([torch.stack([cosine * mirror, sine * mirror], 1), torch.stack([-sine, cosine], 1)], 1)
    origin = -(back @ shift[:, :, None])
    # grid_sample counts in half sides of the square, which is twice the face's.
    grid = functional.affine_grid(torch.cat([back, origin], 2), list(pixels.shape), align_corners=False)
    pixels = functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    moved = wanted.clone()
    centre = torch.linalg.solve(back, wanted[:, 1:3, None] - origin)[:, :, 0]
    moved[:, 1:3] = torch.where(wanted[:, :1] > 0, centre, 0.0)
    moved[:, 3:] = torch.where(wanted[:, :1] > 0, wanted[:, 3:] + growth[:, None], 0.0)
    return pixels, moved


def _lit(pixels: Tensor, random: torch.Generator) -> Tensor:
    """Other light, colours, contrast, noise and blur."""

    def each(*more: int) -> Tensor:
        return torch.randn((len(pixels), *more, 1, 1), generator=random)

    def some(share: float) -> Tensor:
        return torch.rand((len(pixels), 1, 1, 1), generator=random) < share

    pixels = pixels * torch.exp(0.1 * each(3) + 0.15 * each(1))
    middle = pixels.mean(dim=(2, 3), keepdim=True)
    pixels = (pixels - middle) * torch.exp(0.2 * each(1)) + middle + 8 * each(1)
    pixels = torch.where(some(0.1), pixels.mean(dim=1, keepdim=True), pixels)
    pixels = torch.where(some(0.15), functional.avg_pool2d(pixels, 3, 1, 1, count_include_pad=False), pixels)
    # One field of noise, begun elsewhere for each square: to make that many normal values takes longer than to learn.
    field = torch.randn(2 * pixels[0].numel(), generator=random)
    begin = torch.randint(pixels[0].numel(), (len(pixels),), generator=random).tolist()
    noise = torch.stack([field[at : at + pixels[0].numel()].view_as(pixels[0]) for at in begin])
    return pixels + 6 * each(1).abs() * noise


def _covered(pixels: Tensor, random: torch.Generator) -> Tensor:
    """A quarter of them with a piece of another square laid over."""
    count, side = len(pixels), pixels.shape[2]
    size = (torch.rand((count, 2), generator=random) * 0.3 + 0.1) * side
    size = torch.where(torch.rand((count, 1), generator=random) < 0.25, size, 0.0)
    corner = torch.rand((count, 2), generator=random) * side * 0.9
    return torch.where(_within(corner, corner + size, side), pixels.roll(1, 0).roll(side // 3, 3), pixels)


def _framed(pixels: Tensor, random: torch.Generator) -> Tensor:
    """A sixth of them black from somewhere on, as beyond the edge of a frame, which says nothing of a face."""
    count, side = len(pixels), pixels.shape[2]
    edges = torch.rand((4, count), generator=random) * side * _FRAME_MOST
    edges = torch.where(torch.rand((4, count), generator=random) < 0.5, edges, 0.0)
    edges = torch.where(torch.rand(count, generator=random) < 1 / 6, edges, 0.0)
    return torch.where(_within(edges[::2].T, side - edges[1::2].T, side), pixels, 0.0)


def _within(low: Tensor, high: Tensor, side: int) -> Tensor:
    """Which pixels lie in each square's rectangle, (N, 1, side, side); low, high: (N, 2), row and column."""
    at = torch.arange(side)[:, None]
    inside = (at >= low[:, None]) & (at < high[:, None])
    return (inside[:, :, None, 0] & inside[:, None, :, 1])[:, None]


def _shaken(box: NDArray[np.float64], shift: float, growth: float, rng: np.random.Generator) -> NDArray[np.float64]:
    sides = box[2:4] * np.exp(rng.normal(0, growth))
    centre = box[:2] + box[2:4] / 2 + rng.normal(0, shift, 2) * box[2:4].max()
    return np.concatenate([centre - sides / 2, sides])


def _anywhere(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float64]:
    side = log_uniform(rng, _LEAST_PX, _MOST_PX)
    return np.array([rng.uniform(0, width) - side / 2, rng.uniform(0, height) - side / 2, side, side])


def _overlaps(one: NDArray[np.float64], many: NDArray[np.float64]) -> NDArray[np.float64]:
    inner = intersection_px(one, many)
    return np.asarray(inner / (one[2:4].prod() + many[:, 2:4].prod(axis=1) - inner))


def _overlap(said: Tensor, wanted: Tensor) -> Tensor:
    """The mean intersection over union of boxes (P, 5) in the network's words."""
    if not len(said):
        return torch.zeros(())
    one, other = (torch.cat([rows[:, 1:3], torch.exp(rows[:, 3:].clamp(-2, 2))], dim=1) for rows in (said, wanted))
    return paired_ious(one.detach(), other)[0].mean()
