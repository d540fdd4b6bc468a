"""Records the relay's line from outside the daemon: ``relay_recorder VALUE-FILE NOTES``.

Writes a line to NOTES for the first level and for each change: the monotonic time, and 0 or 1.
"""

import os
import sys
from time import monotonic, sleep

EVERY_S = 0.01


def main() -> None:
    """Runs until it is killed."""
    before = b""
    with open(sys.argv[1], "rb") as line, open(sys.argv[2], "w") as notes:
        while True:
            level = os.pread(line.fileno(), 1, 0)
            if level != before:
                notes.write(f"{monotonic():.3f} {level.decode()}\n")
                notes.flush()
                before = level
            sleep(EVERY_S)


if __name__ == "__main__":
    main()
