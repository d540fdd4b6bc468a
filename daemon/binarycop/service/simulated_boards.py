"""Opens the simulated boards, of which a daemon on a board needs nothing."""

import time
from collections.abc import Callable
from pathlib import Path

from binarycop.accelerator.base import Board
from binarycop.accelerator.simulated.circuit import Circuit
from binarycop.accelerator.simulated.fabric import Fabric
from binarycop.accelerator.simulated.logic import Logic, SimulatedFault
from binarycop.accelerator.simulated.uio import SimulatedUioBoard
from binarycop.bundle.files import Bundle
from binarycop.clock import Clock, MonotonicClock
from binarycop.service.backends import import_with_pynq
from binarycop.settings.classifier import Backend, ClassifierSettings, MemoryAccess


def open_simulated(settings: ClassifierSettings, bundle: Bundle) -> tuple[Bundle, Board]:
    """The board of the settings, with its overlay loaded, and the bundle with a build for this board.

    Raises BackendError if pynq is missing, FileNotFoundError without a folder for the board's files.
    """
    simulated = settings.simulated_board
    fault = SimulatedFault(simulated.fault, simulated.after, simulated.times)

    def make_logic(built: Bundle) -> Logic:
        if settings.backend is Backend.SIMULATED_RTL:
            library = Path(settings.simulated_rtl.folder) / f"{built.manifest.name}.so"
            return Circuit(built, library, fault)
        return Fabric(built, MonotonicClock(), fault)

    if settings.overlay.memory is MemoryAccess.UIO:
        uio_board = SimulatedUioBoard(bundle, make_logic)
        return uio_board.bundle, uio_board
    board = import_with_pynq("simulated.device", settings.backend).SimulatedBoard(bundle, make_logic)
    return board.bundle, board


def time_of(board: Board) -> tuple[Clock, Callable[[float], None]]:
    """The clock of a board, and what lets time pass on it: a simulated circuit has its own time."""
    if isinstance(board.manager, Circuit):
        return board.manager, board.manager.sleep
    return MonotonicClock(), time.sleep
