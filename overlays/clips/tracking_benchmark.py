"""Benchmark of template tracking: accuracy and time on drawn heads that move at random, without the detector.

python -m overlays.clips.tracking_benchmark
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from binarycop.classes import MaskClass
from binarycop.frames.low_res import subsample
from binarycop.geometry import Box
from binarycop.tracking import motion, template
from binarycop.tracking.motion import Motion
from overlays.clips.people import Person
from overlays.clips.render import Camera, Pixels, paste, wall
from overlays.command_line import make_parser
from overlays.synthesis.heads import drawn_scene

SIZE_PX = 160, 120
_SIDES_PX = (20.0, 56.0)


@dataclass(frozen=True)
class TrackingResult:
    """The result for one face. iou: of the tracked box and the true box in the last frame. frame_ms: mean time."""

    iou: float
    frame_ms: float


def track_drawn_head(rng: np.random.Generator, frames: int, step_px: float) -> TrackingResult:
    """Track a drawn head that moves by up to ``step_px`` in each frame. The time includes subsampling and motion."""
    pixels, head = drawn_scene(rng, MaskClass(int(rng.integers(len(MaskClass)))))
    person, side = Person(pixels, head, MaskClass.CORRECT, "drawn"), float(rng.uniform(*_SIDES_PX))
    # All frames are drawn first, so the time is for tracking only.
    (first, box), *rest = _walk(person, side, rng, frames, step_px)
    pattern = template.extract(subsample(first), box)
    if pattern is None:
        return TrackingResult(0.0, 0.0)
    state, started_s = motion.step(Motion(), subsample(first), 0.0), time.perf_counter()
    for frame, _ in rest:
        low_res = subsample(frame)
        state = motion.step(state, low_res, 0.0)
        box = template.match(pattern, low_res, box).box
    spent_s = time.perf_counter() - started_s
    return TrackingResult(box.iou(rest[-1][1]), spent_s / frames * 1000)


def _walk(
    person: Person, side: float, rng: np.random.Generator, frames: int, step_px: float
) -> Iterator[tuple[Pixels, Box]]:
    camera = Camera.random(rng)
    background = np.asarray(cv2.resize(wall(rng), SIZE_PX, interpolation=cv2.INTER_AREA), np.uint8)
    scale = side / max(person.box.width_px, person.box.height_px)
    width, height = person.box.width_px * scale, person.box.height_px * scale
    low, high = np.array((width, height)) / 2, np.array(SIZE_PX) - np.array((width, height)) / 2
    x, y = rng.uniform(low, high)
    for _ in range(frames + 1):
        yield camera.take(paste(background, person, x, y, side), rng), Box(x - width / 2, y - height / 2, width, height)
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0, step_px)
        x, y = np.clip((x + far * np.cos(angle), y + far * np.sin(angle)), low, high)


def main() -> None:
    """Print the results."""
    parser = make_parser(__doc__)
    parser.add_argument("--faces", type=int, default=200, help="number of faces (default: %(default)s)")
    parser.add_argument("--frames", type=int, default=10, help="frames of each face (default: %(default)s)")
    parser.add_argument(
        "--step-px", type=float, default=8.0, help="largest movement from frame to frame (default: %(default)s)"
    )
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    seeds = range(arguments.faces)
    results = [track_drawn_head(np.random.default_rng(seed), arguments.frames, arguments.step_px) for seed in seeds]
    ious = np.array([result.iou for result in results])
    width, height = SIZE_PX
    step = f"up to {arguments.step_px:g} px each"
    print(f"{len(results)} drawn faces, {arguments.frames} frames of {width}×{height}, {step}")
    print(f"IoU in the last frame: median {np.median(ious):.3f}, 5th percentile {np.percentile(ious, 5):.3f}")
    print(f"at least 0.9: {np.mean(ious >= 0.9):.3f} of the faces; lost (below 0.5): {np.mean(ious < 0.5):.3f}")
    print(f"time for a frame: median {np.median([result.frame_ms for result in results]):.3f} ms")


if __name__ == "__main__":
    main()
