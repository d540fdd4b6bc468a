"""The register protocol of FINN's two IODMAs, which feed images to the network and store its scores.

The registers are those of Vitis HLS (UG1399, "S_AXILITE control register map"), the offsets those of FINN's driver:
0x00 control (bits: 1 start, 2 done, cleared by a read, 4 idle, 8 ready, 0x80 restart, 0x200 interrupt), 0x10 and 0x14
address (low and high word), 0x1c number of images.
"""

from collections.abc import Callable

from binarycop.accelerator.base import Registers
from binarycop.clock import Clock
from binarycop.errors import DmaBusy, DmaDataError, DmaTimeout

CONTROL, ADDRESS_LOW, ADDRESS_HIGH, IMAGES = 0x00, 0x10, 0x14, 0x1C
START, DONE, IDLE, READY = 0x01, 0x02, 0x04, 0x08
_CONTROL_BITS = START | DONE | IDLE | READY | 0x80 | 0x200
_WORD_MASK = 0xFFFFFFFF
_POLL_S = 50e-6  # a sixth of n-CNV's latency; a sleep, so that other threads get the interpreter (finn#659)


class Dma:
    """One IODMA. name: its name in the .hwh, for messages."""

    def __init__(self, name: str, registers: Registers) -> None:
        self.name, self._registers = name, registers

    def control(self) -> int:
        """Read the control register, which clears its done bit. Raises DmaDataError if an unused bit is set."""
        value = self._registers.read(CONTROL)
        if value & ~_CONTROL_BITS:
            raise DmaDataError(self.name, f"control register reads 0x{value & _WORD_MASK:08x}")
        return value

    def expect_idle(self) -> None:
        """Clear the done bit of a batch that was too late. Raises DmaBusy if the DMA still runs."""
        value = self.control()
        if not value & IDLE or value & START:
            raise DmaBusy(self.name, value)

    def start(self, address: int, images: int) -> None:
        """Start to move ``images`` images from or to a physical address of up to 64 bits."""
        self._registers.write(ADDRESS_LOW, address & _WORD_MASK)
        self._registers.write(ADDRESS_HIGH, address >> 32 & _WORD_MASK)
        self._registers.write(IMAGES, images)
        self._registers.write(CONTROL, START)


class Pipeline:
    """Input DMA, network and output DMA. One thread uses it.

    sleep: sleeps for a number of seconds. deadline_s: the longest time that a batch may take.
    """

    def __init__(
        self, input_dma: Dma, output_dma: Dma, clock: Clock, sleep: Callable[[float], None], deadline_s: float
    ) -> None:
        self._input_dma, self._output_dma = input_dma, output_dma
        self._clock, self._sleep, self._deadline_s = clock, sleep, deadline_s

    def expect_idle(self) -> None:
        """Check that both DMAs can be started. Raises DmaBusy or DmaDataError."""
        self._output_dma.expect_idle()
        self._input_dma.expect_idle()

    def run(self, input_address: int, output_address: int, images: int) -> None:
        """Run a batch of images and wait until it is done. Raises DmaBusy, DmaTimeout or DmaDataError.

        After a DmaTimeout the DMAs may still write, so the buffers must be kept until the overlay is loaded again.
        """
        self.expect_idle()
        end_s = self._clock.now_s() + self._deadline_s
        self._output_dma.start(output_address, images)
        self._input_dma.start(input_address, images)
        while not self._output_dma.control() & DONE:
            if self._clock.now_s() >= end_s:
                raise DmaTimeout(self._output_dma.name, self._deadline_s)
            self._sleep(_POLL_S)
