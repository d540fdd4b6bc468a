"""The address windows of our own circuit's DMAs, and FINN's DMAs, which have none."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.accelerator import dma_window
from binarycop.bundle.hwh import AddressRange
from binarycop.errors import OverlayError
from binarycop.service.backends import lock_windows


@dataclass
class WindowRegisters:
    """Registers that keep what is written, until they are locked. identity: what 0x40 reads."""

    identity: int = dma_window.IDENTITY
    words: dict[int, int] = field(default_factory=dict)

    def read(self, offset: int) -> int:
        return self.identity if offset == dma_window.IDENTITY_AT else self.words.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        if not self.words.get(dma_window.LOCK):
            self.words[offset] = value


@dataclass
class SharedMemory:
    address: int
    view: NDArray[np.uint8]

    def flush(self, offset: int, size: int) -> None: ...

    def invalidate(self, offset: int, size: int) -> None: ...


class OneMemory:
    """Devices whose memory is 64 KiB at 0x1_2345_0000, or missing."""

    def __init__(self, *, missing: bool = False) -> None:
        self.missing = missing

    def map_registers(self, device: Path, size: int) -> NDArray[np.uint32]:
        raise AssertionError("no registers are mapped")

    def open_memory(self, device: Path) -> SharedMemory:
        if self.missing:
            raise FileNotFoundError(2, "No such file or directory", str(device))
        return SharedMemory(0x1_2345_0000, np.zeros(0x1_0000, np.uint8))


def test_a_window_has_two_words_for_each_of_its_ends() -> None:
    registers = WindowRegisters()
    dma_window.set_window(registers, AddressRange(0x1_2345_0000, 0x1_0000), lock=True)
    assert registers.words == {0x48: 0x2345_0000, 0x4C: 1, 0x50: 0x2346_0000, 0x54: 1, 0x58: 1}


def test_a_locked_window_cannot_be_opened() -> None:
    registers = WindowRegisters()
    dma_window.set_window(registers, AddressRange(0x1000, 0x1000), lock=True)
    with pytest.raises(OverlayError, match="cannot be set to 1073741824 bytes at 0x0"):
        dma_window.set_window(registers, dma_window.DDR)


def test_loading_for_a_daemon_on_uio_locks_both_dmas_onto_its_memory() -> None:
    dmas = WindowRegisters(), WindowRegisters()
    for registers in dmas:
        dma_window.set_window(registers, dma_window.DDR)
    lock_windows(dmas, OneMemory())
    assert all(registers.words[0x50] == 0x2346_0000 and registers.words[0x58] == 1 for registers in dmas)


def test_nothing_is_written_to_finns_dmas() -> None:
    dmas = WindowRegisters(4), WindowRegisters(4)
    lock_windows(dmas, OneMemory(missing=True))
    assert not dmas[0].words
    assert not dmas[1].words


def test_without_the_daemons_memory_the_loading_fails() -> None:
    dmas = WindowRegisters(), WindowRegisters()
    with pytest.raises(OverlayError, match=r"the DMAs' windows need /dev/udmabuf0: No such file or directory"):
        lock_windows(dmas, OneMemory(missing=True))
