"""What the driver needs of a board. Pure code stands on these; ``pynq_board`` supplies them."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Registers(Protocol):
    """The AXI-Lite registers of one IP: 32-bit words at byte offsets. Reading may have side effects."""

    def read(self, offset: int) -> int:
        """The word at ``offset``."""

    def write(self, offset: int, value: int) -> None:
        """Set the word at ``offset``."""


class Buffer(Protocol):
    """Memory that processor and DMA share, behind the processor's cache; its first axis counts images."""

    @property
    def bytes(self) -> NDArray[np.uint8]:
        """The processor's view, in the shape that was asked for."""

    @property
    def address(self) -> int:
        """Where the DMA finds it, up to 64 bits."""

    def flush(self, count: int) -> None:
        """Let the DMA see what was written to the first ``count`` images."""

    def invalidate(self, count: int) -> None:
        """See what the DMA wrote to the first ``count`` images."""


class BufferAllocator(Protocol):
    """Gives such memory; it is given back when nobody holds the buffer any more."""

    def allocate(self, shape: tuple[int, ...]) -> Buffer:
        """A buffer of bytes. Raises OverlayError where there is no memory left."""


class FpgaManager(Protocol):
    """Who may configure the programmable logic, and with what it was configured last."""

    def is_operating(self) -> bool:
        """Whether the logic is configured. Where it is not, an access to its registers can hang the processor."""

    def loaded_sha256(self) -> str | None:
        """The sha256 of the bitstream that was loaded last; None where nobody noted it, or the logic is empty."""

    def record_loaded(self, sha256: str | None) -> None:
        """Note what is loaded now. Raises OSError."""

    def why_load_denied(self) -> str | None:
        """Why this process may not load a bitstream; None where it may."""


class Board(BufferAllocator, Protocol):
    """A board with one bundle's bitstream and .hwh at hand."""

    @property
    def manager(self) -> FpgaManager:
        """Its programmable logic's state."""

    def load(self) -> None:
        """Load the bitstream, set its clock, and note what was loaded; every PL pin goes invalid meanwhile.

        Raises OverlayLoadDenied where this process may not, OverlayError where it fails.
        """

    def attach(self) -> None:
        """Take up an overlay that was loaded before, by this process or another. Raises OverlayError."""

    def registers(self, name: str) -> Registers:
        """The registers of one IP of the attached overlay. Raises OverlayError where there is none of that name."""

    def clock_mhz(self) -> float:
        """The frequency of the logic's clock, FCLK0."""

    def close(self) -> None:
        """Let the overlay go; may be called twice."""
