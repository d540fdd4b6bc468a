"""Starts ``binarycop`` with the modules of the package's own folder: ``launch.py ARGUMENTS``.

This folder is first in the search path, since it has the gpiozero that is needed, and the board may have an older one.
"""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "python"))

if __name__ == "__main__":
    sys.argv[0] = "binarycop"  # the kernel lists the daemon's lines under this name
    sys.exit(importlib.import_module("binarycop.__main__").main())
