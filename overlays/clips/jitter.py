"""Measure the jitter of the box that the daemon crops by, to compare it with the jitter in training.

    python -m overlays.clips.jitter --data ../shared/data --patches work/patches.npz --finder lookout

Held-out faces stand, or approach, in front of the walls of the clips. ``every frame`` is the detector's box in each
frame, ``tracked`` the tracker's box, which the daemon uses. Jitter is relative to the true position; a constant offset
does not count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import SMALLEST_FACE_PX, Detector, largest_face
from binarycop.detection.choose import make_detector
from binarycop.frames.base import Frame
from binarycop.geometry import Box
from binarycop.settings.faces import DetectorKind, FacesSettings
from binarycop.tracking.runner import SyncRunner
from binarycop.tracking.tracker import Tracker
from overlays.clips import people as cast
from overlays.clips.people import Person
from overlays.clips.render import COMES_S, RATE_HZ, Camera, Pixels, Walk, paste, wall
from overlays.command_line import add_data_option, add_patches_option, make_parser
from overlays.synthesis.camera import LOOKOUT_JITTER
from overlays.synthesis.faces import Split

_STANDS_S, _BEFORE_S = 2.0, 0.2
_STANDING_SWAY_PX = (1.0, 0.6)


@dataclass(frozen=True)
class BoxJitter:
    """The jitter of a box, as standard deviations.

    centre: in box sides. size: of the logarithm of the size. centre_step, size_step: of the change from frame to frame.
    """

    centre: float
    size: float
    centre_step: float
    size_step: float


@dataclass(frozen=True)
class Recording:
    """The frames of one person, and for each the true centre x and y and side, in pixels."""

    frames: tuple[Pixels, ...]
    true: NDArray[np.float64]


def box_errors(boxes: Sequence[Box | None], true: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The error of each found box, (n, 3): x and y in box sides, logarithm of the size; None for fewer than five."""
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
    """The jitter of several people, each relative to their own mean error."""
    around = np.concatenate([of_person - of_person.mean(axis=0) for of_person in errors])
    steps = np.concatenate([np.diff(of_person, axis=0) for of_person in errors])
    centre, step = (float(np.sqrt(np.mean(many[:, :2] ** 2))) for many in (around, steps))
    return BoxJitter(centre, float(around[:, 2].std()), step, float(np.sqrt(np.mean(steps[:, 2] ** 2))))


def _record(person: Person, rng: np.random.Generator, *, walks: bool) -> Recording:
    camera, background = Camera.random(rng), wall(rng)
    walk = Walk.random(rng) if walks else replace(Walk.random(rng), sway_px=_STANDING_SWAY_PX)
    begin_s, stay_s = (0.0, COMES_S) if walks else (COMES_S, _STANDS_S)
    at_s = begin_s + np.arange(round(stay_s * RATE_HZ)) / RATE_HZ
    # Somebody who stands stays at the gate for the whole recording.
    side = walk.at(COMES_S)[2]
    true = [walk.at(time_s) if walks else (*_swayed(walk, time_s), side) for time_s in at_s]
    empty = [camera.take(background, rng) for _ in range(round(_BEFORE_S * RATE_HZ))]
    frames = [camera.take(paste(background, person, *position), rng) for position in true]
    return Recording((*empty, *frames), np.array([(np.nan,) * 3] * len(empty) + true))


def _swayed(walk: Walk, at_s: float) -> tuple[float, float]:
    turn = walk.phase + 2 * np.pi * walk.sway_hz * at_s
    return (
        float(walk.centre_px[0] + walk.sway_px[0] * np.sin(turn)),
        float(walk.centre_px[1] + walk.sway_px[1] * np.sin(2 * turn)),
    )


def _each_frame(detector: Detector, recording: Recording, settings: FacesSettings) -> list[Box | None]:
    faces = (largest_face(detector.detect(frame), SMALLEST_FACE_PX) for frame in recording.frames)
    return [face.box if face else None for face in faces]


def _tracked(detector: Detector, recording: Recording, settings: FacesSettings) -> list[Box | None]:
    tracker = Tracker(SyncRunner(detector), settings)
    states = [
        tracker.step(Frame(pixels, number / RATE_HZ, number), number / RATE_HZ)
        for number, pixels in enumerate(recording.frames)
    ]
    return [state.box for state in states]


_METHODS: dict[str, Callable[[Detector, Recording, FacesSettings], list[Box | None]]] = {
    "every frame": _each_frame,
    "tracked": _tracked,
}


def main() -> None:
    """Print the jitter of both methods, standing and walking."""
    parser = make_parser(__doc__)
    add_data_option(parser)
    add_patches_option(parser)
    parser.add_argument("--split", choices=[Split.VAL.value, Split.TEST.value], default=Split.VAL.value)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--finder", choices=[DetectorKind.LOOKOUT.value, DetectorKind.YUNET.value], default="lookout")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    settings = FacesSettings(finder=DetectorKind(arguments.finder))
    detector = make_detector(settings)
    crew = list(
        islice(cast.dressed_people(arguments.patches, arguments.data, Split(arguments.split), 7), arguments.people)
    )
    print(f"| {arguments.finder} | people | centre | size | centre, per frame | size, per frame |")
    print("|---|---:|---:|---:|---:|---:|")
    print(f"| in training | – | {LOOKOUT_JITTER.shift:.3f} | {LOOKOUT_JITTER.scale:.3f} | – | – |")
    for walks in (False, True):
        recordings = [_record(person, np.random.default_rng([7, at]), walks=walks) for at, person in enumerate(crew)]
        for name, method in _METHODS.items():
            found = [box_errors(method(detector, recording, settings), recording.true) for recording in recordings]
            errors = [of_person for of_person in found if of_person is not None]
            jitter = pooled_jitter(errors)
            values = (jitter.centre, jitter.size, jitter.centre_step, jitter.size_step)
            who = "walking" if walks else "standing"
            print(
                f"| {who}, {name} | {len(errors)} | " + " | ".join(f"{value:.4f}" for value in values) + " |",
                flush=True,
            )


if __name__ == "__main__":
    main()
