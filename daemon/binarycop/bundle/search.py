"""Where bundles are looked for."""

import sys
from pathlib import Path

from binarycop.errors import BundleError

_CHECKOUT = Path(__file__).resolve().parents[3]
SEARCH_PATHS = (
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
    for shelf in SEARCH_PATHS:
        if (shelf / name).is_dir():
            return shelf / name
    here = sorted({path.name for shelf in SEARCH_PATHS if shelf.is_dir() for path in shelf.iterdir() if path.is_dir()})
    raise BundleError(name, f"there is no such bundle; there are {', '.join(here) or 'none'}")
