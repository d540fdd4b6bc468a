"""The interfaces between the accelerator's driver and a board. The driver itself needs no hardware and no pynq."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Registers(Protocol):
    """The AXI-Lite registers of one IP: 32-bit words at byte offsets. A read can have side effects."""

    def read(self, offset: int) -> int:
        """The word at ``offset``."""

    def write(self, offset: int, value: int) -> None:
        """Set the word at ``offset``."""


class Buffer(Protocol):
    """Memory that the processor and a DMA share, cached by the processor. Its first axis counts images."""

    @property
    def bytes(self) -> NDArray[np.uint8]:
        """The memory as the processor sees it, in the shape that was allocated."""

    @property
    def address(self) -> int:
        """The physical address of the first byte, up to 64 bits. The DMA uses it."""

    def flush(self, count: int) -> None:
        """Write the first ``count`` images from the processor's cache to the memory, before a DMA reads them."""

    def invalidate(self, count: int) -> None:
        """Drop the first ``count`` images from the processor's cache, after a DMA has written them."""


class FpgaManager(Protocol):
    """The state of the programmable logic: whether it is configured, with what, who uses it, and who may load it.

    It also remembers that the logic's clock is slow, for the case that the process that slowed it down is killed.
    """

    def is_operating(self) -> bool:
        """Whether the logic is configured. If it is not, an access to its registers can hang the processor."""

    def loaded_sha256(self) -> str | None:
        """The sha256 of the bitstream that was loaded last. None if it was not recorded, or the logic is empty."""

    def record_loaded(self, sha256: str | None) -> None:
        """Record which bitstream is loaded now; None: none that is known. Raises OSError."""

    def record_slowed(self, full_mhz: float | None) -> None:
        """Record the full frequency of the logic's clock before it is slowed down; None: it is no longer slow.

        Raises OSError.
        """

    def slowed_from_mhz(self) -> float | None:
        """The full frequency of a clock that is slow, or may be; None if it is not slow. Raises OverlayError."""

    def why_load_denied(self) -> str | None:
        """Why this process may not load a bitstream. None if it may."""

    def claim(self) -> None:
        """Make this process the only one that uses the logic, until ``release`` or its end. Waits for a bounded time.

        Raises OverlayInUse if another one uses it, OverlayError if this process may not.
        """

    def release(self) -> None:
        """Let others use the logic. May be called twice, and without ``claim``."""

    def why_in_use(self) -> str:
        """Who uses the logic now, and what to do; empty if nobody does. Raises OverlayError if it cannot be asked."""


class Board(Protocol):
    """A board, with the bitstream and .hwh of one bundle."""

    @property
    def manager(self) -> FpgaManager:
        """The state of its programmable logic."""

    def load(self) -> None:
        """Load the bitstream, set its clock, and record it. Meanwhile the level of every pin of the logic is undefined.

        Raises OverlayLoadDenied if this process may not load it, OverlayError if it fails.
        """

    def attach(self) -> None:
        """Use the overlay that this process or another has loaded. Raises OverlayError."""

    def registers(self, name: str) -> Registers:
        """The registers of one IP of the attached overlay. Raises OverlayError if it has no IP of that name."""

    def allocate(self, shape: tuple[int, ...]) -> Buffer:
        """A buffer of bytes. Its memory is free again when nothing refers to it. Raises OverlayError without memory."""

    def clock_mhz(self) -> float:
        """The frequency of the logic's clock, FCLK0. Raises OverlayError."""

    def rest(self) -> None:
        """Make the logic's clock as slow as the board can, and change nothing else. Raises OverlayError.

        The clock is not stopped: then no input of the gate's lines could be read, and an access to a register of the
        overlay would hang the processor. A board that cannot set its clock does nothing.
        """

    def wake(self) -> None:
        """Set the clock to the manifest's frequency again. Raises OverlayError if it then runs at another one."""

    def close(self) -> None:
        """Stop using the overlay, which stays loaded, and let others use it. May be called twice."""
