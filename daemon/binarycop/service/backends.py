"""Opens the bundle and the classifier that the settings name: the emulator, or the accelerator on a board."""

import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from binarycop.accelerator import dma_window
from binarycop.accelerator.base import Board, FpgaManager, Registers
from binarycop.accelerator.finn_classifier import FinnClassifier
from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.accelerator.kernel_devices import KernelDevices
from binarycop.accelerator.uio import DEV, MEMORY, Devices, UioBoard
from binarycop.bundle import build_files, check_build, hwh
from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from binarycop.bundle.hwh import AddressRange
from binarycop.bundle.search import find_bundle
from binarycop.classifier.base import Classifier
from binarycop.classifier.choose import open_emulator
from binarycop.classifier.golden import check_golden
from binarycop.clock import Clock, MonotonicClock
from binarycop.errors import BackendError, OverlayError, OverlayInUse, OverlayMissing
from binarycop.journal.events import Event
from binarycop.journal.writers import Journal
from binarycop.settings.classifier import Backend, ClassifierSettings, Fallback, MemoryAccess


def open_bundle(settings: ClassifierSettings) -> tuple[Bundle, Classifier]:
    """Load the bundle, start its backend, and check it with the golden vectors and a drawn face.

    Raises BundleError, BackendError.
    """
    bundle = bundles.load(find_bundle(settings.bundle))
    return bundle, open_checked(settings, bundle)


def open_checked(settings: ClassifierSettings, bundle: Bundle) -> Classifier:
    """Start the backend of the settings on a loaded bundle, and check it as ``open_bundle`` does.

    Raises BundleError, BackendError.
    """
    classifier = open_classifier(settings, bundle)
    try:
        self_test(bundle, classifier)
    except BaseException:
        classifier.close()
        raise
    return classifier


def self_test(bundle: Bundle, classifier: Classifier) -> int:
    """Check a backend with the golden vectors and a drawn face. Returns the number of golden vectors.

    Raises BundleError, BackendError.
    """
    # OpenCV takes seconds to import on a board, and `load-overlay --if-set` without an overlay does without it.
    from binarycop.service.crop_check import check_crops  # noqa: PLC0415

    golden = check_golden(bundle, classifier)
    check_crops(bundle, classifier)
    return golden


def open_bundle_or_fallback(
    settings: ClassifierSettings, journal: Journal, manager: FpgaManager | None = None
) -> tuple[Bundle, Classifier]:
    """As ``open_bundle``, but if the overlay fails, and the settings allow it, the backend is the emulator.

    Raises OverlayMissing, with every backend, while the clock of this board's logic is slow: so is then the dead-man
    timer that its relays may be behind; OverlayInUse if another daemon that runs has slowed it. manager: None is the
    kernel's.
    """
    manager = manager or SysfsFpgaManager()
    if manager.slowed_from_mhz() is not None:
        if user := manager.why_in_use():
            raise OverlayInUse(user)
        raise OverlayMissing("a daemon that was killed left its clock slow, and so its dead-man timer")
    try:
        return open_bundle(settings)
    except OverlayError as failure:
        if settings.overlay.fallback is not Fallback.EMULATOR:
            raise
        opened = open_bundle(replace(settings, backend=Backend.EMULATOR))
        journal.write(Event.ON_EMULATOR, "", reason=failure.reason)
        return opened


def open_classifier(settings: ClassifierSettings, bundle: Bundle) -> Classifier:
    """Open the backend of the settings. Raises BundleError, BackendError."""
    if settings.backend is Backend.EMULATOR:
        return open_emulator(bundle)
    bundle, board = open_board(settings, bundle)
    return open_accelerator(settings, bundle, board)


def open_accelerator(settings: ClassifierSettings, bundle: Bundle, board: Board) -> FinnClassifier:
    """Use the overlay that is loaded on a board. Raises OverlayError after it has closed the board."""
    clock: Clock = MonotonicClock()
    sleep: Callable[[float], None] = time.sleep
    if settings.backend.is_simulated:
        clock, sleep = _simulated_boards().time_of(board)
    try:
        return FinnClassifier(bundle, board, clock, sleep, settings.overlay.deadline_s, settings.backend.value)
    except BaseException:
        board.close()
        raise


def open_board(settings: ClassifierSettings, bundle: Bundle) -> tuple[Bundle, Board]:
    """Open the board of the settings. Returns it with the bundle, which has a build for this board.

    The overlay of a simulated board is loaded already; it makes a build for a bundle that has none. Raises BundleError
    if the build does not agree with the bundle, BackendError if pynq is missing, or a folder for the simulated board's
    files.
    """
    is_simulated = settings.backend.is_simulated
    if not is_simulated or build_files.has_build(bundle.manifest.sha256):
        check_build.check(bundle.folder, bundle.manifest)
    if is_simulated:
        try:
            simulated: tuple[Bundle, Board] = _simulated_boards().open_simulated(settings, bundle)
            return simulated
        except FileNotFoundError as error:
            raise BackendError(
                f"backend {settings.backend.value} needs a folder for temporary files: {error}"
            ) from error
    manifest = bundle.manifest
    if settings.overlay.memory is MemoryAccess.UIO:
        dmas = (manifest.input_dma, manifest.output_dma)
        hardware = hwh.read(bundle.folder / build_files.HWH)
        return bundle, UioBoard(hardware, manifest.clock_mhz, dmas, SysfsFpgaManager(), KernelDevices())
    bitstream, sha256 = bundle.folder / build_files.BITSTREAM, manifest.sha256[build_files.BITSTREAM]
    board: Board = import_with_pynq("pynq_board", settings.backend).PynqBoard(
        bitstream, sha256, manifest.clock_mhz, SysfsFpgaManager(), dmas=(manifest.input_dma, manifest.output_dma)
    )
    return bundle, board


def restore_clock(manager: FpgaManager) -> None:
    """Restore the clock of the logic, if a daemon that was killed has left it slow.

    Raises BackendError if pynq is missing, OverlayInUse if a daemon that runs has slowed it, OverlayError if the clock
    cannot be set.
    """
    if manager.slowed_from_mhz() is None:
        return
    manager.claim()
    try:
        full_mhz = manager.slowed_from_mhz()
        if full_mhz is not None:
            import_with_pynq("pynq_board", Backend.OVERLAY).restore_clock(full_mhz, manager)
    finally:
        manager.release()


def lock_windows(dmas: Sequence[Registers], devices: Devices, dev: Path = DEV) -> None:
    """Lock the DMAs, if they have address windows, onto the memory of a daemon on UIO. The DMAs must be idle.

    Until the overlay is loaded again, no program can then have them reach any other memory. Raises OverlayError.
    """
    if not all(dma_window.has_window(registers) for registers in dmas):
        return
    try:
        memory = devices.open_memory(dev / MEMORY)
    except OSError as error:
        raise OverlayError(f"the DMAs' windows need {dev / MEMORY}: {error.strerror}; see docs/overlay.md") from error
    for registers in dmas:
        dma_window.set_window(registers, AddressRange(memory.address, len(memory.view)), lock=True)


def _simulated_boards() -> ModuleType:
    """The module, with what only it imports: the daemon on a board needs neither in its memory."""
    return importlib.import_module("binarycop.service.simulated_boards")


def import_with_pynq(name: str, backend: Backend) -> Any:
    """Import a module of ``accelerator`` that needs pynq, so that no other module needs it. Raises BackendError."""
    try:
        return importlib.import_module(f"binarycop.accelerator.{name}")
    except ImportError as error:
        raise BackendError(
            f"backend {backend.value} needs pynq, which is not installed here ({error}); "
            "a PYNQ image has it, a checkout gets it by make venv; "
            "elsewhere install binarycop[simulated-board] (Python 3.10 to 3.12)"
        ) from error
