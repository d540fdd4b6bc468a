"""Builds the images of the suites that CI runs, so that this can be done beside something else. ``make images``.

One after the other, since only one apt-get can run at a time. It needs root.
"""

import sys

from tests.system.board import run as board
from tests.system.package import run as package
from tests.system.systemd import run as systemd


def main() -> int:
    """Build them. Returns 1 if one cannot be built."""
    return 0 if all(suite.image() is not None for suite in (board, systemd, package)) else 1


if __name__ == "__main__":
    sys.exit(main())
