"""Settings of ``classifier``: the network and what runs it."""

from dataclasses import dataclass
from enum import Enum

from binarycop.settings.field import bounded

MOST_CROPS = 16
"""The most crops of one step, all gates and views together: one transfer of the accelerator takes as many."""


def views_of_each_face(views: int, gates: int) -> int:
    """How many views a face gets if ``views`` are set: fewer with many gates, so that ``MOST_CROPS`` holds."""
    return max(min(views, MOST_CROPS // gates), 1)


class Backend(Enum):
    """What runs the network: the processor, the FPGA, or a board in software; of simulated-rtl the circuit is real."""

    EMULATOR = "emulator"
    OVERLAY = "overlay"
    SIMULATED_BOARD = "simulated-board"
    SIMULATED_RTL = "simulated-rtl"

    @property
    def is_simulated(self) -> bool:
        """Whether it is a board in software."""
        return self in (Backend.SIMULATED_BOARD, Backend.SIMULATED_RTL)


class MemoryAccess(Enum):
    """How the daemon reaches the overlay's registers and buffers: through pynq (as root), or UIO and u-dma-buf."""

    PYNQ = "pynq"
    UIO = "uio"


class Fallback(Enum):
    """What runs the network when the overlay has failed for good; none: the daemon ends."""

    NONE = "none"
    EMULATOR = "emulator"


class FaultKind(Enum):
    """What the simulated board does wrong.

    hang: a batch never ends. slow: it ends too late. flip: bits of the scores are wrong. lose: the overlay is gone.
    """

    NONE = "none"
    HANG = "hang"
    SLOW = "slow"
    FLIP = "flip"
    LOSE = "lose"


@dataclass(frozen=True)
class OverlaySettings:
    """The accelerator in the FPGA."""

    memory: MemoryAccess = MemoryAccess.PYNQ
    """``pynq``: the daemon runs as root. ``uio``: it needs no root rights, but two kernel drivers (docs/overlay.md)."""

    deadline_s: float = bounded(0.1, 0.001, 1)
    """Seconds that one batch may take; after that, the accelerator counts as hung."""

    restarts: int = bounded(3, 0, 100)
    """How many times within ``within_s`` the daemon loads the overlay again before it uses ``fallback``."""

    within_s: float = bounded(600.0, 1, 86_400)
    """Period for ``restarts``, in seconds."""

    fallback: Fallback = Fallback.NONE
    """``none``: the daemon ends, and the relay is off. ``emulator``: the processor takes over, with equal scores.

    At the start it applies to the first failure; ``restarts`` counts only failures of the running daemon.
    """


@dataclass(frozen=True)
class SimulatedBoardSettings:
    """The backends ``simulated-board`` and ``simulated-rtl``, to inject faults."""

    fault: FaultKind = FaultKind.NONE
    """The fault that is injected."""

    after: int = bounded(100, 0, 1_000_000)
    """How many batches succeed before the fault; the count starts again when the overlay is loaded."""

    times: int = bounded(1, 1, 1000)
    """How many times the fault occurs."""


@dataclass(frozen=True)
class SimulatedRtlSettings:
    """The backend ``simulated-rtl``: the circuit, simulated clock cycle by clock cycle."""

    folder: str = "build/rtl"
    """Folder with the circuits' simulations, ``NAME.so`` for the bundle NAME; ``make rtl-model`` writes them.

    They run in the daemon: only root may be able to write into this folder.
    """


@dataclass(frozen=True)
class ClassifierSettings:
    """The network. All gates share it."""

    bundle: str = "n-cnv"
    """Name of a bundle (``cnv``, ``n-cnv``, ``u-cnv``), or a folder if there is a slash in it."""

    backend: Backend = Backend.EMULATOR
    """``emulator``, ``overlay`` (the FPGA, needs a bitstream), ``simulated-board`` or ``simulated-rtl``."""

    views: int = bounded(6, 1, 10)
    """How many crops of each face are classified: mirrored, and moved by a pixel. Their mean score counts.

    All gates together classify at most 16 crops at a time: 3 gates have 5 views, 4 gates 4, and 8 gates 2.
    """

    overlay: OverlaySettings = OverlaySettings()
    """The accelerator in the FPGA."""

    simulated_board: SimulatedBoardSettings = SimulatedBoardSettings()
    """The backends ``simulated-board`` and ``simulated-rtl``."""

    simulated_rtl: SimulatedRtlSettings = SimulatedRtlSettings()
    """The backend ``simulated-rtl``."""
