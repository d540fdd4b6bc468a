"""The schedule of the pipeline: the clock at which each word moves.

Pixels come evenly, at the rate of the slowest stage, and every score is taken at once. With FIFOs of the resulting
depths, no stage ever waits for a credit. The circuit is never slower than this schedule, since an early word never
delays a later one; at one pixel a clock it has exactly these times, and the tests compare them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from binarycop.bundle.manifest import KERNEL
from overlays.rtl.stage import Stage

_IMAGES = 4  # enough for the times to repeat


@dataclass(frozen=True)
class Schedule:
    """The times of a pipeline.

    clocks_per_image: from one image's last score to that of the next. latency: from the clock in which the first pixel
    is taken to the clock in which the last score can be taken. places: that the FIFO behind each stage needs.
    """

    clocks_per_image: int
    latency: int
    places: tuple[int, ...]


@dataclass
class _Fifo:
    """A FIFO of unlimited depth. Each list has the clocks of an event.

    reserved: a place is reserved. arrived: a word arrives. swallowed: the pool absorbs a word that had a place.
    left: a word leaves its place for the output register.
    """

    reserved: list[int] = field(default_factory=list)
    arrived: list[int] = field(default_factory=list)
    swallowed: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)

    def visible(self, previous_taken: int) -> int:
        """The first clock at which the next word is at the output, if the previous one was taken then."""
        self.left.append(max(self.arrived[len(self.left)] + 1, previous_taken))
        return self.left[-1] + 1

    def places(self) -> int:
        """The largest number of places that are reserved at a time."""
        reserved = np.sort(self.reserved)
        released = np.sort(self.swallowed + self.left)
        return int((np.arange(1, len(reserved) + 1) - np.searchsorted(released, reserved)).max())


def schedule(stages: Sequence[Stage], images: int = _IMAGES) -> Schedule:
    """The schedule of a pipeline for some images, at least two, without a gap between them."""
    ends, fifos = _run(stages, images)
    return Schedule(ends[-1] - ends[-2], ends[0] + 1, tuple(fifo.places() for fifo in fifos))


def latency(stages: Sequence[Stage]) -> int:
    """The latency alone, for which one image is enough."""
    return _run(stages, 1)[0][0] + 1


def arrivals(stages: Sequence[Stage]) -> list[list[int]]:
    """For one image, the clocks at which words arrive at the FIFO behind each stage."""
    return [fifo.arrived for fifo in _run(stages, 1)[1]]


def _run(stages: Sequence[Stage], images: int) -> tuple[list[int], list[_Fifo]]:
    """The clock of each image's last score, and the FIFO behind each stage."""
    pixels, clocks = stages[0].pixels, max(stage.clocks for stage in stages)
    # A word needs two clocks from a FIFO's input to its output, and the first pixel is at the output at clock 0.
    source = _Fifo(arrived=[pixel * clocks // pixels - 2 for pixel in range(images * pixels)])
    fifos: list[_Fifo] = []
    for stage in stages:
        fifos.append(
            _convolution(stage, source, images) if stage.layer.kind == "conv" else _dense(stage, source, images)
        )
        source = fifos[-1]
    taken: list[int] = []
    for _ in range(len(source.arrived)):
        taken.append(source.visible(taken[-1] if taken else -1))
    return taken[len(taken) // images - 1 :: len(taken) // images], fifos


def _convolution(stage: Stage, source: _Fifo, images: int) -> _Fifo:
    fifo = _Fifo()
    taken = free = -1
    side = range(stage.side_px)
    for _ in range(images):
        for row in side:
            for column in side:
                taken = max(source.visible(taken), free)
                free = taken + 1
                if row >= KERNEL - 1 and column >= KERNEL - 1:
                    free = taken + stage.steps
                    _put(stage, fifo, free, row - KERNEL + 1, column - KERNEL + 1)
    return fifo


def _put(stage: Stage, fifo: _Fifo, clock: int, row: int, column: int) -> None:
    """Add a word whose last step is at this clock, for this position in the output."""
    fifo.reserved.append(clock)
    swallowed = stage.layer.pool and not (row % 2 and column % 2)
    (fifo.swallowed if swallowed else fifo.arrived).append(clock + stage.latency)


def _dense(stage: Stage, source: _Fifo, images: int) -> _Fifo:
    fifo = _Fifo()
    taken = moved = last = -1
    for _ in range(images):
        if stage.pixels == 1:  # the vector waits in the FIFO's register
            last = max(source.visible(last), last + 1) + stage.steps - 1
        else:
            for word in range(stage.pixels):
                taken = max(source.visible(taken), taken + 1, moved if word == 0 else 0)
            moved = max(taken + 1, last)
            last = moved + stage.steps
        words = stage.layer.outputs if stage.gives_scores else 1
        fifo.reserved += [last - (words - 1 - word) * stage.passes for word in range(words)]
    fifo.arrived = [clock + stage.latency for clock in fifo.reserved]
    return fifo
