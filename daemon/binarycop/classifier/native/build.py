"""Compiles the kernel: ``python -m binarycop.classifier.native.build [--cc CC] [--machine MACHINE] [--out FOLDER]``.

Without options it compiles for this machine, with ``cc``, next to the source, where ``kernel.py`` looks. The libraries
need no C library, so they run with any. Exit code 1: there is no compiler, or it failed or took too long.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from binarycop.classifier.native.variants import SOURCE, SOURCES, Variant, this_machine, variants_of

FLAGS = ("-std=gnu11", "-O3", "-Wall", "-Wextra", "-Werror", "-Wno-psabi", "-fPIC", "-shared", "-nostdlib", "-s")
_LONGEST_S = 600.0  # of one variant: seconds on a quiet machine


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
    file = folder / variant.file
    part = file.with_suffix(f".{os.getpid()}.part")  # kernel.py never finds half a library, nor that of another build
    command = [compiler, *FLAGS, *variant.flags, "-o", str(part), *map(str, SOURCES)]
    try:
        if subprocess.run(command, check=False, timeout=_LONGEST_S).returncode != 0:
            return False
        part.replace(file)
        return True
    except subprocess.TimeoutExpired:
        print(
            f"{compiler} took more than {_LONGEST_S:g} s for {file.name}: try again when the machine is idle",
            file=sys.stderr,
        )
        return False
    finally:
        part.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
