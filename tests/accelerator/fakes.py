"""A board on the simulated fabric without pynq, and registers whose values a test scripts."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from binarycop.accelerator.base import Buffer, FpgaManager, Registers
from binarycop.accelerator.dma import CONTROL
from binarycop.accelerator.finn_classifier import FinnClassifier
from binarycop.accelerator.simulated import design
from binarycop.accelerator.simulated.fabric import Fabric
from binarycop.accelerator.simulated.logic import SimulatedFault
from binarycop.accelerator.simulated.memory import Memory
from binarycop.bundle.build_files import BITSTREAM
from binarycop.bundle.files import Bundle
from binarycop.clock import ManualClock
from binarycop.errors import OverlayError, OverlayLoadDenied

SLOW_MHZ = 0.25
HIGH_ADDRESS = 0x7_1000_0000  # more than 32 bits, which no Zynq-7000 has, so both words of an address are tested


@dataclass
class FabricBuffer:
    """A ``Buffer`` in the fabric's memory."""

    memory: Memory
    offset: int
    shape: tuple[int, ...]

    @property
    def bytes(self) -> NDArray[np.uint8]:
        return self.memory.view(self.offset, int(np.prod(self.shape))).reshape(self.shape)

    @property
    def address(self) -> int:
        return self.memory.base + self.offset

    def flush(self, count: int) -> None:
        self.memory.flush(self.offset, count * int(np.prod(self.shape[1:])))

    def invalidate(self, count: int) -> None:
        self.memory.invalidate(self.offset, count * int(np.prod(self.shape[1:])))


@dataclass
class FabricRegisters:
    """The ``Registers`` of one of the fabric's DMAs."""

    fabric: Fabric
    name: str

    def read(self, offset: int) -> int:
        return self.fabric.dma(self.name).read(offset)

    def write(self, offset: int, value: int) -> None:
        self.fabric.dma(self.name).write(offset, value)


class FabricBoard:
    """A ``Board`` on a fabric without pynq."""

    def __init__(self, bundle: Bundle, fabric: Fabric) -> None:
        self.fabric, self._manifest, self._folder = fabric, bundle.manifest, bundle.folder
        self.manager: FpgaManager = fabric
        self.fclk_mhz = 50.0
        self.fabric.clock_share = lambda: self.fclk_mhz / self._manifest.clock_mhz
        self.rests, self.cannot_wake = 0, False
        self.is_closed = False

    def load(self) -> None:
        if self.fabric.why_load_denied():
            raise OverlayLoadDenied("it cannot be loaded from here")
        self.fabric.configure((self._folder / BITSTREAM).read_bytes())
        self.fclk_mhz = self._manifest.clock_mhz
        self.fabric.record_loaded(self._manifest.sha256[BITSTREAM])

    def attach(self) -> None:
        pass

    def registers(self, name: str) -> Registers:
        return FabricRegisters(self.fabric, name)

    def allocate(self, shape: tuple[int, ...]) -> Buffer:
        return FabricBuffer(self.fabric.memory, self.fabric.memory.allocate(int(np.prod(shape))), shape)

    def clock_mhz(self) -> float:
        return self.fclk_mhz

    def rest(self) -> None:
        self.rests += 1
        self.fclk_mhz = SLOW_MHZ

    def wake(self) -> None:
        if self.cannot_wake:
            raise OverlayError("its clock cannot be set")
        self.fclk_mhz = self._manifest.clock_mhz

    def close(self) -> None:
        self.is_closed = True


class SimulatedSetup:
    """A bundle with a build, a board that has loaded it, and a clock that only the driver's sleep advances."""

    def __init__(self, bundle: Bundle, folder: Path, fault: SimulatedFault | None = None) -> None:
        self.bundle = design.write(folder, bundle)
        self.clock = ManualClock()
        self.sleeps_s: list[float] = []
        self.fabric = Fabric(self.bundle, self.clock, fault, memory=Memory(HIGH_ADDRESS))
        self.board = FabricBoard(self.bundle, self.fabric)
        self.board.load()

    def sleep(self, seconds: float) -> None:
        self.sleeps_s.append(seconds)
        self.clock.advance_to(self.clock.now_s() + seconds)

    def classifier(self, deadline_s: float = 0.1) -> FinnClassifier:
        return FinnClassifier(self.bundle, self.board, self.clock, self.sleep, deadline_s)

    def with_manifest(self, **changes: object) -> "SimulatedSetup":
        """The same with another manifest."""
        self.bundle = replace(self.bundle, manifest=replace(self.bundle.manifest, **changes))  # type: ignore[arg-type]
        return self


@dataclass
class ScriptedRegisters:
    """Registers whose control register reads the values of a list, then always the last one. log: every access."""

    name: str
    log: list[tuple[str, str, int, int]]
    controls: list[int] = field(default_factory=lambda: [4])

    def read(self, offset: int) -> int:
        value = self.controls.pop(0) if len(self.controls) > 1 else self.controls[0]
        self.log.append((self.name, "read", offset, value))
        return value if offset == CONTROL else 0

    def write(self, offset: int, value: int) -> None:
        self.log.append((self.name, "write", offset, value))
