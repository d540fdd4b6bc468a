"""Starts a program of the package, from the package's own folder and no other: ``launch.py PROGRAM ARGUMENTS``.

The folder comes first, since gpiozero is in it in the version that is needed, and the board may have an older one.
"""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "python"))
program, *sys.argv[1:] = sys.argv[1:]

if __name__ == "__main__":
    name = "binarycop.cli.bundle" if program == "binarycop-bundle" else "binarycop.__main__"
    sys.exit(importlib.import_module(name).main())
