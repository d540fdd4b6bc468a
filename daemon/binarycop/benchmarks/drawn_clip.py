"""A drawn recording of people at a gate, as a camera would send it."""

from itertools import islice
from pathlib import Path

import cv2

from binarycop.frames.demo import Demo

SIZE_PX, RATE_HZ = (640, 480), 30
_EMPTY = 24  # the demo's first frames, in which nobody is there yet
_VISIT = 108  # frames from one person's first to the next person's


def draw_clip(path: Path, people: int = 2, empty_s: float = 0.0) -> None:
    """Write the demo's first people, in 640×480 at 30 frames a second, as JPEG; before them nobody for ``empty_s``."""
    demo = Demo()
    frames = list(islice(iter(demo.read, None), _EMPTY + people * _VISIT))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE_HZ, SIZE_PX)
    for index in range(-round(empty_s * RATE_HZ), len(frames)):
        frame = frames[index if index >= 0 else index % _EMPTY]
        writer.write(cv2.resize(frame.pixels, SIZE_PX, interpolation=cv2.INTER_CUBIC))
    writer.release()
