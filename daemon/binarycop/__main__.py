"""The program's entry point, which sets environment variables before numpy and OpenCV are imported."""

import gc
import os
import sys


def main() -> int:
    """Run the program; returns the exit code."""
    # The matrices of one image are too small for more than one thread: OpenBLAS's threads only wait for each other,
    # up to eight times longer on a busy machine. OpenBLAS reads this when numpy is first imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # OpenCV and its FFmpeg print messages of their own about a clip that they cannot read; our message is clearer.
    # OpenCV 4.5 does not know the second variable.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET
    try:
        from binarycop.cli.main import main as run  # noqa: PLC0415

        return run()
    except KeyboardInterrupt:  # while it is still importing
        return 130
    finally:
        # The process ends now. A last garbage collection over all objects would take a tenth of the time of a short
        # command.
        gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
