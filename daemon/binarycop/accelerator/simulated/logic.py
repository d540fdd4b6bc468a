"""The programmable logic of a simulated board, whatever runs in it: how it is loaded, and when a fault happens."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from binarycop.accelerator.base import Registers
from binarycop.accelerator.simulated import design
from binarycop.accelerator.simulated.memory import Memory, SimulatedBusError
from binarycop.bundle import bitstream
from binarycop.bundle.build_files import BITSTREAM
from binarycop.bundle.files import Bundle
from binarycop.errors import OverlayError
from binarycop.settings.classifier import FaultKind


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


class Logic:
    """The programmable logic of one board, and its ``FpgaManager``. A subclass has the DMAs and what is between them.

    dmas: the registers of each DMA by its name. denies_load: if set, this process may not load a bitstream. loads:
    number of loadings. clock_share: the frequency of the logic's clock, divided by the manifest's; the board sets it.
    """

    dmas: Mapping[str, Registers]

    def __init__(self, bundle: Bundle, fault: SimulatedFault | None = None, memory: Memory | None = None) -> None:
        self.memory = memory or Memory()
        self.denies_load = False
        self.loads = 0
        self.clock_share: Callable[[], float] = lambda: 1.0
        self._bitstream_sha256 = bundle.manifest.sha256[BITSTREAM]
        self._recorded: str | None = None
        self._slowed_from_mhz: float | None = None
        self._is_operating = False
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
        self.reset()
        self.loads += 1
        self._good_batches, self._is_operating, self._is_faulty = 0, True, False

    def reset(self) -> None:
        """Set the state that the logic has after it is configured."""
        raise NotImplementedError

    def close(self) -> None:
        """Free what it holds. May be called twice."""

    def dma(self, name: str) -> Registers:
        """The registers of one DMA. Raises SimulatedBusError if the logic is not configured, or its clock stopped."""
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

    def record_slowed(self, full_mhz: float | None) -> None:
        """See ``FpgaManager.record_slowed``."""
        self._slowed_from_mhz = full_mhz

    def slowed_from_mhz(self) -> float | None:
        """See ``FpgaManager.slowed_from_mhz``."""
        return self._slowed_from_mhz

    def why_load_denied(self) -> str | None:
        """See ``FpgaManager.why_load_denied``."""
        return "the simulated board does not allow it" if self.denies_load else None

    def claim(self) -> None:
        """See ``FpgaManager.claim``. No other process reaches what this one simulates."""

    def release(self) -> None:
        """See ``FpgaManager.release``."""

    def why_in_use(self) -> str:
        """See ``FpgaManager.why_in_use``."""
        return ""

    def _has_fault(self) -> bool:
        """Whether the next batch is faulty. A fault lasts until the overlay is loaded again."""
        if not self._is_faulty and self._faults_left and self._good_batches >= self._fault.after:
            self._is_faulty, self._faults_left = True, self._faults_left - 1
        return self._is_faulty


MakeLogic = Callable[[Bundle], Logic]
