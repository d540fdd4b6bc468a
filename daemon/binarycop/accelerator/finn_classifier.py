"""The classifier that runs a bundle's network on FINN's accelerator in the FPGA."""

import threading
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from binarycop.accelerator.base import Board
from binarycop.accelerator.dma import Dma, Pipeline
from binarycop.bundle import check_build
from binarycop.bundle.build_files import BITSTREAM
from binarycop.bundle.files import Bundle
from binarycop.bundle.packing import pack, unpack
from binarycop.classifier.base import check_crops
from binarycop.classifier.golden import check_golden
from binarycop.clock import Clock
from binarycop.errors import BundleError, DmaDataError, OverlayError, OverlayMissing
from binarycop.geometry import SIDE_PX

MAX_BATCH = 16  # crops of one DMA transfer: as many as the daemon ever has at once (detection/views.py)


class FinnClassifier:
    """A bundle's network on a board's accelerator: the backends ``overlay`` and ``simulated-board``.

    Each batch begins with a golden vector (a known-answer check), so a corrupted accelerator is noticed at once. Before
    each batch the output buffer is filled with impossible scores, so old output is never read as an answer.

    bundle: its build agrees with its manifest (``check_build.check``). sleep: sleeps for a number of seconds.
    deadline_s: the longest time that a batch may take. name: the backend's name. Raises OverlayInUse if another process
    uses the accelerator, OverlayMissing if the bundle's overlay is not loaded, OverlayError if its DMAs cannot start.
    """

    def __init__(
        self,
        bundle: Bundle,
        board: Board,
        clock: Clock,
        sleep: Callable[[float], None],
        deadline_s: float,
        name: str = "overlay",
    ) -> None:
        manifest = bundle.manifest
        self.name = name
        self._bundle, self._board = bundle, board
        self._clock, self._sleep, self._deadline_s = clock, sleep, deadline_s
        self._score_type = check_build.score_type(bundle.folder, manifest)
        self._max_score = manifest.layers[-1].fan_in
        self._golden_index = 0
        self._failure: OverlayError | None = None
        self._clock_change = threading.Lock()  # guards the next field and the board's clock
        self._is_resting = False
        self._attach()

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        """See ``Classifier.scores``. After an OverlayError every call raises it again, until ``reload``."""
        check_crops(crops)
        if self._failure is not None:
            # Without its traceback: each call would extend it, and it would keep crops in memory.
            raise self._failure.with_traceback(None)
        try:
            self.wake()
            parts = [self._run(crops[start : start + MAX_BATCH]) for start in range(0, len(crops), MAX_BATCH)]
        except OverlayError as failure:
            # A DMA that hangs may still write, so the buffers are kept and nothing is started again.
            self._failure = failure
            raise
        return np.concatenate(parts) if parts else np.empty((0, len(self._bundle.golden_scores[0])), np.int32)

    def reload(self) -> None:
        """Load the overlay again and check its golden vectors. Meanwhile the level of every PL pin is undefined.

        Raises OverlayLoadDenied if this process may not load it, OverlayError if it does not work afterwards.
        """
        with self._clock_change:
            self._board.load()
            self._is_resting = False
        self._attach()
        self._failure = None
        try:
            check_golden(self._bundle, self)
        except BundleError as error:
            self._failure = OverlayError(error.reason)
            raise self._failure from error

    def rest(self) -> None:
        """Make the overlay's clock slow, until ``wake`` or the next crop. Not while ``scores`` is running.

        Raises OverlayError.
        """
        with self._clock_change:
            if self._failure is None and not self._is_resting:
                self._is_resting = True  # before the clock changes, since it may change in part
                self._board.rest()

    def wake(self) -> None:
        """Restore the overlay's clock, if it rests. May be called while ``scores`` is running.

        Raises OverlayError.
        """
        with self._clock_change:
            if self._is_resting:
                self._board.wake()
                self._is_resting = False

    def close(self) -> None:
        """See ``Classifier.close``. The overlay stays loaded, and its clock is that of the manifest again."""
        with suppress(OverlayError):  # the next process checks the clock
            self.wake()
        self._board.close()

    def _attach(self) -> None:
        manifest, board = self._bundle.manifest, self._board
        board.manager.claim()  # first: what is loaded can change until then
        loaded, expected = board.manager.loaded_sha256(), manifest.sha256[BITSTREAM]
        if loaded is None:
            raise OverlayMissing("none is loaded")
        if loaded != expected:
            raise OverlayMissing(f"another one is loaded, sha256 {loaded[:12]}… not {expected[:12]}…")
        board.attach()
        clock_mhz = board.clock_mhz()
        if not check_build.is_clock_right(clock_mhz, manifest.clock_mhz):
            raise OverlayMissing(f"its clock runs at {clock_mhz:g} MHz, not {manifest.clock_mhz:g}")
        input_dma, output_dma = (Dma(name, board.registers(name)) for name in (manifest.input_dma, manifest.output_dma))
        self._pipeline = Pipeline(input_dma, output_dma, self._clock, self._sleep, self._deadline_s)
        self._pipeline.expect_idle()
        images = 1 + MAX_BATCH
        self._input = board.allocate((images, *manifest.input_packed[1:]))
        self._output = board.allocate((images, *manifest.output_packed[1:]))
        # UINT8 needs no packing, so crops are copied directly into the DMA's buffer.
        self._input_crops = self._input.bytes.reshape(images, SIDE_PX, SIDE_PX, 3)
        words = int(np.prod(manifest.output_packed[1:-1]))
        self._scores_per_word = len(self._bundle.golden_scores[0]) // words
        # A sum of n terms of ±1 is even if n is even, and odd if n is odd. The other parity cannot occur.
        impossible = self._score_type.min + (self._score_type.min + self._max_score + 1) % 2
        packed = pack(np.full((words, self._scores_per_word), impossible), self._score_type)
        self._impossible = packed.reshape(manifest.output_packed[1:])

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        if not self._board.manager.is_operating():
            raise OverlayMissing("the logic is no longer configured")
        images = 1 + len(crops)
        self._golden_index = (self._golden_index + 1) % len(self._bundle.golden_inputs)
        self._input_crops[0] = self._bundle.golden_inputs[self._golden_index]
        self._input_crops[1:images] = crops
        self._input.flush(images)
        self._output.bytes[:images] = self._impossible
        self._output.flush(images)
        self._pipeline.run(self._input.address, self._output.address, images)
        self._output.invalidate(images)
        scores = unpack(self._output.bytes[:images], self._score_type, self._scores_per_word).reshape(images, -1)
        self._check(scores)
        return scores[1:]

    def _check(self, scores: NDArray[np.int32]) -> None:
        """Check the scores of a batch. Raises DmaDataError, whose message contains no score of a person."""
        output_dma = self._bundle.manifest.output_dma
        is_possible = (np.abs(scores) <= self._max_score) & ((scores - self._max_score) % 2 == 0)
        wrong = int((~is_possible).any(axis=1).sum())
        if wrong:
            raise DmaDataError(output_dma, f"{wrong} of {len(scores)} answers are impossible")
        if (scores[0] != self._bundle.golden_scores[self._golden_index]).any():
            raise DmaDataError(output_dma, f"golden vector {self._golden_index} comes out wrong")
