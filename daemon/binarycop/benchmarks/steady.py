"""Processes a number of drawn frames as ``replay`` does, for a program that counts instructions.

python -m binarycop.benchmarks.steady person|nobody COUNT [callgrind]

All is prepared before the first frame, so the difference between two counts is that of the frames alone: 640×480,
n-CNV on the emulator, the detector in every fourth frame as the settings' default has it. callgrind: this process runs
in it and does not count yet; it counts the frames after the first ``WARM_UP``, and nothing else.
"""

import os
import subprocess
import sys
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from binarycop.benchmarks.one_gate import is_person_in_front, replay_frame, service_of, settings_of
from binarycop.classifier.native.kernel import processor_features
from binarycop.classifier.native.variants import this_machine
from binarycop.clock import ManualClock
from binarycop.frames import drawing
from binarycop.frames.base import Frame

PERSON, NOBODY = "person", "nobody"
WARM_UP = 48
"""After this number of frames the scene is steady: it was still for longer than a second, or somebody is tracked."""
_UNKNOWN = "avx512"  # to valgrind
_CONTROL_S = 60.0
_WIDTH_PX, _HEIGHT_PX, _RATE_HZ = 640, 480, 30
_PICTURES = 8  # that are shown again and again
_SWAY_PX = 6.0  # how far somebody sways in them, from side to side


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


def run(who: str, count: int, on_warm: Callable[[], None] = lambda: None) -> bool:
    """Process ``count`` frames; returns whether somebody is in front after the last one.

    on_warm: called before the first frame after ``WARM_UP``.
    """
    clock, shown = ManualClock(), pictures(who)
    with service_of(settings_of("drawn"), features=_features()) as service:
        for number in range(count):
            if number == WARM_UP:
                on_warm()
            replay_frame(service, clock, Frame(shown[number % _PICTURES], number / _RATE_HZ, number))
        return is_person_in_front(service, clock.now_s())


def _features() -> frozenset[str]:
    """The processor's features that valgrind knows. qemu shows those of another processor, and has NEON."""
    if this_machine() == "armv7l":
        return frozenset({"neon"})
    return frozenset(feature for feature in processor_features() if not feature.startswith(_UNKNOWN))


def main() -> int:
    """Process the frames of the arguments; returns the exit code, 1 if what is seen is not what is drawn."""
    cv2.setNumThreads(1)
    who, count, *options = sys.argv[1:]
    is_right = run(who, int(count), *([_count_from_now_on] if options else [])) == (who == PERSON)
    if not is_right:
        print(f"binarycop: error: {count} frames with {who} do not show that", file=sys.stderr)
    if options:
        os._exit(0 if is_right else 1)  # the end of Python would count too
    return 0 if is_right else 1


def _count_from_now_on() -> None:
    command = ["callgrind_control", "--instr=on", str(os.getpid())]
    subprocess.run(command, capture_output=True, check=False, timeout=_CONTROL_S)


if __name__ == "__main__":
    sys.exit(main())
