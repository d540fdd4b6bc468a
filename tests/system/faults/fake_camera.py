"""The pictures of the fake camera: drawn people, and every kind of bad picture."""

import os
from collections.abc import Iterator
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
_NOISE = 3  # grey levels; a live sensor never gives the same picture twice
_HUGE_PX = (8333, 6000)


class Scene(Enum):
    """What the camera sees, or what is wrong with it. people: a correctly masked person who stands still."""

    PEOPLE = "people"
    NOBODY = "nobody"
    FROZEN = "frozen"
    RING_OF_2 = "ring of two"
    RING_OF_4 = "ring of four"
    RING_OF_64 = "ring of 64"
    STILL_STAMP = "still stamp"
    OLD = "old"
    BLACK = "black"
    OVEREXPOSED = "overexposed"
    TRUNCATED = "truncated"
    NOISE = "noise"
    SMALL = "small"
    TINY = "tiny"
    FLAT = "flat"
    HUGE = "huge"
    STALLED = "stalled"
    GONE = "gone"


# Of the people, so many pictures are shown again and again, exactly as they were.
_RINGS = {Scene.FROZEN: 1, Scene.RING_OF_2: 2, Scene.RING_OF_4: 4, Scene.RING_OF_64: 64}
_STAMPS = {Scene.STILL_STAMP: "still", Scene.OLD: "2.5"}
_SIZES_PX = {Scene.SMALL: (WIDTH_PX // 2, HEIGHT_PX // 2), Scene.TINY: (32, 24), Scene.FLAT: (640, 1)}


class FakeCamera:
    """Writes one picture after the other to a file, from which fake_v4l2.c takes them. It has its own thread.

    stamp: a file that says which time stamps the driver gives.
    """

    def __init__(self, picture: Path) -> None:
        self.picture, self.stamp = picture, picture.with_suffix(".stamp")
        self.scene = self._shown = Scene.NOBODY
        self._pictures = _pictures(self.scene)
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
            return
        if scene is not self._shown:
            self._shown, self._pictures = scene, _pictures(scene)
            _replace(self.stamp, _STAMPS.get(scene, "0").encode())
        _replace(self.picture, next(self._pictures))


def _replace(file: Path, content: bytes) -> None:
    """Write a file and rename it, so that the camera never reads half of it."""
    new = file.with_suffix(".new")
    new.write_bytes(content)
    os.replace(new, file)


def _pictures(scene: Scene) -> Iterator[bytes]:
    """The pictures of a scene, without end."""
    size, rng = (HEIGHT_PX, WIDTH_PX, 3), np.random.default_rng()
    people, nobody = _drawn()
    if scene in _RINGS:
        return cycle([_jpeg(_noisy(picture, rng)) for picture, _ in zip(cycle(people), range(_RINGS[scene]))])
    if scene is Scene.BLACK:  # a covered lens still gives the sensor's noise
        return (_jpeg(rng.integers(0, 6, size, np.uint8)) for _ in cycle([0]))
    if scene is Scene.OVEREXPOSED:  # a dazzled sensor gives the largest value everywhere
        return cycle([_jpeg(np.full(size, 255, np.uint8))])
    if scene is Scene.NOISE:
        return (_jpeg(rng.integers(0, 256, size, np.uint8)) for _ in cycle([0]))
    if scene is Scene.HUGE:
        return cycle([_jpeg(np.full((_HUGE_PX[1], _HUGE_PX[0], 3), 127, np.uint8))])
    if scene is Scene.STALLED:
        return cycle([b""])
    whole = (_noisy(picture, rng) for picture in cycle(nobody if scene is Scene.NOBODY else people))
    if scene in _SIZES_PX:
        return (_jpeg(np.asarray(cv2.resize(picture, _SIZES_PX[scene]), np.uint8)) for picture in whole)
    if scene is Scene.TRUNCATED:
        return (data[: len(data) * 3 // 5] for data in map(_jpeg, whole))
    return map(_jpeg, whole)


@cache
def _drawn() -> tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]]:
    """The people, and nobody."""
    demo = Demo()
    frames = [frame.pixels for frame in (demo.read() for _ in range(_STANDING.stop)) if frame is not None]
    return frames[_STANDING], frames[_EMPTY]


def _noisy(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    noise = rng.integers(0, _NOISE, picture.shape, np.uint8)
    return np.asarray(cv2.add(picture, noise), np.uint8)


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".jpg", picture)
    if not done:
        raise ValueError("OpenCV cannot write a JPEG")
    return bytes(data.tobytes())
