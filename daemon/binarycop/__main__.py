"""The program's entry point, which sets one environment variable before numpy is imported."""

import os
import sys


def main() -> int:
    """Run the program; returns the exit code."""
    # The matrices of one image are too small for more than one thread: OpenBLAS's threads only wait for each other,
    # up to eight times longer on a busy machine. OpenBLAS reads this when numpy is first imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from binarycop.cli.main import main as run  # noqa: PLC0415

    return run()


if __name__ == "__main__":
    sys.exit(main())
