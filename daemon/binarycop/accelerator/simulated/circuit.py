"""A simulated logic that is the circuit itself: SystemVerilog, simulated clock cycle by clock cycle.

Its time is the time of its clock, which advances only while the driver sleeps or accesses a register. So a batch of
40 µs takes 40 µs, however long this computer simulates it.
"""

from pathlib import Path

from binarycop.accelerator.base import Registers
from binarycop.accelerator.dma import CONTROL, START
from binarycop.accelerator.simulated.circuit_library import (
    NO_FAULT,
    STUCK,
    WRONG_ADDRESS,
    CircuitLibrary,
)
from binarycop.accelerator.simulated.logic import Logic, SimulatedFault
from binarycop.accelerator.simulated.memory import Memory
from binarycop.bundle.files import WEIGHTS, Bundle
from binarycop.settings.classifier import FaultKind

_STILL_CYCLES = 100_000  # after so many quiet cycles nothing more will happen: CNV's latency is a fraction of it
_INPUT, _OUTPUT = 0, 1


class Circuit(Logic):
    """The logic of one board with a bundle's circuit in it, and a ``Clock`` of the circuit's own time.

    library: the simulation's file. Each fault is made in the circuit or on its wires. HANG: the memory port stops, so
    the stream of pixels stalls. SLOW: the same for a time. FLIP: the crops are read at another address. LOSE: the
    circuit is reset. Raises BackendError if there is no simulation of this bundle.
    """

    def __init__(
        self, bundle: Bundle, library: Path, fault: SimulatedFault | None = None, *, memory: Memory | None = None
    ) -> None:
        super().__init__(bundle, fault, memory)
        manifest = bundle.manifest
        self.circuit = CircuitLibrary(library, manifest.name, manifest.sha256[WEIGHTS], self.memory)
        self.dmas = {
            manifest.input_dma: _StartingRegisters(self, self.circuit.registers(_INPUT)),
            manifest.output_dma: self.circuit.registers(_OUTPUT),
        }
        self._clock_hz = manifest.clock_mhz * 1e6
        self._now_s = 0.0
        self._moves_again_s: float | None = None

    def now_s(self) -> float:
        """See ``Clock.now_s``: seconds of the circuit's time."""
        return self._now_s

    def sleep(self, seconds: float) -> None:
        """Let this time pass in the circuit. Raises SimulatedBusError if it uses memory that is not there."""
        self._now_s += seconds
        if self._moves_again_s is not None and self._now_s >= self._moves_again_s:
            self.circuit.set_fault(NO_FAULT)
            self._moves_again_s = None
        if self.circuit.quiet_cycles() < _STILL_CYCLES:
            self.circuit.run(round(seconds * self._clock_hz * self.clock_share()))

    def reset(self) -> None:
        """See ``Logic.reset``."""
        self.circuit.reset()
        self._moves_again_s = None

    def close(self) -> None:
        """See ``Logic.close``."""
        self.circuit.close()

    def is_operating(self) -> bool:
        """See ``Logic.is_operating``."""
        was_operating = self._is_operating
        if was_operating and not super().is_operating():
            self.reset()
        return self._is_operating

    def begin_batch(self) -> None:
        """Make the fault of this batch, if it has one, as the input DMA starts."""
        if not self._has_fault():
            self._good_batches += 1
        elif self._fault.kind in (FaultKind.HANG, FaultKind.SLOW):
            self.circuit.set_fault(STUCK)
            if self._fault.kind is FaultKind.SLOW:
                self._moves_again_s = self._now_s + self._fault.slow_s
        elif self._fault.kind is FaultKind.FLIP:
            self.circuit.set_fault(WRONG_ADDRESS)


class _StartingRegisters:
    """The registers of the input DMA, see ``Registers``: its start begins a batch."""

    def __init__(self, logic: Circuit, registers: Registers) -> None:
        self._logic, self._registers = logic, registers

    def read(self, offset: int) -> int:
        return self._registers.read(offset)

    def write(self, offset: int, value: int) -> None:
        if offset == CONTROL and value & START:
            self._logic.begin_batch()
        self._registers.write(offset, value)
