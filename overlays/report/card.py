"""Writes the figures of a report into the model card of its bundle, between two marks."""

from pathlib import Path

from binarycop.bundle import files as bundles

_CARD = "README.md"
BEGIN, END = "<!-- figures of overlays.report -->", "<!-- end of the figures -->"


def write(folder: Path, lines: list[str]) -> None:
    """Replace what is between the marks of ``README.md``, and its hash in the manifest.

    Raises FileNotFoundError without a card, ValueError if the card does not have each mark once.
    """
    card = folder / _CARD
    text = card.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"{card}: the line {BEGIN} and, below it, the line {END} should each be there once")
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    card.write_text("\n".join([before + BEGIN, "", *lines, "", after]), encoding="utf-8")
    renew_hash(folder)


def renew_hash(folder: Path) -> None:
    """Write the hash of ``README.md`` into the manifest, after somebody changed the card. The other hashes stay."""
    bundles.add_files(folder, {_CARD: folder / _CARD})
