"""What the camera shows: drawn people, and all that a camera's picture can be instead."""

import os
from collections.abc import Callable
from enum import Enum
from functools import cache
from itertools import cycle
from pathlib import Path
from threading import Event, Thread
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.frames.demo import HEIGHT_PX, RATE_HZ, WIDTH_PX, Demo

_EMPTY, _STANDING = slice(0, 20), slice(50, 86)  # of the demo's frames: nobody yet, and its first person on the mark


class Scene(Enum):
    """What is before the camera, or wrong with it. people: a correctly masked person, standing."""

    PEOPLE = "people"
    NOBODY = "nobody"
    FROZEN = "frozen"
    BLACK = "black"
    GLARE = "glare"
    TORN = "torn"
    NOISE = "noise"
    SMALL = "small"
    TINY = "tiny"
    STALLED = "stalled"
    GONE = "gone"


class Film:
    """Puts one picture after the other where the played camera finds it, in a thread of its own."""

    def __init__(self, picture: Path) -> None:
        self.picture = picture
        self.scene = Scene.NOBODY
        self._reels = {scene: cycle(pictures) for scene, pictures in _reels().items()}
        self._ended = Event()
        self._thread = Thread(target=self._run, name="film", daemon=True)

    def __enter__(self) -> "Film":
        self._show()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(1 / RATE_HZ):
            self._show()

    def _show(self) -> None:
        scene = self.scene
        if scene is Scene.GONE:
            self.picture.unlink(missing_ok=True)
        elif scene is not Scene.FROZEN:
            # Renamed, so that the camera never reads half of it.
            new = self.picture.with_suffix(".new")
            new.write_bytes(next(self._reels[scene]))
            os.replace(new, self.picture)


@cache
def _reels() -> dict[Scene, list[bytes]]:
    demo, rng = Demo(), np.random.default_rng(7)
    shots = [frame.pixels for frame in (demo.read() for _ in range(_STANDING.stop)) if frame is not None]
    people, empty = shots[_STANDING], shots[_EMPTY]
    size = (HEIGHT_PX, WIDTH_PX, 3)

    def scaled(width_px: int, height_px: int) -> list[bytes]:
        return [_jpeg(np.asarray(cv2.resize(shot, (width_px, height_px)), np.uint8)) for shot in people]

    def some(make: Callable[[], NDArray[np.uint8]]) -> list[bytes]:
        return [_jpeg(make()) for _ in range(8)]

    whole = [_jpeg(shot) for shot in people]
    return {
        Scene.PEOPLE: whole,
        Scene.NOBODY: [_jpeg(shot) for shot in empty],
        # A capped lens: the sensor's noise is left. A blinded one: nothing is.
        Scene.BLACK: some(lambda: rng.integers(0, 6, size, np.uint8)),
        Scene.GLARE: some(lambda: np.full(size, 255, np.uint8)),
        Scene.NOISE: some(lambda: rng.integers(0, 256, size, np.uint8)),
        Scene.TORN: [data[: len(data) * 3 // 5] for data in whole],
        Scene.SMALL: scaled(WIDTH_PX // 2, HEIGHT_PX // 2),
        Scene.TINY: scaled(32, 24),
        Scene.STALLED: [b""],
    }


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".jpg", picture)
    if not done:
        raise ValueError("OpenCV writes no JPEG")
    return bytes(data.tobytes())
