"""Simulation of the dataflow pipeline: its speed with FIFOs of given depths.

Each block has a clock of its own and meets the others only at FIFOs. So all times are exact although the simulation
does not go through the clock cycles one by one (a Kahn process network with times). A word can be read one cycle after
it was written, and a free place can be written one cycle after its word was read. The registers of the blocks, a few
cycles each, are left out.

The blocks follow finn-hlslib (github.com/Xilinx/finn-hlslib: slidingwindow.h, mvau.hpp, maxpool.h, streamtools.h). The
sliding window in RTL follows FINN's newer one, which reads whenever the buffer of a row is free.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from binarycop.bundle.manifest import KERNEL, Layer
from binarycop.geometry import SIDE_PX
from overlays.networks.tables import Network

_IMAGES, _AVERAGED = 6, 3
_MIN_DEPTH = 2  # in words; the depth of all FIFOs that cannot be set


class SlidingWindow(Enum):
    """The implementation of the sliding window.

    HLS: reads the next row in step with its output. RTL: reads and writes independently of each other.
    """

    HLS = "hls"
    RTL = "rtl"


@dataclass(frozen=True)
class PipelineTiming:
    """Times in clock cycles.

    interval: from one image to the next, in a full pipeline. latency: of one image through an empty pipeline.
    """

    interval: float
    latency: int


class _Fifo:
    """The clock cycles at which each word was written and read."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self.written: list[int] = []
        self.read: list[int] = []

    def readable(self, at: int) -> "_Clock":
        """The first cycle, not before ``at``, at which there is a word to read."""
        index = len(self.read)
        while index >= len(self.written):
            yield
        return max(at, self.written[index] + 1)

    def writable(self, at: int) -> "_Clock":
        """The first cycle, not before ``at``, at which there is a free place."""
        index = len(self.written) - self._depth
        while index >= len(self.read):
            yield
        return at if index < 0 else max(at, self.read[index] + 1)


_Block = Iterator[None]  # yields when it has to wait for another block
_Clock = Generator[None, None, int]
_Stage = Callable[[_Fifo, _Fifo], _Block]


def simulate(network: Network, fifos: Sequence[int], window: SlidingWindow) -> PipelineTiming:
    """Simulate a few images. fifos: depth of the FIFO in front of each layer, in words of the layer's SIMD.

    Raises ValueError if there is not one FIFO of at least one word for each layer, or if two layers are connected whose
    word widths do not divide each other.
    """
    if len(fifos) != len(network.layers) or min(fifos) < 1:
        raise ValueError(f"{network.name} needs {len(network.layers)} FIFOs of at least one word, not {list(fifos)}")
    first, last = network.layers[0], network.layers[-1]
    depths, stages = _stages(network, fifos, window)
    streams = [_Fifo(depth) for depth in (*depths, _MIN_DEPTH)]
    blocks = [_source(streams[0], SIDE_PX * SIDE_PX * first.inputs // first.simd)]
    blocks += [stage(source, sink) for stage, source, sink in zip(stages, streams, streams[1:])]
    words = last.outputs // last.pe
    scores = streams[-1]
    end, done = _sink(scores, words), object()
    while next(end, done) is not done:
        for block in blocks:  # each runs until it has to wait
            next(block, None)
    ends = [scores.read[(image + 1) * words - 1] for image in range(_IMAGES)]
    return PipelineTiming((ends[-1] - ends[-1 - _AVERAGED]) / _AVERAGED, ends[0] - streams[0].written[0])


def _stages(network: Network, fifos: Sequence[int], window: SlidingWindow) -> tuple[list[int], list[_Stage]]:
    """The depth of the FIFO in front of each block, and the blocks in the order of the dataflow."""
    depths: list[int] = []
    stages: list[_Stage] = []

    def add(depth: int, stage: _Stage) -> None:
        depths.append(depth)
        stages.append(stage)

    def convert(width: int, to: int) -> None:
        if max(width, to) % min(width, to):
            raise ValueError(f"{network.name}: words of {width} and words of {to} cannot be converted into each other")
        if to > width:
            add(_MIN_DEPTH, partial(_widen, factor=to // width))
        elif to < width:
            add(_MIN_DEPTH, partial(_narrow, factor=width // to))

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
            add(_MIN_DEPTH, partial(_mvtu, layer=layer, vectors=side * side))
        else:
            add(depth, partial(_mvtu, layer=layer, vectors=1))
        width = layer.pe
        if layer.pool:
            convert(width, layer.outputs)
            add(_MIN_DEPTH, partial(_pool, side=side))
            width, side = layer.outputs, side // 2
    return depths, stages


def _source(sink: _Fifo, words: int) -> _Block:
    """The input DMA, which delivers one word in each cycle."""
    at = 0
    for _ in range(_IMAGES * words):
        at = yield from sink.writable(at + 1)
        sink.written.append(at)


def _sink(source: _Fifo, words: int) -> _Block:
    """The output DMA, which is always ready."""
    at = 0
    for _ in range(_IMAGES * words):
        at = yield from source.readable(at + 1)
        source.read.append(at)


def _widen(source: _Fifo, sink: _Fifo, factor: int) -> _Block:
    """Joins ``factor`` words into a wider one, which is written with the last of them."""
    at = 0
    while True:
        for part in range(factor):
            at = yield from source.readable(at + 1)
            if part == factor - 1:
                at = yield from sink.writable(at)
                sink.written.append(at)
            source.read.append(at)


def _narrow(source: _Fifo, sink: _Fifo, factor: int) -> _Block:
    """Splits a word into ``factor`` narrower ones; the first is written when the word is read."""
    at = 0
    while True:
        for part in range(factor):
            at = yield from sink.writable(at + 1)
            if part == 0:
                at = yield from source.readable(at)
                source.read.append(at)
            sink.written.append(at)


def _mvtu(source: _Fifo, sink: _Fifo, layer: Layer, vectors: int) -> _Block:
    """Reads a vector during the first fold of its outputs, and writes at the end of each fold."""
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
    """Reads two rows, then writes one row of half the width."""
    at = 0
    for _ in range(_IMAGES * (side // 2)):
        for _ in range(2 * side):
            at = yield from source.readable(at + 1)
            source.read.append(at)
        for _ in range(side // 2):
            at = yield from sink.writable(at + 1)
            sink.written.append(at)


def _window_hls(source: _Fifo, sink: _Fifo, side: int, words: int) -> _Block:
    """Fills its first rows; then, while it writes windows, it reads the next row in step with them.

    Its counter for a row of windows is too short by one, as in finn-hlslib's source. So the last word of a row is read
    at the end of that row, and the reading moves from the beginning of the rows to their end.
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
    """A buffer with one row more than the kernel has, which is filled and emptied independently."""
    out = side - KERNEL + 1
    row, windows = side * words, out * KERNEL * KERNEL * words
    filled: list[int] = []  # the cycle at which each word of the images is in the buffer
    emptied: list[int] = []  # the cycle at which each row of the images is no longer needed

    def fill() -> _Block:
        at = 0
        for word in range(_IMAGES * side * row):
            over = word // row - KERNEL - 1  # the row that this word overwrites
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
                    x, ky, kx, part = _window_position(clock, words)
                    needs = ((image * side + y + ky) * side + x + kx) * words + part
                    while needs >= len(filled):
                        yield
                    at = yield from sink.writable(max(at, filled[needs]) + 1)
                    sink.written.append(at)
                # After its last windows, the remaining rows of an image are not needed either.
                emptied.extend([at] * (KERNEL if y == out - 1 else 1))

    filling, emptying = fill(), empty()
    while True:
        next(filling, None)
        next(emptying, None)
        yield


def _window_position(clock: int, words: int) -> tuple[int, int, int, int]:
    """For word ``clock`` of a row of windows: column of the window, row and column in it, and part of the pixel."""
    pixel, part = divmod(clock, words)
    rest, kx = divmod(pixel, KERNEL)
    x, ky = divmod(rest, KERNEL)
    return x, ky, kx, part


_WINDOWS = {SlidingWindow.HLS: _window_hls, SlidingWindow.RTL: _window_rtl}
