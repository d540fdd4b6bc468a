"""How well faces are followed without the finder, and what that costs, on drawn heads that move at random:

python -m overlays.clips.tracking_benchmark
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from binarycop.classes import MaskClass
from binarycop.geometry import Box
from binarycop.tracking import motion, template
from binarycop.tracking.low_res import subsample
from binarycop.tracking.motion import Motion
from overlays.clips.people import Person
from overlays.clips.render import Camera, Pixels, paste, wall
from overlays.synthesis.heads import drawn_scene

SIZE_PX = 160, 120
_SIDES_PX = (20.0, 56.0)


@dataclass(frozen=True)
class TrackingResult:
    """One face over some frames: how much its box and its true place share at the end, and the time per frame."""

    overlap: float
    frame_ms: float


def track_drawn_head(rng: np.random.Generator, frames: int, step_px: float) -> TrackingResult:
    """Follow a drawn head that moves by up to ``step_px`` in each frame. The time has shrinking and motion in it."""
    pixels, box = drawn_scene(rng, MaskClass(int(rng.integers(len(MaskClass)))))
    person, side = Person(pixels, box, MaskClass.CORRECT, "drawn"), float(rng.uniform(*_SIDES_PX))
    # All drawn before any is followed, so that the time is of following alone.
    (first, place), *seen = _walk(person, side, rng, frames, step_px)
    picture = template.extract(subsample(first), place)
    if picture is None:
        return TrackingResult(0.0, 0.0)
    state, begun_s = motion.step(Motion(), subsample(first), 0.0), time.perf_counter()
    for frame, _ in seen:
        small = subsample(frame)
        state = motion.step(state, small, 0.0)
        place = template.match(picture, small, place).box
    spent_s = time.perf_counter() - begun_s
    return TrackingResult(place.iou(seen[-1][1]), spent_s / frames * 1000)


def _walk(
    person: Person, side: float, rng: np.random.Generator, frames: int, step_px: float
) -> Iterator[tuple[Pixels, Box]]:
    camera = Camera.random(rng)
    place = np.asarray(cv2.resize(wall(rng), SIZE_PX, interpolation=cv2.INTER_AREA), np.uint8)
    scale = side / max(person.box.width_px, person.box.height_px)
    width, height = person.box.width_px * scale, person.box.height_px * scale
    low, high = np.array((width, height)) / 2, np.array(SIZE_PX) - np.array((width, height)) / 2
    x, y = rng.uniform(low, high)
    for _ in range(frames + 1):
        yield camera.take(paste(place, person, x, y, side), rng), Box(x - width / 2, y - height / 2, width, height)
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0, step_px)
        x, y = np.clip((x + far * np.cos(angle), y + far * np.sin(angle)), low, high)


def main() -> None:
    """Print how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=200)
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--step-px", type=float, default=8.0, help="the most that a face moves from frame to frame")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    done = [
        track_drawn_head(np.random.default_rng(seed), arguments.frames, arguments.step_px)
        for seed in range(arguments.faces)
    ]
    overlaps = np.array([one.overlap for one in done])
    width, height = SIZE_PX
    print(
        f"{len(done)} drawn faces, {arguments.frames} frames of {width}×{height}, {arguments.step_px:g} px each at most"
    )
    print(f"overlap at the end: median {np.median(overlaps):.3f}, 5 % below {np.percentile(overlaps, 5):.3f}")
    print(f"at least 0.9: {np.mean(overlaps >= 0.9):.3f} of them; lost (below 0.5): {np.mean(overlaps < 0.5):.3f}")
    print(f"per frame: median {np.median([one.frame_ms for one in done]):.3f} ms")


if __name__ == "__main__":
    main()
