"""Processes drawn frames as ``replay`` does, so many of them, for a program that counts instructions.

python -m binarycop.benchmarks.steady person|nobody COUNT

All is prepared before the first frame, so the difference between two counts is that of the frames alone: 640×480,
n-CNV on the emulator, the detector in every fourth frame as the settings' default has it.
"""

import sys

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.benchmarks.one_gate import is_person_in_front, replay_frame, service_of, settings_of
from binarycop.clock import ManualClock
from binarycop.frames import drawing
from binarycop.frames.base import Frame

PERSON, NOBODY = "person", "nobody"
FEW, MANY = 48, 80
"""Counts of frames between which the scene is steady: still for longer than a second, or somebody is tracked."""
_WIDTH_PX, _HEIGHT_PX, _RATE_HZ = 640, 480, 30
_PICTURES = 8  # that are shown again and again
_SWAY_PX = 6.0  # so far somebody moves in them, from side to side


def pictures(who: str) -> list[NDArray[np.uint8]]:
    """(480, 640, 3) uint8 BGR each."""
    rng = np.random.default_rng(1)
    room, head = drawing.background(rng, _WIDTH_PX, _HEIGHT_PX), drawing.Head.random(rng, None)
    drawn = []
    for index in range(_PICTURES):
        scene = room.copy()
        if who == PERSON:
            sway_px = _SWAY_PX * np.sin(2 * np.pi * index / _PICTURES)
            drawing.draw(scene, head, _WIDTH_PX / 2 + sway_px, _HEIGHT_PX / 2, 0.45 * _HEIGHT_PX)
        drawn.append(drawing.add_sensor_noise(scene, rng))
    return drawn


def run(who: str, count: int) -> bool:
    """Process ``count`` frames; returns whether somebody is in front after the last one."""
    clock, shown = ManualClock(), pictures(who)
    with service_of(settings_of("drawn")) as service:
        for number in range(count):
            replay_frame(service, clock, Frame(shown[number % _PICTURES], number / _RATE_HZ, number))
        return is_person_in_front(service, clock.now_s())


def main() -> int:
    """Process the frames of the arguments; returns the exit code, 1 if what is seen is not what is drawn."""
    cv2.setNumThreads(1)
    who, count = sys.argv[1], int(sys.argv[2])
    if run(who, count) == (who == PERSON):
        return 0
    print(f"binarycop: {count} frames with {who} do not show that", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
