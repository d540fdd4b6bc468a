"""``frame``: how long a whole frame takes, from its capture until the lines were driven, by whether somebody is there.

Twice: as ``replay`` does it, where the detector runs within the frame; and as ``run`` does it, with the detector, the
perception and the source in threads of their own.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from binarycop.benchmarks.figures import Figure, Part, single, summary
from binarycop.benchmarks.one_gate import is_person_in_front, replay_frame, service_of, settings_of
from binarycop.benchmarks.steps import OnProgress, silent, steps
from binarycop.clock import ManualClock, MonotonicClock
from binarycop.frames.choose import open_recording
from binarycop.service.assembly import grabber_of
from binarycop.service.live import LiveLoop
from binarycop.settings.schema import Settings
from binarycop.tracking.runner import DetectorThread

NAME = "frame"
_CLOSE_S = 3.0
_CASES = {True: "person present", False: "nobody there"}
_Times = dict[bool, list[float]]  # milliseconds of each frame, by whether somebody is in front after it


def measure_frames(clip: Path, repeats: int, on_progress: OnProgress = silent) -> Part:
    """Play the clip as ``replay`` and as ``run`` do, in turns. Raises BinaryCoPError if that is not possible."""
    settings = settings_of(str(clip))
    in_replay: _Times = {is_there: [] for is_there in _CASES}
    in_run: _Times = {is_there: [] for is_there in _CASES}
    for _ in steps(range(repeats), on_progress):
        _replay(settings, in_replay)
        _run(settings, in_run)
    return Part(NAME, (*_figures("in replay", in_replay), *_figures("in run, finder in its thread", in_run)))


def _figures(group: str, times: _Times) -> Iterator[Figure]:
    for is_there, times_ms in times.items():
        if times_ms:
            yield summary(group, _CASES[is_there], "capture to lines", "ms", times_ms)
            yield single(group, _CASES[is_there], "99th percentile", "ms", float(np.percentile(times_ms, 99)))


def _replay(settings: Settings, times: _Times) -> None:
    clock, source = ManualClock(), open_recording(settings.gates[0].frames.source)
    try:
        with service_of(settings) as service:
            while (frame := source.read()) is not None:
                took_s = replay_frame(service, clock, frame)
                times[is_person_in_front(service, clock.now_s())].append(took_s * 1000)
    finally:
        source.close()


def _run(settings: Settings, times: _Times) -> None:
    clock, thread = MonotonicClock(), DetectorThread()
    grabber = grabber_of(settings.gates[0].frames, clock)
    try:
        with service_of(settings, clock, thread) as service:
            loop, counters = LiveLoop(service, [grabber], clock), service.lanes[0].counters
            frames = 0

            def on_step() -> None:
                nonlocal frames
                latency_ms = loop.latencies.newest_ms
                if counters.frames > frames and latency_ms is not None:
                    times[is_person_in_front(service, clock.now_s())].append(latency_ms)
                frames = counters.frames

            loop.run(lambda: False, on_step)
            if loop.failure is not None:
                raise loop.failure
    finally:
        grabber.close(_CLOSE_S)
        thread.close(_CLOSE_S)
