"""FINN's two IODMAs around its dataflow pipeline: their register protocol, with a deadline on every wait.

Registers (Vitis HLS, UG1399 "S_AXILITE control register map"; offsets as in FINN's generated driver):
0x00 control: 1 start, 2 done (cleared by reading), 4 idle, 8 ready, 0x80 restart, 0x200 interrupt;
0x10 and 0x14 address, low and high word; 0x1c number of images.
"""

from collections.abc import Callable

from binarycop.accelerator.base import Registers
from binarycop.clock import Clock
from binarycop.errors import DmaBusy, DmaDataError, DmaTimeout

CONTROL, ADDRESS_LOW, ADDRESS_HIGH, IMAGES = 0x00, 0x10, 0x14, 0x1C
START, DONE, IDLE, READY = 0x01, 0x02, 0x04, 0x08
_KNOWN = START | DONE | IDLE | READY | 0x80 | 0x200
_WORD = 0xFFFFFFFF
_POLL_S = 50e-6  # a sixth of n-CNV's latency; asleep, so that other threads get the interpreter (finn#659)


class Dma:
    """One IODMA. name: as in the .hwh, for messages."""

    def __init__(self, name: str, registers: Registers) -> None:
        self.name, self._registers = name, registers

    def control(self) -> int:
        """The control register, whose done bit this clears. Raises DmaDataError for what no IODMA answers."""
        value = self._registers.read(CONTROL)
        if value & ~_KNOWN:
            raise DmaDataError(self.name, f"control register reads 0x{value & _WORD:08x}")
        return value

    def expect_idle(self) -> None:
        """Clear a done that came too late, and raise DmaBusy where the DMA still runs."""
        value = self.control()
        if not value & IDLE or value & START:
            raise DmaBusy(self.name, value)

    def start(self, address: int, images: int) -> None:
        """Move so many images from or to ``address`` (64 bits)."""
        self._registers.write(ADDRESS_LOW, address & _WORD)
        self._registers.write(ADDRESS_HIGH, address >> 32 & _WORD)
        self._registers.write(IMAGES, images)
        self._registers.write(CONTROL, START)


class Pipeline:
    """Input DMA, network, output DMA. One thread uses it.

    sleep: gives the processor away for so many seconds. deadline_s: how long a batch may take.
    """

    def __init__(self, source: Dma, sink: Dma, clock: Clock, sleep: Callable[[float], None], deadline_s: float) -> None:
        self._source, self._sink = source, sink
        self._clock, self._sleep, self._deadline_s = clock, sleep, deadline_s

    def expect_idle(self) -> None:
        """Raises DmaBusy or DmaDataError where one of the DMAs cannot be started."""
        self._sink.expect_idle()
        self._source.expect_idle()

    def run(self, source_address: int, sink_address: int, images: int) -> None:
        """Put so many images through. Raises DmaBusy, DmaTimeout or DmaDataError.

        After a DmaTimeout the DMAs may still write: the buffers must be kept until the overlay is loaded anew.
        """
        self.expect_idle()
        end_s = self._clock.now_s() + self._deadline_s
        self._sink.start(sink_address, images)
        self._source.start(source_address, images)
        while not self._sink.control() & DONE:
            if self._clock.now_s() >= end_s:
                raise DmaTimeout(self._sink.name, self._deadline_s)
            self._sleep(_POLL_S)
