"""The accelerator as a classifier: a bundle's overlay on a board, through FINN's DMAs."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from binarycop.accelerator.base import Board
from binarycop.accelerator.dma import Dma, Pipeline
from binarycop.bundle import check_build
from binarycop.bundle.files import Bundle
from binarycop.bundle.packing import pack, unpack
from binarycop.classifier.golden import check_golden
from binarycop.clock import Clock
from binarycop.errors import BundleError, DmaDataError, OverlayError, OverlayMissing
from binarycop.geometry import SIDE_PX

MAX_BATCH = 16  # crops of one call to the DMAs; a board has at most 8 lanes


class FinnClassifier:
    """The backends ``overlay`` and ``simulated-board``; ``name`` says which.

    The bundle's build must agree with its manifest (``check_build.check``). Every batch begins with a golden vector, so that
    an accelerator that lost its mind, or its weights, is found at once; and the output buffer is filled with what no
    network says, so that nothing is taken for an answer that was never written.

    Raises OverlayMissing where it is not loaded, and OverlayError where its DMAs cannot be started.
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
        self._kind = check_build.score_type(bundle.folder, manifest)
        self._reach = manifest.layers[-1].fan_in
        self._golden_index = 0
        self._failure: OverlayError | None = None
        self._attach()

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        """See ``Classifier.scores``. Raises OverlayError, then at each call until ``reload``; ValueError as there."""
        if crops.dtype != np.uint8 or crops.shape[1:] != (SIDE_PX, SIDE_PX, 3):
            raise ValueError(f"crops are {crops.dtype} {crops.shape}, not uint8 (N, {SIDE_PX}, {SIDE_PX}, 3)")
        if self._failure is not None:
            raise self._failure
        try:
            parts = [self._run(crops[start : start + MAX_BATCH]) for start in range(0, len(crops), MAX_BATCH)]
        except OverlayError as failure:
            # A DMA that hung may still write, so its buffers stay, and nothing is started again.
            self._failure = failure
            raise
        return np.concatenate(parts) if parts else np.empty((0, len(self._bundle.golden_scores[0])), np.int32)

    def reload(self) -> None:
        """Load the overlay anew and hold it to the golden vectors; every PL pin goes invalid meanwhile.

        Raises OverlayLoadDenied where this process may not load it, OverlayError where it does not work afterwards.
        """
        self._board.load()
        self._attach()
        self._failure = None
        try:
            check_golden(self._bundle, self)
        except BundleError as error:
            self._failure = OverlayError(error.reason)
            raise self._failure from error

    def close(self) -> None:
        """Let the overlay go; may be called twice."""
        self._board.close()

    def _attach(self) -> None:
        manifest, board = self._bundle.manifest, self._board
        loaded, wanted = board.manager.loaded_sha256(), manifest.sha256[check_build.BITSTREAM]
        if loaded is None:
            raise OverlayMissing("none is loaded")
        if loaded != wanted:
            raise OverlayMissing(f"another one is loaded, sha256 {loaded[:12]}… not {wanted[:12]}…")
        board.attach()
        clock_mhz = board.clock_mhz()
        if abs(clock_mhz / manifest.clock_mhz - 1) > check_build.CLOCK_TOLERANCE:
            raise OverlayMissing(f"its clock runs at {clock_mhz:g} MHz, not {manifest.clock_mhz:g}")
        source, sink = (Dma(name, board.registers(name)) for name in (manifest.input_dma, manifest.output_dma))
        self._pipeline = Pipeline(source, sink, self._clock, self._sleep, self._deadline_s)
        self._pipeline.expect_idle()
        capacity = 1 + MAX_BATCH
        self._given = board.allocate((capacity, *manifest.input_packed[1:]))
        self._gives = board.allocate((capacity, *manifest.output_packed[1:]))
        # Pixels are packed as they are: crops are written where the DMA reads them.
        self._pixels = self._given.bytes.reshape(capacity, SIDE_PX, SIDE_PX, 3)
        words = int(np.prod(manifest.output_packed[1:-1]))
        self._per_word = len(self._bundle.golden_scores[0]) // words
        # Sums of an even number of ±1 are even, of an odd number odd: no network says this.
        impossible = self._kind.min + (self._kind.min + self._reach + 1) % 2
        self._blank = pack(np.full((words, self._per_word), impossible), self._kind).reshape(manifest.output_packed[1:])

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        if not self._board.manager.is_operating():
            raise OverlayMissing("the logic is no longer configured")
        count = 1 + len(crops)
        self._golden_index = (self._golden_index + 1) % len(self._bundle.golden_inputs)
        self._pixels[0] = self._bundle.golden_inputs[self._golden_index]
        self._pixels[1:count] = crops
        self._given.flush(count)
        self._gives.bytes[:count] = self._blank
        self._gives.flush(count)
        self._pipeline.run(self._given.address, self._gives.address, count)
        self._gives.invalidate(count)
        scores = unpack(self._gives.bytes[:count], self._kind, self._per_word).reshape(count, -1)
        self._check(scores)
        return scores[1:]

    def _check(self, scores: NDArray[np.int32]) -> None:
        """Raises DmaDataError; says nothing of a person's scores."""
        sink = self._bundle.manifest.output_dma
        is_possible = (np.abs(scores) <= self._reach) & ((scores - self._reach) % 2 == 0)
        if not is_possible.all():
            raise DmaDataError(sink, f"{int((~is_possible).any(axis=1).sum())} of {len(scores)} answers are impossible")
        if (scores[0] != self._bundle.golden_scores[self._golden_index]).any():
            raise DmaDataError(sink, f"golden vector {self._golden_index} comes out wrong")
