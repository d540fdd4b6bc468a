"""From the names in the settings to a bundle's folder and a running backend."""

import importlib
import sys
import time
from pathlib import Path
from typing import Any

from binarycop.accelerator import build, handoff
from binarycop.accelerator.base import Board
from binarycop.accelerator.fpga_manager import FpgaManager
from binarycop.accelerator.kernel_devices import KernelDevices
from binarycop.accelerator.simulated.fabric import Fault
from binarycop.accelerator.simulated.uio import SimulatedUioBoard
from binarycop.accelerator.uio import UioBoard
from binarycop.classifier.base import Classifier
from binarycop.classifier.bundle import Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.overlay import Overlay
from binarycop.clock import MonotonicClock
from binarycop.errors import BackendError, BundleError
from binarycop.settings.schema import Backend, ClassifierSettings, Reach

_CHECKOUT = Path(__file__).resolve().parents[3]
SHELVES = (
    _CHECKOUT / "overlays" / "bundles",
    Path(sys.prefix) / "share" / "binarycop" / "bundles",
    Path("/usr/share/binarycop/bundles"),
)


def find_bundle(name: str) -> Path:
    """The folder of a bundle: itself where ``name`` has a slash, else the first of that name on the shelves.

    Raises BundleError where there is none.
    """
    if "/" in name:
        return Path(name)
    for shelf in SHELVES:
        if (shelf / name).is_dir():
            return shelf / name
    here = sorted({path.name for shelf in SHELVES if shelf.is_dir() for path in shelf.iterdir() if path.is_dir()})
    raise BundleError(name, f"there is no such bundle; there are {', '.join(here) or 'none'}")


def open_classifier(settings: ClassifierSettings, bundle: Bundle) -> Classifier:
    """Make the backend that the settings name. Raises BundleError, BackendError."""
    if settings.backend is Backend.EMULATOR:
        return Emulator(bundle)
    bundle, board = open_board(settings, bundle)
    return open_overlay(settings, bundle, board)


def open_overlay(settings: ClassifierSettings, bundle: Bundle, board: Board) -> Overlay:
    """Take up the overlay on a board. Raises OverlayError, and lets the board go then."""
    try:
        return Overlay(bundle, board, MonotonicClock(), time.sleep, settings.overlay.deadline_s, settings.backend.value)
    except BaseException:
        board.close()
        raise


def open_board(settings: ClassifierSettings, bundle: Bundle) -> tuple[Bundle, Board]:
    """The board of the settings, and the bundle with the build that belongs on it.

    The simulated board comes with its overlay loaded. Raises BundleError where the build does not agree with the
    bundle, BackendError where pynq is missing, or a place for the simulated board's files.
    """
    if settings.backend is Backend.SIMULATED_BOARD:
        try:
            return _simulated(settings, bundle)
        except FileNotFoundError as error:
            raise BackendError(
                f"backend {settings.backend.value} needs a folder for temporary files: {error}"
            ) from error
    build.check(bundle.folder, bundle.manifest)
    manifest = bundle.manifest
    if settings.overlay.memory is Reach.UIO:
        dmas = (manifest.input_dma, manifest.output_dma)
        overlay = handoff.read(bundle.folder / build.HANDOFF)
        return bundle, UioBoard(overlay, manifest.clock_mhz, dmas, FpgaManager(), KernelDevices())
    file, sha256 = bundle.folder / build.BITSTREAM, manifest.sha256[build.BITSTREAM]
    board: Board = _pynq_module("pynq_board", settings.backend).PynqBoard(
        file, sha256, manifest.clock_mhz, FpgaManager()
    )
    return bundle, board


def _simulated(settings: ClassifierSettings, bundle: Bundle) -> tuple[Bundle, Board]:
    wanted, clock = settings.simulated_board, MonotonicClock()
    fault = Fault(wanted.fault, wanted.after, wanted.times)
    if settings.overlay.memory is Reach.UIO:
        reached = SimulatedUioBoard(bundle, clock, fault)
        return reached.bundle, reached
    simulated = _pynq_module("simulated.device", settings.backend).SimulatedBoard(bundle, clock, fault)
    return simulated.bundle, simulated


def _pynq_module(name: str, backend: Backend) -> Any:
    """A module of ours that needs pynq; nothing else may."""
    try:
        return importlib.import_module(f"binarycop.accelerator.{name}")
    except ImportError as error:
        raise BackendError(
            f"backend {backend.value} needs pynq, which is not installed here ({error}); "
            "a PYNQ image has it, elsewhere pip install 'binarycop[simulated-board]'"
        ) from error
