"""From the names in the settings to a bundle's folder and a running backend."""

import importlib
import time
from typing import Any

from binarycop.accelerator.base import Board
from binarycop.accelerator.finn_classifier import FinnClassifier
from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.accelerator.kernel_devices import KernelDevices
from binarycop.accelerator.simulated.fabric import SimulatedFault
from binarycop.accelerator.simulated.uio import SimulatedUioBoard
from binarycop.accelerator.uio import UioBoard
from binarycop.bundle import check_build, hwh
from binarycop.bundle.files import Bundle
from binarycop.classifier.base import Classifier
from binarycop.classifier.emulator import Emulator
from binarycop.clock import MonotonicClock
from binarycop.errors import BackendError
from binarycop.settings.classifier import Backend, ClassifierSettings, MemoryAccess


def open_classifier(settings: ClassifierSettings, bundle: Bundle) -> Classifier:
    """Make the backend that the settings name. Raises BundleError, BackendError."""
    if settings.backend is Backend.EMULATOR:
        return Emulator(bundle)
    bundle, board = open_board(settings, bundle)
    return open_overlay(settings, bundle, board)


def open_overlay(settings: ClassifierSettings, bundle: Bundle, board: Board) -> FinnClassifier:
    """Take up the overlay on a board. Raises OverlayError, and lets the board go then."""
    try:
        return FinnClassifier(
            bundle, board, MonotonicClock(), time.sleep, settings.overlay.deadline_s, settings.backend.value
        )
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
    check_build.check(bundle.folder, bundle.manifest)
    manifest = bundle.manifest
    if settings.overlay.memory is MemoryAccess.UIO:
        dmas = (manifest.input_dma, manifest.output_dma)
        overlay = hwh.read(bundle.folder / check_build.HWH)
        return bundle, UioBoard(overlay, manifest.clock_mhz, dmas, SysfsFpgaManager(), KernelDevices())
    file, sha256 = bundle.folder / check_build.BITSTREAM, manifest.sha256[check_build.BITSTREAM]
    board: Board = _pynq_module("pynq_board", settings.backend).PynqBoard(
        file, sha256, manifest.clock_mhz, SysfsFpgaManager()
    )
    return bundle, board


def _simulated(settings: ClassifierSettings, bundle: Bundle) -> tuple[Bundle, Board]:
    wanted, clock = settings.simulated_board, MonotonicClock()
    fault = SimulatedFault(wanted.fault, wanted.after, wanted.times)
    if settings.overlay.memory is MemoryAccess.UIO:
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
