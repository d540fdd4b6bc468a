"""``modes``: what performance and low-power cost while nobody is there, and how long low-power takes to wake.

A drawn camera gives 30 pictures a second of 640×480, as JPEG, each with noise of its own. The time to wake counts from
the moment when something in the scene moves, over the next picture that is taken, until the sources have to give all
pictures again; that picture is the first one that is looked at in full.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from binarycop.benchmarks.figures import Figure, Part, summary
from binarycop.benchmarks.one_gate import service_of, settings_of
from binarycop.benchmarks.steps import OnProgress, silent, steps
from binarycop.clock import Clock, MonotonicClock
from binarycop.errors import BackendError
from binarycop.frames.base import Frame
from binarycop.frames.drawing import background
from binarycop.frames.grabber import Grabber
from binarycop.frames.image import MAX_FRAME_PX, decode
from binarycop.frames.source_reader import GrabberSettings
from binarycop.service.live import LiveLoop
from binarycop.service.service import Service
from binarycop.settings.service import Mode, ServiceSettings
from binarycop.tracking.runner import DetectorThread

NAME = "modes"
_WIDTH_PX, _HEIGHT_PX, _RATE_HZ = 640, 480, 30
_PICTURES = 900  # more than a run takes: a camera that repeats itself is a fault
_SLEEP_AFTER_S, _SETTLED_S, _DEADLINE_S, _CLOSE_S = 2.0, 3.0, 120.0, 3.0


@dataclass(frozen=True)
class _Cost:
    """Of one run. busy: processor time divided by elapsed time. looked_at_hz: frames. wake_ms: one for each wake."""

    busy: float
    looked_at_hz: float
    wake_ms: tuple[float, ...]


class DrawnCamera:
    """A live source of JPEGs; a square in the scene comes or goes with ``has_square``."""

    name, mode, is_live = "drawn camera", "drawn", True

    def __init__(self, pictures: Sequence[bytes], clock: Clock) -> None:
        self.has_square = False
        self._pictures, self._clock, self._number, self._begun_s = pictures, clock, 0, clock.now_s()

    def read(self) -> Frame:
        """See ``Source.read``. It waits for the next picture of a camera with 30 pictures a second."""
        period_s = 1 / _RATE_HZ
        time.sleep(period_s - (self._clock.now_s() - self._begun_s) % period_s)
        captured_s, number = self._clock.now_s(), self._number
        self._number += 1
        pixels = decode(self._pictures[number % len(self._pictures)], max_px=MAX_FRAME_PX)
        if self.has_square:
            pixels[100:300, 200:400] = 255
        return Frame(pixels, captured_s, number)

    def drop_waiting(self) -> None:
        """See ``Source.drop_waiting``."""

    def close(self) -> None:
        """See ``Source.close``."""


def measure_modes(repeats: int, window_s: float, wakes: int, on_progress: OnProgress = silent) -> Part:
    """Run both modes in turns. wakes: how often low-power is woken in each run. Raises BackendError, DetectorError."""
    pictures = _draw(_PICTURES)
    costs: dict[Mode, list[_Cost]] = {mode: [] for mode in Mode}
    for mode in steps([mode for _ in range(repeats) for mode in costs], on_progress):
        costs[mode].append(_run(mode, pictures, window_s, wakes))
    return Part(NAME, tuple(_figures(costs)), reference=Mode.PERFORMANCE.value)


def _figures(costs: dict[Mode, list[_Cost]]) -> Iterator[Figure]:
    for mode, of_mode in costs.items():
        group, case = "nobody there", mode.value
        hourly_s = [3600 * cost.busy for cost in of_mode]
        yield summary(group, case, "processor time per hour", "s", hourly_s)
        yield summary(group, case, "frames looked at per second", "", [cost.looked_at_hz for cost in of_mode])
    wake_ms = [time_ms for cost in costs[Mode.LOW_POWER] for time_ms in cost.wake_ms]
    yield summary("something moves", Mode.LOW_POWER.value, "until awake", "ms", wake_ms)


def _draw(count: int) -> list[bytes]:
    """An empty room, each time with other noise."""
    rng = np.random.default_rng(1)
    room = background(rng, _WIDTH_PX, _HEIGHT_PX).astype(np.int16)
    grain = np.rint(rng.normal(0, 3, (_HEIGHT_PX + 64, _WIDTH_PX + 64, 3))).astype(np.int16)
    pictures = []
    for _ in range(count):
        top, left = rng.integers(0, 64, 2)
        noise = grain[top : top + _HEIGHT_PX, left : left + _WIDTH_PX]
        _, encoded = cv2.imencode(".jpg", np.clip(room + noise, 0, 255).astype(np.uint8))
        pictures.append(encoded.tobytes())
    return pictures


def _run(mode: Mode, pictures: Sequence[bytes], window_s: float, wakes: int) -> _Cost:
    clock, thread = MonotonicClock(), DetectorThread()
    settings = settings_of("/dev/drawn")
    settings = replace(settings, service=ServiceSettings(mode=mode, sleep_after_s=_SLEEP_AFTER_S))
    camera, frames = DrawnCamera(pictures, clock), settings.gates[0].frames
    grabber = Grabber(lambda: camera, clock, GrabberSettings(stale_s=frames.stale_s, frozen_s=frames.frozen_s))
    costs: list[_Cost] = []
    try:
        with service_of(settings, clock, thread) as service:
            measuring = _measure(service, camera, clock, window_s, wakes if mode is Mode.LOW_POWER else 0)

            def on_step() -> None:
                costs.extend(cost for cost in (next(measuring),) if cost is not None)

            LiveLoop(service, [grabber], clock).run(lambda: bool(costs), on_step)
    finally:
        grabber.close(_CLOSE_S)
        thread.close(_CLOSE_S)
    return costs[0]


def _measure(
    service: Service, camera: DrawnCamera, clock: Clock, window_s: float, wakes: int
) -> Iterator[_Cost | None]:
    """Goes on with each step of the loop; the last item is the cost."""
    end_s = clock.now_s() + _DEADLINE_S

    def until(is_over: Callable[[], bool]) -> Iterator[None]:
        while not is_over():
            if clock.now_s() > end_s:
                raise BackendError("the service did not sleep, or did not wake: something else uses the processor")
            yield None

    def passed(seconds: float) -> Callable[[], bool]:
        over_s = clock.now_s() + seconds
        return lambda: clock.now_s() >= over_s

    yield from until(passed(_SETTLED_S))
    if wakes:
        yield from until(lambda: service.capture_interval_s > 0)
    counters = service.lanes[0].counters
    begun_s, cpu_s, frames = clock.now_s(), time.process_time(), counters.frames
    yield from until(passed(window_s))
    took_s = clock.now_s() - begun_s
    busy, looked_at_hz = (time.process_time() - cpu_s) / took_s, (counters.frames - frames) / took_s
    wake_ms = []
    for number in range(wakes):
        yield from until(lambda: service.capture_interval_s > 0)
        # At another moment between two pictures each time.
        yield from until(passed(service.capture_interval_s * (1 + number / wakes)))
        camera.has_square, moved_s = not camera.has_square, clock.now_s()
        yield from until(lambda: service.capture_interval_s == 0)
        wake_ms.append(1000 * (clock.now_s() - moved_s))
    yield _Cost(busy, looked_at_hz, tuple(wake_ms))
