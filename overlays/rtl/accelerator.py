"""The whole accelerator: the sources of the shell, which goes around a core without being a part of its circuit."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from overlays.finn.lines import SOURCES as GATE_LINES

SHELL = Path(__file__).with_name("shell")
TOP = "binarycop_shell"


def shell_sources() -> list[Path]:
    """The shell's modules and the gate's lines, in the order of their compilation."""
    package = SHELL / "fault_causes.sv"
    return [package, *sorted(set(SHELL.glob("*.sv")) - {package}), *GATE_LINES]


def shell_sha256() -> str:
    """The hash of all sources of the shell."""
    return sha256_of((file.name, file.read_text(encoding="utf-8")) for file in shell_sources())


def sha256_of(texts: Iterable[tuple[str, str]]) -> str:
    """The hash of sources, each with its name, in their order."""
    digest = sha256()
    for name, text in texts:
        digest.update(f"{name} {len(text)}\n{text}".encode())
    return digest.hexdigest()
