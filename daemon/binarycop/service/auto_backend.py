"""Whether a process that is not the daemon may use the overlay of a board: a notebook, or ``classify``."""

import os
from importlib.util import find_spec

from binarycop.accelerator.base import FpgaManager
from binarycop.bundle.build_files import BITSTREAM
from binarycop.bundle.files import Bundle
from binarycop.errors import OverlayError
from binarycop.settings.classifier import MemoryAccess


def why_not_overlay(bundle: Bundle, memory: MemoryAccess, manager: FpgaManager) -> str:
    """Why this process cannot use a bundle's overlay now; empty if it can. manager: the state of the board's logic."""
    expected = bundle.manifest.sha256.get(BITSTREAM)
    if expected is None:
        return "the bundle has no bitstream"
    loaded = manager.loaded_sha256()
    if loaded is None:
        return "no overlay is loaded"
    if loaded != expected:
        return "the loaded overlay is another one"
    if memory is MemoryAccess.PYNQ:
        if os.geteuid() != 0:
            return "only root reaches the overlay through pynq"
        if find_spec("pynq") is None:
            return "pynq is not installed"
    try:
        return manager.why_in_use()
    except OverlayError as error:
        return error.reason
