"""The programmable logic of a simulated board: two IODMAs around a bundle's emulator, with faults on demand."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from binarycop.accelerator.simulated import design
from binarycop.accelerator.simulated.iodma import Iodma
from binarycop.accelerator.simulated.memory import Memory, SimulatedBusError
from binarycop.bundle import bitstream
from binarycop.bundle.build_files import BITSTREAM
from binarycop.bundle.check_build import score_type
from binarycop.bundle.files import Bundle
from binarycop.bundle.packing import pack
from binarycop.classifier.choose import open_emulator
from binarycop.clock import Clock
from binarycop.errors import OverlayError
from binarycop.geometry import SIDE_PX
from binarycop.settings.classifier import FaultKind

_SEED = 7
_LATENCY_S = 0.31e-3  # n-CNV's at the manifest's clock (BinaryCoP, table II); the emulator's own time comes on top


@dataclass(frozen=True)
class SimulatedFault:
    """A fault of the simulated board.

    after: the number of good batches before it, from the last loading of the overlay on. times: how often it happens;
    each loading ends it. slow_s: how long a batch of the fault SLOW takes.
    """

    kind: FaultKind = FaultKind.NONE
    after: int = 0
    times: int = 1
    slow_s: float = 1.0


class Fabric:
    """The programmable logic of one board, and its ``FpgaManager``.

    clock: times a slow batch. denies_load: if set, this process may not load a bitstream. loads: number of loadings.
    clock_share: the frequency of the logic's clock, divided by the manifest's; the board sets it. At a lower one each
    batch takes longer.
    """

    def __init__(
        self, bundle: Bundle, clock: Clock, fault: SimulatedFault | None = None, *, memory: Memory | None = None
    ) -> None:
        manifest = bundle.manifest
        self.memory = memory or Memory()
        self._input_dma, self._output_dma = Iodma(self._step), Iodma(self._step)
        self.dmas = {manifest.input_dma: self._input_dma, manifest.output_dma: self._output_dma}
        self.denies_load = False
        self.loads = 0
        self.clock_share: Callable[[], float] = lambda: 1.0
        self._bitstream_sha256 = manifest.sha256[BITSTREAM]
        self._recorded: str | None = None
        self._network, self._output_packed = open_emulator(bundle), manifest.output_packed
        self._score_type = score_type(bundle.folder, manifest)
        self._clock = clock
        self._is_operating = False
        self._done_at_s: float | None = None
        self._rng = np.random.default_rng(_SEED)
        self.inject(fault or SimulatedFault())

    def inject(self, fault: SimulatedFault) -> None:
        """Replace the fault that happens from now on."""
        self._fault, self._faults_left = fault, fault.times
        self._good_batches, self._is_faulty = 0, False

    def configure(self, bit_file: bytes) -> None:
        """Load a bitstream. Raises OverlayError if the chip does not take it, or if it is not the bundle's."""
        self._is_operating = False
        try:
            chip = bitstream.parse(bit_file).chip
        except ValueError as error:
            raise OverlayError(f"the FPGA manager does not take it: {BITSTREAM} {error}") from error
        if chip != design.CHIP:
            raise OverlayError(f"{BITSTREAM} is for a {chip}, and the simulated board has a {design.CHIP}")
        if hashlib.sha256(bit_file).hexdigest() != self._bitstream_sha256:
            raise OverlayError("the simulated board knows no other bitstream than its bundle's")
        for dma in self.dmas.values():
            dma.reset()
        self.loads += 1
        self._good_batches, self._is_operating, self._is_faulty, self._done_at_s = 0, True, False, None

    def dma(self, name: str) -> Iodma:
        """The registers of one IODMA. Raises SimulatedBusError if the logic is not configured, or its clock stands."""
        if not self._is_operating:
            raise SimulatedBusError(f"{name} is read or written while the logic is not configured")
        if not self.clock_share():
            raise SimulatedBusError(f"{name} is read or written while the logic's clock stands still")
        return self.dmas[name]

    def is_operating(self) -> bool:
        """See ``FpgaManager.is_operating``. The fault LOSE happens here, since the driver asks before each batch."""
        if self._is_operating and self._fault.kind is FaultKind.LOSE and self._has_fault():
            self._is_operating = False
        return self._is_operating

    def loaded_sha256(self) -> str | None:
        """See ``FpgaManager.loaded_sha256``."""
        return self._recorded if self.is_operating() else None

    def record_loaded(self, sha256: str | None) -> None:
        """See ``FpgaManager.record_loaded``."""
        self._recorded = sha256

    def why_load_denied(self) -> str | None:
        """See ``FpgaManager.why_load_denied``."""
        return "the simulated board does not allow it" if self.denies_load else None

    def _has_fault(self) -> bool:
        """Whether the next batch is faulty. A fault lasts until the overlay is loaded again."""
        if not self._is_faulty and self._faults_left and self._good_batches >= self._fault.after:
            self._is_faulty, self._faults_left = True, self._faults_left - 1
        return self._is_faulty

    def _step(self) -> None:
        """Begin a batch when both DMAs run, and end it when its time is over."""
        if not (self._input_dma.is_running and self._output_dma.is_running):
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
        images = self._input_dma.images
        crops = self.memory.dma_read(self._input_dma.address, images * SIDE_PX * SIDE_PX * 3)
        scores = self._network.scores(crops.reshape(images, SIDE_PX, SIDE_PX, 3))
        words = int(np.prod(self._output_packed[1:-1]))
        packed = pack(scores.reshape(images, words, -1), self._score_type).reshape(images, -1)
        if self._is_faulty and self._fault.kind is FaultKind.FLIP:
            packed[np.arange(images), 0] ^= np.uint8(1) << self._rng.integers(0, 8, images, dtype=np.uint8)
        self.memory.dma_write(self._output_dma.address, packed[: self._output_dma.images].reshape(-1))
        self._input_dma.finish()
        self._output_dma.finish()
        self._good_batches += 1
