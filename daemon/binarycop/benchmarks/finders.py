"""``finders``: how long the detectors take for a drawn frame, by its size and the library that runs them."""

import time
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.benchmarks.figures import Figure, Part, summary
from binarycop.benchmarks.steps import OnProgress, silent, steps
from binarycop.detection.base import Detector
from binarycop.detection.choose import make_detector
from binarycop.errors import DetectorError
from binarycop.evaluation.haar import Haar
from binarycop.evaluation.one_thread import one_opencv_thread
from binarycop.frames import drawing
from binarycop.settings.faces import DetectorKind, EngineKind, FacesSettings, LookoutSettings

NAME, REFERENCE = "finders", "yunet"
SIZES_PX = ((320, 240), (160, 120))
_WARM_UP, _TURN = 2, 5  # frames of one detector before the next one has its turn
_FACE = 0.45  # of the frame's height, as of somebody at the gate


def measure_finders(rounds: int, on_progress: OnProgress = silent) -> Part:
    """Time every detector that is available on the same frames, in alternating turns, on one thread."""
    detectors, notes = _detectors()
    figures: list[Figure] = []
    with one_opencv_thread():
        for width_px, height_px in steps(SIZES_PX, on_progress):
            for people, words in ((1, "one face"), (0, "nobody")):
                times_ms = _times_ms(detectors, _frames(width_px, height_px, people), rounds)
                group = f"{width_px}×{height_px}, {words}"
                figures += [summary(group, name, "a frame", "ms", times) for name, times in times_ms.items()]
    return Part(NAME, tuple(figures), REFERENCE, notes=tuple(notes))


def _detectors() -> tuple[dict[str, Detector], list[str]]:
    """The detectors by name, and those that are left out, with the reasons."""
    makers: dict[str, Callable[[], Detector]] = {
        **{f"lookout on {kind.value}": _lookout_of(kind) for kind in (EngineKind.OPENCV, EngineKind.NCNN)},
        REFERENCE: lambda: make_detector(FacesSettings(finder=DetectorKind.YUNET)),
        Haar.name: Haar,
    }
    detectors, notes = dict[str, Detector](), []
    for name, make in makers.items():
        try:
            detectors[name] = make()
        except DetectorError as error:
            notes.append(f"{name}: {error}")
    return detectors, notes


def _lookout_of(kind: EngineKind) -> Callable[[], Detector]:
    lookout = replace(LookoutSettings(), engine=kind)
    return lambda: make_detector(FacesSettings(finder=DetectorKind.LOOKOUT, lookout=lookout))


def _frames(width_px: int, height_px: int, people: int) -> list[NDArray[np.uint8]]:
    """Drawn frames, (height, width, 3) uint8 BGR, with different heads."""
    frames = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        frame = cv2.resize(drawing.background(rng, 320, 240), (width_px, height_px), interpolation=cv2.INTER_AREA)
        for _ in range(people):
            drawing.draw(frame, drawing.Head.random(rng, None), width_px / 2, height_px / 2, _FACE * height_px)
        frames.append(drawing.add_sensor_noise(frame, rng))
    return frames


def _times_ms(detectors: dict[str, Detector], frames: list[NDArray[np.uint8]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each detector for each frame. A turn's first frames do not count: the caches are cold."""
    times_ms: dict[str, list[float]] = {name: [] for name in detectors}
    for turn in range(max(-(-rounds // _TURN), 1)):
        for name, detector in detectors.items():
            for index in range(_WARM_UP + _TURN):
                frame = frames[(turn * _TURN + index) % len(frames)]
                started_s = time.perf_counter()
                detector.detect(frame)
                if index >= _WARM_UP:
                    times_ms[name].append((time.perf_counter() - started_s) * 1000)
    return times_ms
