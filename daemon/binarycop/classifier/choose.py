"""From the names in the settings to a bundle's folder and a running backend."""

import sys
from pathlib import Path

from binarycop.classifier.base import Classifier
from binarycop.classifier.bundle import Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.errors import BundleError
from binarycop.settings.schema import Backend

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


def open_classifier(backend: Backend, bundle: Bundle) -> Classifier:
    """Make the backend that the settings name."""
    makers = {Backend.EMULATOR: Emulator}
    return makers[backend](bundle)
