"""The pictures of the fake camera: drawn people, and every kind of bad picture."""

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

_EMPTY, _STANDING = slice(0, 20), slice(50, 86)  # frames of the demo: nobody is there; the first person stands still


class Scene(Enum):
    """What the camera sees, or what is wrong with it. people: a correctly masked person who stands still."""

    PEOPLE = "people"
    NOBODY = "nobody"
    FROZEN = "frozen"
    BLACK = "black"
    OVEREXPOSED = "overexposed"
    TRUNCATED = "truncated"
    NOISE = "noise"
    SMALL = "small"
    TINY = "tiny"
    STALLED = "stalled"
    GONE = "gone"


class FakeCamera:
    """Writes one picture after the other to a file, from which fake_v4l2.c takes them. It has its own thread."""

    def __init__(self, picture: Path) -> None:
        self.picture = picture
        self.scene = Scene.NOBODY
        self._pictures = {scene: cycle(pictures) for scene, pictures in _pictures().items()}
        self._ended = Event()
        self._thread = Thread(target=self._run, name="fake-camera", daemon=True)

    def __enter__(self) -> "FakeCamera":
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
            # A rename, so that the camera never reads half a picture.
            new = self.picture.with_suffix(".new")
            new.write_bytes(next(self._pictures[scene]))
            os.replace(new, self.picture)


@cache
def _pictures() -> dict[Scene, list[bytes]]:
    demo, rng = Demo(), np.random.default_rng(7)
    frames = [frame.pixels for frame in (demo.read() for _ in range(_STANDING.stop)) if frame is not None]
    people, empty = frames[_STANDING], frames[_EMPTY]
    size = (HEIGHT_PX, WIDTH_PX, 3)

    def scaled(width_px: int, height_px: int) -> list[bytes]:
        return [_jpeg(np.asarray(cv2.resize(frame, (width_px, height_px)), np.uint8)) for frame in people]

    def several(make: Callable[[], NDArray[np.uint8]]) -> list[bytes]:
        return [_jpeg(make()) for _ in range(8)]

    whole = [_jpeg(frame) for frame in people]
    return {
        Scene.PEOPLE: whole,
        Scene.NOBODY: [_jpeg(frame) for frame in empty],
        # A covered lens still gives the sensor's noise. A dazzled sensor gives the largest value everywhere.
        Scene.BLACK: several(lambda: rng.integers(0, 6, size, np.uint8)),
        Scene.OVEREXPOSED: several(lambda: np.full(size, 255, np.uint8)),
        Scene.NOISE: several(lambda: rng.integers(0, 256, size, np.uint8)),
        Scene.TRUNCATED: [data[: len(data) * 3 // 5] for data in whole],
        Scene.SMALL: scaled(WIDTH_PX // 2, HEIGHT_PX // 2),
        Scene.TINY: scaled(32, 24),
        Scene.STALLED: [b""],
    }


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".jpg", picture)
    if not done:
        raise ValueError("OpenCV cannot write a JPEG")
    return bytes(data.tobytes())
