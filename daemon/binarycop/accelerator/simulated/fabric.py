"""The simulated board's programmable logic: two IODMAs around a bundle's emulator, and the faults it can be told."""

from dataclasses import dataclass

import numpy as np

from binarycop.accelerator.simulated.iodma import Iodma
from binarycop.accelerator.simulated.memory import Memory, SimulatedBusError
from binarycop.bundle.check_build import BITSTREAM, score_type
from binarycop.bundle.files import Bundle
from binarycop.bundle.packing import pack
from binarycop.classifier.emulator import Emulator
from binarycop.clock import Clock
from binarycop.errors import OverlayError
from binarycop.geometry import SIDE_PX
from binarycop.settings.classifier import FaultKind

_SEED = 7


@dataclass(frozen=True)
class SimulatedFault:
    """What goes wrong, and when.

    after: batches that go well first, counted anew from each time that the overlay is loaded. times: how often;
    a loading mends it. late_s: how long a slow batch takes.
    """

    kind: FaultKind = FaultKind.NONE
    after: int = 0
    times: int = 1
    late_s: float = 1.0


class Fabric:
    """The logic of one board, and the ``SysfsFpgaManager`` of it.

    clock: what a slow batch goes by. forbids: set, this process may load no bitstream. loads: how often one was.
    """

    def __init__(
        self, bundle: Bundle, clock: Clock, fault: SimulatedFault | None = None, *, memory: Memory | None = None
    ) -> None:
        manifest = bundle.manifest
        self.memory = memory or Memory()
        self.dmas = {manifest.input_dma: Iodma(self._step), manifest.output_dma: Iodma(self._step)}
        self.forbids = False
        self.loads = 0
        self._digest = manifest.sha256[BITSTREAM]
        self._note: str | None = None
        self._source, self._sink = self.dmas[manifest.input_dma], self.dmas[manifest.output_dma]
        self._network, self._packed = Emulator(bundle), manifest.output_packed
        self._kind = score_type(bundle.folder, manifest)
        self._clock = clock
        self._is_operating = False
        self._ready_s: float | None = None
        self._rng = np.random.default_rng(_SEED)
        self.inject(fault or SimulatedFault())

    def inject(self, fault: SimulatedFault) -> None:
        """Have this go wrong from now on."""
        self._fault, self._faults_left = fault, fault.times
        self._good, self._is_faulty = 0, False

    def configure(self, sha256: str) -> None:
        """Load a bitstream. Raises OverlayError for any but the bundle's."""
        if sha256 != self._digest:
            raise OverlayError("the simulated board knows no other bitstream than its bundle's")
        for dma in self.dmas.values():
            dma.reset()
        self.loads += 1
        self._good, self._is_operating, self._is_faulty, self._ready_s = 0, True, False, None

    def dma(self, name: str) -> Iodma:
        """One IODMA's registers. Raises SimulatedBusError where nothing is configured."""
        if not self._is_operating:
            raise SimulatedBusError(f"{name} is read or written while the logic is not configured")
        return self.dmas[name]

    def is_operating(self) -> bool:
        """See ``SysfsFpgaManager.is_operating``. The driver asks before each batch: that is when a loss shows."""
        if self._is_operating and self._fault.kind is FaultKind.LOSE and self._is_due():
            self._is_operating = False
        return self._is_operating

    def loaded_sha256(self) -> str | None:
        """See ``SysfsFpgaManager.loaded``."""
        return self._note if self.is_operating() else None

    def record_loaded(self, sha256: str | None) -> None:
        """See ``SysfsFpgaManager.note``."""
        self._note = sha256

    def why_load_denied(self) -> str | None:
        """See ``SysfsFpgaManager.obstacle``."""
        return "the simulated board forbids it" if self.forbids else None

    def _is_due(self) -> bool:
        if not self._is_faulty and self._faults_left and self._good >= self._fault.after:
            self._is_faulty, self._faults_left = True, self._faults_left - 1
        return self._is_faulty

    def _step(self) -> None:
        """Begin a batch once both DMAs run, and end it when its time has come."""
        if not (self._source.is_running and self._sink.is_running):
            return
        now_s = self._clock.now_s()
        if self._ready_s is None:
            kind = self._fault.kind if self._is_due() else FaultKind.NONE
            late_s = {FaultKind.HANG: float("inf"), FaultKind.SLOW: self._fault.late_s}.get(kind, 0.0)
            self._ready_s = now_s + late_s
        if now_s >= self._ready_s:
            self._ready_s = None
            self._move()

    def _move(self) -> None:
        images = self._source.images
        crops = self.memory.dma_read(self._source.address, images * SIDE_PX * SIDE_PX * 3)
        scores = self._network.scores(crops.reshape(images, SIDE_PX, SIDE_PX, 3))
        words = int(np.prod(self._packed[1:-1]))
        packed = pack(scores.reshape(images, words, -1), self._kind).reshape(images, -1)
        if self._is_faulty and self._fault.kind is FaultKind.FLIP:
            packed[np.arange(images), 0] ^= np.uint8(1) << self._rng.integers(0, 8, images, dtype=np.uint8)
        self.memory.dma_write(self._sink.address, packed[: self._sink.images].reshape(-1))
        self._source.finish()
        self._sink.finish()
        self._good += 1
