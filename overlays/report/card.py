"""Writes the figures of a report into the model card of its bundle, between two marks."""

from pathlib import Path

from binarycop.bundle import files as bundles
from binarycop.bundle import manifest as manifests

BEGIN, END = "<!-- figures of overlays.report -->", "<!-- end of the figures -->"


def write(folder: Path, lines: list[str]) -> None:
    """Replace what is between the marks of ``README.md``, and its hash in the manifest.

    Raises FileNotFoundError without a card, ValueError if the card does not have each mark once.
    """
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"{card}: the line {BEGIN} and, below it, the line {END} should each be there once")
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    card.write_text("\n".join([before + BEGIN, "", *lines, "", after]), encoding="utf-8")
    bundles.write_manifest(folder, manifests.read(folder))
