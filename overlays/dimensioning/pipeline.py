"""How fast the pipeline is with FIFOs of a given depth: the clocks of its words, simulated.

Each block counts its own clocks and meets others at FIFOs only, so that all times are exact without going through the
clocks one by one (a Kahn network with times): a word can be read a clock after it was written, a place be written a
clock after it was emptied. What the blocks' own registers add, a few clocks each, is left out.

The blocks do as those of finn-hlslib (github.com/Xilinx/finn-hlslib: slidingwindow.h, mvau.hpp, maxpool.h,
streamtools.h); the window in RTL does as FINN's later one, which reads whenever a row's buffer is free.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from binarycop.bundle.manifest import KERNEL, Layer
from binarycop.geometry import SIDE_PX
from overlays.networks.tables import Network

_IMAGES, _AVERAGED = 6, 3
_SHORT = 2  # words of the FIFOs that no setting makes deeper


class SlidingWindow(Enum):
    """HLS: reads the next row in step with the words it gives. RTL: reads and gives independently of each other."""

    HLS = "hls"
    RTL = "rtl"


@dataclass(frozen=True)
class PipelineTiming:
    """interval: clocks from image to image once the pipeline is full; latency: of one image through an empty one."""

    interval: float
    latency: int


class _Fifo:
    """The clocks at which each word was written and read."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self.written: list[int] = []
        self.read: list[int] = []

    def readable(self, at: int) -> "_Clock":
        """The first clock from ``at`` on when there is a word to read."""
        index = len(self.read)
        while index >= len(self.written):
            yield
        return max(at, self.written[index] + 1)

    def writable(self, at: int) -> "_Clock":
        """The first clock from ``at`` on when there is room."""
        index = len(self.written) - self._depth
        while index >= len(self.read):
            yield
        return at if index < 0 else max(at, self.read[index] + 1)


_Block = Iterator[None]  # yields where it can only go on once another block has
_Clock = Generator[None, None, int]
_Stage = Callable[[_Fifo, _Fifo], _Block]


def simulate(network: Network, fifos: Sequence[int], window: SlidingWindow) -> PipelineTiming:
    """Simulate some images in a row. fifos: depth in front of each layer, in words of its SIMD.

    Raises ValueError where the FIFOs are not one of at least one word per layer, or where a folding joins words of
    which neither width divides the other.
    """
    if len(fifos) != len(network.layers) or min(fifos) < 1:
        raise ValueError(f"{network.name} needs {len(network.layers)} FIFOs of at least one word, not {list(fifos)}")
    first, last = network.layers[0], network.layers[-1]
    depths, stages = _stages(network, fifos, window)
    streams = [_Fifo(depth) for depth in (*depths, _SHORT)]
    blocks = [_source(streams[0], SIDE_PX * SIDE_PX * first.inputs // first.simd)]
    blocks += [stage(source, sink) for stage, source, sink in zip(stages, streams, streams[1:])]
    words = last.outputs // last.pe
    scores = streams[-1]
    end, done = _sink(scores, words), object()
    while next(end, done) is not done:
        for block in blocks:  # each goes as far as it can
            next(block, None)
    ends = [scores.read[(image + 1) * words - 1] for image in range(_IMAGES)]
    return PipelineTiming((ends[-1] - ends[-1 - _AVERAGED]) / _AVERAGED, ends[0] - streams[0].written[0])


def _stages(network: Network, fifos: Sequence[int], window: SlidingWindow) -> tuple[list[int], list[_Stage]]:
    """The blocks in the order of the dataflow, and the depth of the FIFO in front of each."""
    depths: list[int] = []
    stages: list[_Stage] = []

    def add(depth: int, stage: _Stage) -> None:
        depths.append(depth)
        stages.append(stage)

    def convert(width: int, to: int) -> None:
        if max(width, to) % min(width, to):
            raise ValueError(f"{network.name}: words of {width} do not come out of words of {to}, nor these of those")
        if to > width:
            add(_SHORT, partial(_widen, factor=to // width))
        elif to < width:
            add(_SHORT, partial(_narrow, factor=width // to))

    width, side = network.layers[0].simd, SIDE_PX
    for layer, depth in zip(network.layers, fifos):
        convert(width, layer.simd)
        if layer.kind == "conv":
            if layer.inputs % layer.simd:
                raise ValueError(
                    f"{network.name}: a window of {layer.inputs} channels cannot give {layer.simd} at a time"
                )
            add(depth, partial(_WINDOWS[window], side=side, words=layer.inputs // layer.simd))
            side = side - KERNEL + 1
            add(_SHORT, partial(_mvtu, layer=layer, vectors=side * side))
        else:
            add(depth, partial(_mvtu, layer=layer, vectors=1))
        width = layer.pe
        if layer.pool:
            convert(width, layer.outputs)
            add(_SHORT, partial(_pool, side=side))
            width, side = layer.outputs, side // 2
    return depths, stages


def _source(sink: _Fifo, words: int) -> _Block:
    """The input's DMA, which keeps up with one word a clock."""
    at = 0
    for _ in range(_IMAGES * words):
        at = yield from sink.writable(at + 1)
        sink.written.append(at)


def _sink(source: _Fifo, words: int) -> _Block:
    """The output's DMA, which is always ready."""
    at = 0
    for _ in range(_IMAGES * words):
        at = yield from source.readable(at + 1)
        source.read.append(at)


def _widen(source: _Fifo, sink: _Fifo, factor: int) -> _Block:
    """A word for ``factor`` narrower ones, with the last of them."""
    at = 0
    while True:
        for part in range(factor):
            at = yield from source.readable(at + 1)
            if part == factor - 1:
                at = yield from sink.writable(at)
                sink.written.append(at)
            source.read.append(at)


def _narrow(source: _Fifo, sink: _Fifo, factor: int) -> _Block:
    """``factor`` words for a wider one, the first with it."""
    at = 0
    while True:
        for part in range(factor):
            at = yield from sink.writable(at + 1)
            if part == 0:
                at = yield from source.readable(at)
                source.read.append(at)
            sink.written.append(at)


def _mvtu(source: _Fifo, sink: _Fifo, layer: Layer, vectors: int) -> _Block:
    """Reads a vector with the first fold of its outputs, and writes at the end of each fold."""
    synapse_fold, neuron_fold = layer.fan_in // layer.simd, layer.outputs // layer.pe
    at = 0
    for _ in range(_IMAGES * vectors):
        for neuron in range(neuron_fold):
            if neuron == 0:
                for synapse in range(synapse_fold):
                    at = yield from source.readable(at + 1)
                    if synapse == synapse_fold - 1:
                        at = yield from sink.writable(at)
                    source.read.append(at)
            else:
                at = yield from sink.writable(at + synapse_fold)
            sink.written.append(at)


def _pool(source: _Fifo, sink: _Fifo, side: int) -> _Block:
    """Reads two rows, then writes one of half the width."""
    at = 0
    for _ in range(_IMAGES * (side // 2)):
        for _ in range(2 * side):
            at = yield from source.readable(at + 1)
            source.read.append(at)
        for _ in range(side // 2):
            at = yield from sink.writable(at + 1)
            sink.written.append(at)


def _window_hls(source: _Fifo, sink: _Fifo, side: int, words: int) -> _Block:
    """Fills its first rows; then, while it gives windows, it must read the next row in step with them.

    It counts a row of windows one short, as its source does, so that a row's last word is read at that row's end, and
    the reading creeps from the beginning of the rows to their ends.
    """
    out = side - KERNEL + 1
    row, windows = side * words, out * KERNEL * KERNEL * words
    at = 0
    for _ in range(_IMAGES):
        for _ in range(KERNEL * row):
            at = yield from source.readable(at + 1)
            source.read.append(at)
        counter, missing = 0, (side - KERNEL) * row
        for _ in range(out * windows):
            at = yield from sink.writable(at + 1)
            if counter < row - 1 and missing:
                at = yield from source.readable(at)
                source.read.append(at)
                missing -= 1
            sink.written.append(at)
            counter = (counter + 1) % (windows - 1)


def _window_rtl(source: _Fifo, sink: _Fifo, side: int, words: int) -> _Block:
    """A buffer of one row more than the kernel's, read into and out of independently."""
    out = side - KERNEL + 1
    row, windows = side * words, out * KERNEL * KERNEL * words
    filled: list[int] = []  # the clock at which each word of the images is in the buffer
    emptied: list[int] = []  # the clock at which each row of the images is out of it

    def fill() -> _Block:
        at = 0
        for word in range(_IMAGES * side * row):
            over = word // row - KERNEL - 1  # the row whose place this word takes
            while over >= len(emptied):
                yield
            at = yield from source.readable(max(at, emptied[over] if over >= 0 else 0) + 1)
            source.read.append(at)
            filled.append(at)

    def empty() -> _Block:
        at = 0
        for image in range(_IMAGES):
            for y in range(out):
                for clock in range(windows):
                    x, ky, kx, part = _place(clock, words)
                    needs = ((image * side + y + ky) * side + x + kx) * words + part
                    while needs >= len(filled):
                        yield
                    at = yield from sink.writable(max(at, filled[needs]) + 1)
                    sink.written.append(at)
                # With its last windows an image's remaining rows are done with, too.
                emptied.extend([at] * (KERNEL if y == out - 1 else 1))

    filling, emptying = fill(), empty()
    while True:
        next(filling, None)
        next(emptying, None)
        yield


def _place(clock: int, words: int) -> tuple[int, int, int, int]:
    """Column of the window, row and column in it, and part of the pixel, of the ``clock``-th word of a row."""
    pixel, part = divmod(clock, words)
    rest, kx = divmod(pixel, KERNEL)
    x, ky = divmod(rest, KERNEL)
    return x, ky, kx, part


_WINDOWS = {SlidingWindow.HLS: _window_hls, SlidingWindow.RTL: _window_rtl}
