"""The whole accelerator is a core and the shell around it. This module has the shell's sources and parameters."""

from collections.abc import Iterable
from hashlib import sha256
from math import prod
from pathlib import Path

from binarycop.bundle import check_build
from binarycop.bundle.files import Bundle
from binarycop.classes import LABELS
from overlays.finn.lines import SOURCES as GATE_LINES
from overlays.rtl import core

SHELL = Path(__file__).with_name("shell")
TOP = "binarycop_shell"


def shell_sources() -> list[Path]:
    """The shell's modules and the gate's lines, in the order of their compilation."""
    package = SHELL / "fault_causes.sv"
    return [package, *sorted(set(SHELL.glob("*.sv")) - {package}), *GATE_LINES]


def parameters(bundle: Bundle) -> dict[str, int]:
    """The shell's parameters for a bundle: bits of a score, and how its manifest packs the scores of an image.

    Raises BundleError if the packing is not that of FINN, ValueError if the output type cannot hold all scores.
    """
    check_build.check_shapes(bundle.folder, bundle.manifest)
    packed = bundle.manifest.output_packed
    return {
        "SCORE_BITS": core.score_bits(bundle),
        "WORD_SCORES": len(LABELS) // prod(packed[1:-1]),
        "WORD_BYTES": packed[-1],
    }


def shell_sha256() -> str:
    """The hash of all sources of the shell."""
    return sha256_of((file.name, file.read_text(encoding="utf-8")) for file in shell_sources())


def sha256_of(texts: Iterable[tuple[str, str]]) -> str:
    """One hash of several sources, (name, text) each; their order counts."""
    digest = sha256()
    for name, text in texts:
        digest.update(f"{name} {len(text)}\n{text}".encode())
    return digest.hexdigest()
