"""The compiled simulation of a bundle's circuit: a library that ``make rtl-model`` builds from its SystemVerilog.

Only the settings can name it, since its code runs in this process.
"""

import ctypes
from pathlib import Path

import numpy as np

from binarycop.accelerator.base import Registers
from binarycop.accelerator.simulated.memory import Memory, SimulatedBusError
from binarycop.errors import BackendError

VERSION = 1
NO_FAULT, STUCK, CLOCK_STOPPED, WRONG_ADDRESS = range(4)
_MAX_BURST_BYTES = 128  # 16 beats of 8 bytes
_BUILD = "make rtl-model BUNDLE={name} builds it from a checkout, with Verilator"


class CircuitLibrary:
    """One circuit, clock cycle by clock cycle, on a simulated memory. Only one thread uses it at a time.

    name, weights_sha256: of the bundle. Raises BackendError if there is no library, or it is of another circuit.
    """

    def __init__(self, file: Path, name: str, weights_sha256: str, memory: Memory) -> None:
        build = _BUILD.format(name=name)
        if not file.is_file():
            raise BackendError(f"there is no simulation of the circuit at {file}; {build}")
        try:
            self._library = ctypes.CDLL(str(file.resolve()))
            self._declare()
        except (OSError, AttributeError) as error:
            raise BackendError(f"{file} is no simulation of a circuit: {error}; {build}") from error
        version = self._library.circuit_version()
        if version != VERSION:
            raise BackendError(f"{file} has version {version} of the interface, {VERSION} is needed; {build}")
        if self._library.circuit_weights() != weights_sha256.encode():
            raise BackendError(f"{file} is the circuit of other weights than {name}'s; {build}")
        dram = memory.dram()
        self._memory = memory
        self._circuit: int | None = self._library.circuit_open(dram.ctypes.data, memory.base, len(dram))

    def close(self) -> None:
        """Free the circuit. May be called twice."""
        if self._circuit is not None:
            self._library.circuit_close(self._circuit)
            self._circuit = None

    def reset(self) -> None:
        """Reset registers, DMAs and core, and end a fault."""
        self._library.circuit_reset(self._open())

    def run(self, cycles: int) -> None:
        """Simulate some cycles of the clock."""
        self._library.circuit_run(self._open(), cycles)
        self._store_writes()

    def cycles(self) -> int:
        """The number of cycles since it was opened."""
        return int(self._library.circuit_cycles(self._open()))

    def quiet_cycles(self) -> int:
        """The number of cycles since anything moved between circuit and memory, or something else was done to it."""
        return int(self._library.circuit_quiet(self._open()))

    def read(self, dma: int, offset: int) -> int:
        """Read a register of the input DMA (0) or the output DMA (1). Raises SimulatedBusError without an answer."""
        value = int(self._library.circuit_read(self._open(), dma, offset))
        self._store_writes()
        if value < 0:
            raise SimulatedBusError(f"register 0x{offset:02x} of DMA {dma} does not answer")
        return value

    def write(self, dma: int, offset: int, value: int) -> None:
        """Write a register. Raises SimulatedBusError without an answer."""
        if self._library.circuit_write(self._open(), dma, offset, value) < 0:
            raise SimulatedBusError(f"register 0x{offset:02x} of DMA {dma} does not answer")
        self._store_writes()

    def registers(self, dma: int) -> Registers:
        """The registers of one DMA."""
        return _Registers(self, dma)

    def set_fault(self, fault: int) -> None:
        """Make something go wrong from now on: STUCK, CLOCK_STOPPED, WRONG_ADDRESS; or NO_FAULT."""
        self._library.circuit_set_fault(self._open(), fault)

    def _store_writes(self) -> None:
        """Store what the circuit has written, as the memory does it for any DMA."""
        address = ctypes.c_uint64()
        data = (ctypes.c_uint8 * _MAX_BURST_BYTES)()
        while size := self._library.circuit_take_write(self._open(), ctypes.byref(address), data):
            self._memory.dma_write(address.value, np.array(data[:size], np.uint8))

    def _open(self) -> int:
        if self._circuit is None:
            raise SimulatedBusError("the circuit is used after it was closed")
        return self._circuit

    def _declare(self) -> None:
        handle, word = ctypes.c_void_p, ctypes.c_uint64
        for name, result, arguments in (
            ("version", ctypes.c_int, ()),
            ("weights", ctypes.c_char_p, ()),
            ("open", handle, (handle, word, word)),
            ("close", None, (handle,)),
            ("reset", None, (handle,)),
            ("run", None, (handle, word)),
            ("cycles", word, (handle,)),
            ("quiet", word, (handle,)),
            ("write", ctypes.c_int, (handle, ctypes.c_int, ctypes.c_uint32, ctypes.c_uint32)),
            ("read", ctypes.c_int64, (handle, ctypes.c_int, ctypes.c_uint32)),
            ("take_write", ctypes.c_int, (handle, handle, handle)),
            ("set_fault", None, (handle, ctypes.c_int)),
        ):
            function = getattr(self._library, f"circuit_{name}")
            function.restype, function.argtypes = result, arguments


class _Registers:
    """The registers of one DMA, see ``Registers``."""

    def __init__(self, circuit: CircuitLibrary, dma: int) -> None:
        self._circuit, self._dma = circuit, dma

    def read(self, offset: int) -> int:
        return self._circuit.read(self._dma, offset)

    def write(self, offset: int, value: int) -> None:
        self._circuit.write(self._dma, offset, value)
