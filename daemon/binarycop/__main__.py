"""The entry point. It comes before everything else for the sake of one setting."""

import os
import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    # One image's products are too small to share out: OpenBLAS's threads only wait for each other, up to
    # eight times longer on a busy machine. It reads this when numpy is first imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from binarycop.cli.main import main as run  # noqa: PLC0415

    return run()


if __name__ == "__main__":
    sys.exit(main())
