"""Compiles the kernel: ``python -m binarycop.classifier.native.build [--cc CC] [--machine MACHINE] [--out FOLDER]``.

Without options it compiles for this machine, with ``cc``, next to the source, where ``kernel.py`` looks. The libraries
need no C library, so they run with any. Exit code 1: there is no compiler, or it failed.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from binarycop.classifier.native.variants import SOURCE, Variant, this_machine, variants_of

FLAGS = ("-std=gnu11", "-O3", "-Wall", "-Wextra", "-Werror", "-Wno-psabi", "-fPIC", "-shared", "-nostdlib", "-s")
_TIMEOUT_S = 120


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cc", default="cc", help="the compiler")
    parser.add_argument("--machine", default=this_machine(), help="what `uname -m` prints there")
    parser.add_argument("--out", type=Path, default=SOURCE.parent)
    options = parser.parse_args()
    if shutil.which(options.cc) is None:
        print(f"there is no compiler {options.cc}, so the emulator computes with numpy, several times slower")
        return 1
    built = [build(variant, options.cc, options.out) for variant in variants_of(options.machine)]
    return 0 if all(built) else 1


def build(variant: Variant, compiler: str, folder: Path) -> bool:
    """Compile one variant; returns whether that worked. The compiler's messages go to standard error."""
    command = [compiler, *FLAGS, *variant.flags, "-o", str(folder / variant.file), str(SOURCE)]
    return subprocess.run(command, check=False, timeout=_TIMEOUT_S).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
