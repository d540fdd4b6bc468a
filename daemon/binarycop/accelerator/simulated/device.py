"""The simulated board as a device of the real pynq, whose Overlay, MMIO, Clocks and allocate run unchanged on it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from binarycop.accelerator.pynq_board import Device, Metadata, PynqBoard, PynqBuffer, RuntimeMetadataParser, pynq
from binarycop.accelerator.simulated import design
from binarycop.accelerator.simulated.logic import Logic, MakeLogic
from binarycop.accelerator.simulated.memory import SimulatedBusError
from binarycop.bundle.build_files import BITSTREAM
from binarycop.bundle.files import Bundle

_ZYNQ = "armv7l"
_SLCR, _SLCR_WORDS = 0xF800_0000, 0x200 // 4
_FPGA0_CLK_CTRL = 0x170


class SimulatedDevice(Device):  # type: ignore[misc]
    """The methods that pynq calls on a device, for a ``Logic``. clock_mhz: of the manifest."""

    _probe_priority_ = 900  # after pynq's own devices

    @classmethod
    def _probe_(cls) -> list[Any]:
        """No devices: pynq must not find one. Only the backend simulated-board makes one."""
        return []

    def __init__(self, fabric: Logic, clock_mhz: float) -> None:
        super().__init__("simulated-board")
        self.name, self.arch = "Pynq-Z1", _ZYNQ
        self.capabilities = {"MEMORY_MAPPED": True}
        self._fabric = fabric
        self.slcr = _booted_slcr()
        fabric.clock_share = lambda: self.fclk0_mhz() / clock_mhz
        # pynq has one clock controller, on the device that is active when it is first used.
        Device.active_device = self
        pynq.ps.CPU_ARCH = _ZYNQ  # 3.0.1 reads this, later versions the device's arch
        pynq.ps.Clocks.device = self
        if hasattr(pynq.ps.Clocks, "_real_instance"):
            del pynq.ps.Clocks._real_instance

    def fclk0_mhz(self) -> float:
        """The frequency of the logic's clock by its register; 0 if a divisor is 0."""
        word = int(self.slcr[_FPGA0_CLK_CTRL // 4])
        divisor = (word >> 8 & 0x3F) * (word >> 20 & 0x3F)
        return design.IO_PLL_MHZ / divisor if divisor else 0.0

    def get_bitfile_metadata(self, bitfile_name: str, partial: bool = False) -> Any:
        """Parse the .hwh of a bitstream with pynq's own parser."""
        parser = RuntimeMetadataParser(Metadata(input=Path(bitfile_name).with_suffix(".hwh")))
        for clock in parser.clock_dict.values():
            # pynq 4.0.0 has no frequency for the clocks of a Zynq-7000, and then fails in Overlay.download.
            if "frequency" in clock and clock["frequency"] is None:
                clock["frequency"] = design.IO_PLL_MHZ / (clock["divisor0"] * clock["divisor1"])
        return parser

    def mmap(self, base_addr: int, length: int) -> Any:
        """The registers of the system control or of an IP of the overlay, as an array of words."""
        if base_addr == _SLCR:
            return self.slcr
        for name, ip in self.ip_dict.items():
            if ip.get("phys_addr") == base_addr:
                return _RegisterWords(self._fabric, name)
        raise SimulatedBusError(f"nothing answers at 0x{base_addr:x}")

    def allocate(self, shape: Any, dtype: Any, **_: Any) -> Any:
        """Allocate cacheable memory."""
        memory, size = self._fabric.memory, int(np.prod(shape)) * np.dtype(dtype).itemsize
        offset = memory.allocate(size)
        view = memory.view(offset, size)
        address = memory.base + offset
        return _CachedMemory(shape, dtype, buffer=view, device=self, device_address=address, coherent=False)

    def flush(self, bo: Any, offset: int, ptr: int, size: int) -> None:
        """Write the cache to the memory."""
        self._fabric.memory.flush(self._fabric.memory.offset_of(ptr), size)

    def invalidate(self, bo: Any, offset: int, ptr: int, size: int) -> None:
        """Drop the cache."""
        self._fabric.memory.invalidate(self._fabric.memory.offset_of(ptr), size)

    def download(self, bitstream: Any, parser: Any = None) -> None:
        """Load a bitstream through the FPGA manager."""
        self._fabric.configure(Path(bitstream.bitfile_name).read_bytes())
        super().post_download(bitstream, parser, self.name)


class _CachedMemory(PynqBuffer):  # type: ignore[misc]
    """pynq's buffer. In numpy 2 arrays have a ``device`` of their own, which pynq could not set."""

    device: Any = None


class _RegisterWords:
    """The registers of an IP as words, as pynq's MMIO indexes them."""

    def __init__(self, fabric: Logic, name: str) -> None:
        self._fabric, self._name = fabric, name

    def __getitem__(self, index: int) -> int:
        return self._fabric.dma(self._name).read(index * 4)

    def __setitem__(self, index: int, value: int) -> None:
        self._fabric.dma(self._name).write(index * 4, int(value))


def _booted_slcr() -> NDArray[np.uint32]:
    """The system control registers after the PYNQ-Z1's boot (UG585, appendix B.28), with FCLK0 at 50 MHz."""
    words = np.zeros(_SLCR_WORDS, np.uint32)
    for offset, feedback in ((0x100, 26), (0x104, 21), (0x108, 20)):  # ARM, DDR and IO PLL
        words[offset // 4] = feedback << 12
    for offset in range(_FPGA0_CLK_CTRL, 0x1B0, 0x10):  # FCLK0 to FCLK3, of the IO PLL
        words[offset // 4] = 1 << 20 | 20 << 8
    return words


class SimulatedBoard(PynqBoard):
    """A simulated ``Board`` for pynq. It loads the bundle's build, or a placeholder, as ``load-overlay`` does.

    bundle: if it has a build, that agrees with it (``check_build.check``). make_logic: makes what runs in it, for a
    bundle with a build. Raises OverlayError.
    """

    def __init__(self, bundle: Bundle, make_logic: MakeLogic) -> None:
        self._folder = TemporaryDirectory(prefix="binarycop-")
        self.bundle = design.with_build(Path(self._folder.name), bundle)
        self.fabric = make_logic(self.bundle)
        manifest = self.bundle.manifest
        bitstream = self.bundle.folder / BITSTREAM
        self.device = SimulatedDevice(self.fabric, manifest.clock_mhz)
        dmas = (manifest.input_dma, manifest.output_dma)
        super().__init__(bitstream, manifest.sha256[BITSTREAM], manifest.clock_mhz, self.fabric, self.device, dmas)
        self.load()

    def close(self) -> None:
        """See ``Board.close``."""
        super().close()
        self.fabric.close()
        self._folder.cleanup()
