"""Draws the pictures of the pages: ``python -m tests.docs.pictures`` writes docs/*.svg."""

import sys

from tests.docs.demo_picture import moments
from tests.docs.pages import ROOT
from tests.docs.pictures import recording
from tests.docs.pictures.all_pictures import PICTURES


def main() -> int:
    """Write the pictures; returns the exit code."""
    texts = {name: draw() for name, draw in PICTURES.items()} | {"recording": recording.draw(moments())}
    for name, text in texts.items():
        file = ROOT / "docs" / f"{name}.svg"
        file.write_text(text, encoding="utf-8")
        print(f"{file}: {len(text.encode()) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
