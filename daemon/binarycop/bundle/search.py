"""Finds a bundle by its name, in the checkout or where it is installed."""

import os
from importlib import resources
from pathlib import Path

from binarycop.errors import BundleError

CHECKOUT = Path(__file__).resolve().parents[3]
"""The project's folder, if this package runs from a checkout."""
SEARCH_PATHS = (
    CHECKOUT / "overlays" / "bundles",
    Path(str(resources.files("binarycop"))) / "bundles",
    Path("/usr/share/binarycop/bundles"),
)
"""In a checkout; in the package, where setup.py puts them; on a board, whose bundle store has the versions in use."""


def find_bundle(name: str) -> Path:
    """The folder of a bundle: ``name`` itself if it has a slash, else the first folder of that name in SEARCH_PATHS.

    Raises BundleError if there is none.
    """
    if "/" in name:
        return Path(name)
    if name not in ("", os.curdir, os.pardir):
        for parent in SEARCH_PATHS:
            if os.path.isdir(parent / name):  # False, and no error, for a name that is too long
                return parent / name
    folders = (path for parent in SEARCH_PATHS if parent.is_dir() for path in parent.iterdir())
    names = sorted({path.name for path in folders if path.is_dir()})
    raise BundleError(name, f"there is no such bundle; known here: {', '.join(names) or 'none'}")
