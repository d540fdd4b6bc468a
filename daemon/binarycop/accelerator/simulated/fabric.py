"""A simulated logic that computes: two IODMAs around a bundle's emulator, with faults on demand."""

import numpy as np

from binarycop.accelerator.simulated.iodma import Iodma
from binarycop.accelerator.simulated.logic import Logic, SimulatedFault
from binarycop.accelerator.simulated.memory import Memory
from binarycop.bundle.check_build import score_type
from binarycop.bundle.files import Bundle
from binarycop.bundle.packing import pack
from binarycop.classifier.choose import open_emulator
from binarycop.clock import Clock
from binarycop.geometry import SIDE_PX
from binarycop.settings.classifier import FaultKind

_SEED = 7
_LATENCY_S = 0.31e-3  # n-CNV's at the manifest's clock (BinaryCoP, table II); the emulator's own time comes on top


class Fabric(Logic):
    """The logic of one board with a bundle's emulator in it.

    clock: times a slow batch. At a lower ``clock_share`` each batch takes longer.
    """

    def __init__(
        self, bundle: Bundle, clock: Clock, fault: SimulatedFault | None = None, *, memory: Memory | None = None
    ) -> None:
        super().__init__(bundle, fault, memory)
        manifest = bundle.manifest
        self.input_dma, self.output_dma = Iodma(self._step), Iodma(self._step)
        self.dmas = {manifest.input_dma: self.input_dma, manifest.output_dma: self.output_dma}
        self._network, self._output_packed = open_emulator(bundle), manifest.output_packed
        self._score_type = score_type(bundle.folder, manifest)
        self._clock = clock
        self._done_at_s: float | None = None
        self._rng = np.random.default_rng(_SEED)

    def reset(self) -> None:
        """See ``Logic.reset``."""
        self.input_dma.reset()
        self.output_dma.reset()
        self._done_at_s = None

    def _step(self) -> None:
        """Begin a batch when both DMAs run, and end it when its time is over."""
        if not (self.input_dma.is_running and self.output_dma.is_running):
            return
        now_s = self._clock.now_s()
        if self._done_at_s is None:
            kind = self._fault.kind if self._has_fault() else FaultKind.NONE
            late_s = {FaultKind.HANG: float("inf"), FaultKind.SLOW: self._fault.slow_s}.get(kind, 0.0)
            self._done_at_s = now_s + late_s + max(1 / self.clock_share() - 1, 0.0) * _LATENCY_S
        if now_s >= self._done_at_s:
            self._done_at_s = None
            self._run_batch()

    def _run_batch(self) -> None:
        images = self.input_dma.images
        crops = self.memory.dma_read(self.input_dma.address, images * SIDE_PX * SIDE_PX * 3)
        scores = self._network.scores(crops.reshape(images, SIDE_PX, SIDE_PX, 3))
        words = int(np.prod(self._output_packed[1:-1]))
        packed = pack(scores.reshape(images, words, -1), self._score_type).reshape(images, -1)
        if self._is_faulty and self._fault.kind is FaultKind.FLIP:
            packed[np.arange(images), 0] ^= np.uint8(1) << self._rng.integers(0, 8, images, dtype=np.uint8)
        self.memory.dma_write(self.output_dma.address, packed[: self.output_dma.images].reshape(-1))
        self.input_dma.finish()
        self.output_dma.finish()
        self._good_batches += 1
