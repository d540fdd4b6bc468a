"""How restless the box is that the crop is cut by, beside the jitter that training puts on it:

    python -m overlays.clips.jitter --data ../shared/data --patches work/patches.npz --finder lookout

Held-out faces stand, and walk up, before the filmed walls. ``every frame`` is the finder's own box in each of them,
``followed`` what the daemon cuts by. A box is held against the true place: a steady offset does not count.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Detector, largest_face
from binarycop.detection.choose import make_detector
from binarycop.frames.base import Frame
from binarycop.geometry import Box
from binarycop.settings.faces import DetectorKind, FacesSettings
from binarycop.tracking.runner import SyncRunner
from binarycop.tracking.tracker import Tracker
from overlays.clips import people as cast
from overlays.clips.people import Person
from overlays.clips.render import COMES_S, RATE_HZ, Camera, Pixels, Walk, paste, wall
from overlays.synthesis.camera import DETECTOR_JITTER
from overlays.synthesis.faces import Split

_STANDS_S, _BEFORE_S = 2.0, 0.2
_CALM_PX = (1.0, 0.6)  # nobody stands quite still


@dataclass(frozen=True)
class BoxJitter:
    """Standard deviations, in box sides and, of the size, as a logarithm: around the true place, and per frame."""

    centre: float
    size: float
    centre_step: float
    size_step: float


@dataclass(frozen=True)
class Recording:
    """A person's frames, and for each the true centre x, y and side, in pixels."""

    frames: tuple[Pixels, ...]
    true: NDArray[np.float64]


def box_errors(boxes: Sequence[Box | None], true: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Each found box against the true place, (n, 3): x, y in sides and the size's logarithm; None for under five."""
    rows = [
        (
            (box.centre[0] - x) / side,
            (box.centre[1] - y) / side,
            np.log(max(box.width_px, box.height_px) / side),
        )
        for box, (x, y, side) in zip(boxes, true)
        if box is not None
    ]
    return np.array(rows) if len(rows) >= 5 else None


def pooled_jitter(errors: Sequence[NDArray[np.float64]]) -> BoxJitter:
    """Over several people, each around their own mean."""
    around = np.concatenate([one - one.mean(axis=0) for one in errors])
    steps = np.concatenate([np.diff(one, axis=0) for one in errors])
    centre, step = (float(np.sqrt(np.mean(many[:, :2] ** 2))) for many in (around, steps))
    return BoxJitter(centre, float(around[:, 2].std()), step, float(np.sqrt(np.mean(steps[:, 2] ** 2))))


def _filmed(person: Person, rng: np.random.Generator, *, walks: bool) -> Recording:
    camera, place = Camera.random(rng), wall(rng)
    walk = Walk.random(rng) if walks else replace(Walk.random(rng), sway_px=_CALM_PX)
    begin_s, stay_s = (0.0, COMES_S) if walks else (COMES_S, _STANDS_S)
    at_s = begin_s + np.arange(round(stay_s * RATE_HZ)) / RATE_HZ
    # Standing still at the gate, however long: the walk's own time ends there.
    side = walk.at(COMES_S)[2]
    true = [walk.at(one) if walks else (*_swayed(walk, one), side) for one in at_s]
    empty = [camera.take(place, rng) for _ in range(round(_BEFORE_S * RATE_HZ))]
    frames = [camera.take(paste(place, person, *one), rng) for one in true]
    return Recording((*empty, *frames), np.array([(np.nan,) * 3] * len(empty) + true))


def _swayed(walk: Walk, at_s: float) -> tuple[float, float]:
    turn = walk.phase + 2 * np.pi * walk.sway_hz * at_s
    return (
        float(walk.centre_px[0] + walk.sway_px[0] * np.sin(turn)),
        float(walk.centre_px[1] + walk.sway_px[1] * np.sin(2 * turn)),
    )


def _each_frame(finder: Detector, scene: Recording, settings: FacesSettings) -> list[Box | None]:
    faces = (largest_face(finder.detect(frame), settings.least_px) for frame in scene.frames)
    return [face.box if face else None for face in faces]


def _tracked(finder: Detector, scene: Recording, settings: FacesSettings) -> list[Box | None]:
    pursuit = Tracker(SyncRunner(finder), settings)
    sightings = [
        pursuit.step(Frame(pixels, number / RATE_HZ, number), number / RATE_HZ)
        for number, pixels in enumerate(scene.frames)
    ]
    return [one.box for one in sightings]


_WAYS: dict[str, Callable[[Detector, Recording, FacesSettings], list[Box | None]]] = {
    "every frame": _each_frame,
    "followed": _tracked,
}


def main() -> None:
    """Print both ways, standing and walking."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--patches", type=Path, required=True)
    parser.add_argument("--split", choices=[Split.VAL.value, Split.TEST.value], default=Split.VAL.value)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--finder", choices=[DetectorKind.LOOKOUT.value, DetectorKind.YUNET.value], default="lookout")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    settings = FacesSettings(finder=DetectorKind(arguments.finder))
    finder = make_detector(settings)
    crew = list(
        islice(cast.dressed_people(arguments.patches, arguments.data, Split(arguments.split), 7), arguments.people)
    )
    print(f"| {arguments.finder} | people | centre | size | centre, per frame | size, per frame |")
    print("|---|---:|---:|---:|---:|---:|")
    print(f"| training's jitter | – | {DETECTOR_JITTER.shift:.3f} | {DETECTOR_JITTER.scale:.3f} | – | – |")
    for walks in (False, True):
        scenes = [_filmed(one, np.random.default_rng([7, at]), walks=walks) for at, one in enumerate(crew)]
        for name, way in _WAYS.items():
            found = [box_errors(way(finder, scene, settings), scene.true) for scene in scenes]
            errors = [one for one in found if one is not None]
            it = pooled_jitter(errors)
            values = (it.centre, it.size, it.centre_step, it.size_step)
            who = "walking" if walks else "standing"
            print(f"| {who}, {name} | {len(errors)} | " + " | ".join(f"{one:.4f}" for one in values) + " |", flush=True)


if __name__ == "__main__":
    main()
