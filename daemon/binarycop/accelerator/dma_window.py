"""The address window of a DMA of our own circuit: outside of it the DMA reads and writes nothing.

The registers are those of overlays/rtl/shell/control_registers.sv. FINN's IODMA has none of them. There 0x40 is an
alias of the control register, which never reads IDENTITY; so nothing is written until IDENTITY has been read.
"""

from binarycop.accelerator.base import Registers
from binarycop.bundle.hwh import AddressRange
from binarycop.errors import OverlayError

IDENTITY_AT, FIRST_LOW, FIRST_HIGH, END_LOW, END_HIGH, LOCK = 0x40, 0x48, 0x4C, 0x50, 0x54, 0x58
IDENTITY = 0x4243_4F50  # "BCOP"
DDR = AddressRange(0, 0x4000_0000)  # where a Zynq-7000 has its memory (UG585, table 4-1)
_WORD_MASK = 0xFFFF_FFFF


def has_window(registers: Registers) -> bool:
    """Whether this DMA has an address window. Only for a DMA that is idle: the read can clear FINN's done bit."""
    return registers.read(IDENTITY_AT) == IDENTITY


def set_window(registers: Registers, memory: AddressRange, *, lock: bool = False) -> None:
    """Let an idle DMA that has a window reach this memory only. lock: it stays so until the overlay is loaded again.

    Raises OverlayError if the window does not read back.
    """
    end = memory.base + memory.size
    values = {
        FIRST_LOW: memory.base & _WORD_MASK,
        FIRST_HIGH: memory.base >> 32,
        END_LOW: end & _WORD_MASK,
        END_HIGH: end >> 32,
        LOCK: int(lock),
    }
    for offset, value in values.items():
        registers.write(offset, value)
    if any(registers.read(offset) != value for offset, value in values.items()):
        raise OverlayError(f"the address window of a DMA cannot be set to {memory.size} bytes at 0x{memory.base:x}")
