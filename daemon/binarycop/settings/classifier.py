"""Settings of ``classifier``: the network and what runs it."""

from dataclasses import dataclass
from enum import Enum

from binarycop.settings.field import bounded


class Backend(Enum):
    """Where the network runs."""

    EMULATOR = "emulator"
    OVERLAY = "overlay"
    SIMULATED_BOARD = "simulated-board"


class MemoryAccess(Enum):
    """How the overlay's registers and buffers are reached: pynq (root), or UIO and u-dma-buf (no rights)."""

    PYNQ = "pynq"
    UIO = "uio"


class Fallback(Enum):
    """What runs the network when the overlay cannot be had any more; none ends the daemon."""

    NONE = "none"
    EMULATOR = "emulator"


class FaultKind(Enum):
    """What the simulated board does wrong: never ends a batch, ends it too late, flips bits, loses its overlay."""

    NONE = "none"
    HANG = "hang"
    SLOW = "slow"
    FLIP = "flip"
    LOSE = "lose"


@dataclass(frozen=True)
class OverlaySettings:
    """The accelerator. memory: how it is reached. deadline_s: a batch that takes longer has hung.

    restarts: how often within ``within_s`` it is loaded anew before ``fallback`` takes over.
    """

    memory: MemoryAccess = MemoryAccess.PYNQ
    deadline_s: float = bounded(0.1, 0.001, 1)
    restarts: int = bounded(3, 0, 100)
    within_s: float = bounded(600.0, 1, 86_400)
    fallback: Fallback = Fallback.NONE


@dataclass(frozen=True)
class SimulatedBoardSettings:
    """The board of the backend ``simulated-board``, to rehearse failures on.

    after: batches that go well before the fault, counted anew whenever the overlay is loaded. times: how often.
    """

    fault: FaultKind = FaultKind.NONE
    after: int = bounded(100, 0, 1_000_000)
    times: int = bounded(1, 1, 1000)


@dataclass(frozen=True)
class ClassifierSettings:
    """The network. bundle: a name (``n-cnv``) or, with a slash in it, a folder."""

    bundle: str = "n-cnv"
    backend: Backend = Backend.EMULATOR
    overlay: OverlaySettings = OverlaySettings()
    simulated_board: SimulatedBoardSettings = SimulatedBoardSettings()
