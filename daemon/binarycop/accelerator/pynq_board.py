"""A ``Board`` that uses pynq's Overlay, MMIO and allocate. No other module imports pynq.

Tested with pynq 3.0.1, 3.1.2 and 4.0.0. ``service.backends`` imports this module only if the settings need it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pynq
import pynq.ps
from numpy.typing import NDArray
from pynq.buffer import PynqBuffer
from pynq.pl_server.device import Device
from pynqmetadata.frontends import Metadata

from binarycop.accelerator import dma_window
from binarycop.accelerator.base import Buffer, FpgaManager, Registers
from binarycop.bundle.check_build import is_clock_right
from binarycop.errors import OverlayError, OverlayLoadDenied

try:
    from pynq.metadata.runtime_metadata_parser import RuntimeMetadataParser
except ImportError:  # 4.0 moved it
    from pynqmetadata.views.runtime import RuntimeMetadataParser

_MAX_DIVISOR = 63  # FPGA0_CLK_CTRL has two of 6 bits each (UG585, B.28): 1000 MHz becomes 0.25 MHz

__all__ = ["Device", "Metadata", "PynqBoard", "PynqBuffer", "RuntimeMetadataParser", "pynq"]


class ContiguousBuffer:
    """A ``Buffer`` from ``pynq.allocate``: contiguous, cacheable memory."""

    def __init__(self, shape: tuple[int, ...], device: Any) -> None:
        self._array = pynq.allocate(shape, dtype=np.uint8, target=device, cacheable=True)
        self.bytes: NDArray[np.uint8] = np.asarray(self._array)
        self.address = int(self._array.device_address)

    def flush(self, count: int) -> None:
        """See ``Buffer.flush``."""
        self._array[:count].flush()

    def invalidate(self, count: int) -> None:
        """See ``Buffer.invalidate``."""
        self._array[:count].invalidate()


class PynqBoard:
    """A ``Board`` that pynq drives, as root.

    bitstream: its .hwh is in the same folder. clock_mhz: the clock to set. device: pynq's device; None: the one that
    pynq finds. dmas: the DMAs whose address windows ``load`` opens, if they have any.
    """

    def __init__(
        self,
        bitstream: Path,
        sha256: str,
        clock_mhz: float,
        manager: FpgaManager,
        device: Any | None = None,
        dmas: tuple[str, ...] = (),
    ) -> None:
        self.manager = manager
        self._bitstream, self._sha256, self._clock_mhz = bitstream, sha256, clock_mhz
        self._device, self._overlay, self._dmas = device, None, dmas

    def load(self) -> None:
        """See ``Board.load``."""
        reason = self.manager.why_load_denied()
        if reason is not None:
            raise OverlayLoadDenied(f"it cannot be loaded from here: {reason}; run binarycop load-overlay as root")
        self.manager.claim()
        try:
            # The record is removed first: after an interrupted loading there must be none.
            self.manager.record_loaded(None)
            if self._overlay is None:
                self._overlay = self._open(download=True)
            else:
                # A new Overlay would read the .hwh again, which takes seconds on a board while the gate waits.
                self._overlay.download()
            # A process that cannot read the clock (``uio``) relies on the record.
            _set_clock(self._clock_mhz, self.manager)
            self._open_windows()
            self.manager.record_loaded(self._sha256)
        except Exception as error:
            raise OverlayError(f"it could not be loaded: {_format(error)}") from error

    def attach(self) -> None:
        """See ``Board.attach``."""
        if self._overlay is not None:
            return
        try:
            self._overlay = self._open(download=False)
        except Exception as error:
            raise OverlayError(f"pynq cannot use it: {_format(error)}") from error

    def registers(self, name: str) -> Registers:
        """See ``Board.registers``."""
        try:
            registers: Registers = getattr(self._overlay, name).mmio
        except AttributeError:
            raise OverlayError(f"pynq finds no IP {name} in {self._bitstream.with_suffix('.hwh').name}") from None
        except Exception as error:
            raise OverlayError(f"the registers of {name} cannot be reached: {_format(error)}") from error
        return registers

    def allocate(self, shape: tuple[int, ...]) -> Buffer:
        """See ``Board.allocate``."""
        try:
            return ContiguousBuffer(shape, self._device)
        except Exception as error:
            raise OverlayError(f"no memory for DMA: {_format(error)}") from error

    def clock_mhz(self) -> float:
        """See ``Board.clock_mhz``."""
        try:
            return float(pynq.ps.Clocks.fclk0_mhz)
        except Exception as error:
            raise OverlayError(f"its clock cannot be read: {_format(error)}") from error

    def rest(self) -> None:
        """See ``Board.rest``."""
        try:
            self.manager.record_slowed(self._clock_mhz)  # first: this process may be killed at any time
            pynq.ps.Clocks.set_pl_clk(0, div0=_MAX_DIVISOR, div1=_MAX_DIVISOR)
        except Exception as error:
            raise OverlayError(f"its clock cannot be slowed down: {_format(error)}") from error

    def wake(self) -> None:
        """See ``Board.wake``."""
        restore_clock(self._clock_mhz, self.manager)

    def close(self) -> None:
        """See ``Board.close``. The logic stays configured."""
        self._overlay = None
        self.manager.release()

    def _open_windows(self) -> None:
        # pynq's buffers can be anywhere in the memory. Without a window our circuit moves nothing.
        for name in self._dmas:
            registers = self.registers(name)
            if dma_window.has_window(registers):
                dma_window.set_window(registers, dma_window.DDR)

    def _open(self, *, download: bool) -> Any:
        return pynq.Overlay(str(self._bitstream.resolve()), download=download, device=self._device)


def restore_clock(full_mhz: float, manager: FpgaManager) -> None:
    """Set the clock of the logic, FCLK0, to its full frequency again. Raises OverlayError if it runs at another one."""
    try:
        _set_clock(full_mhz, manager)
    except Exception as error:
        raise OverlayError(f"its clock cannot be set: {_format(error)}") from error


def _set_clock(full_mhz: float, manager: FpgaManager) -> None:
    if not is_clock_right(float(pynq.ps.Clocks.fclk0_mhz), full_mhz):
        # pynq sets one divisor after the other, the second one to 1, so the clock is never too fast between them.
        pynq.ps.Clocks.fclk0_mhz = full_mhz
        clock_mhz = float(pynq.ps.Clocks.fclk0_mhz)
        if not is_clock_right(clock_mhz, full_mhz):
            raise ValueError(f"its clock runs at {clock_mhz:g} MHz, not {full_mhz:g}")
    manager.record_slowed(None)


def _format(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
