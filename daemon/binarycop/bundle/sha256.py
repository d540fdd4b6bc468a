"""SHA-256 without OpenSSL, which takes 4 MB of memory and which the daemon needs for nothing else."""

from importlib import import_module
from typing import Protocol

_MODULES = ("_sha2", "_sha256", "hashlib")
"""Python's own code, under its name since 3.12 or before, as ``random`` uses it; OpenSSL's if Python lacks both."""


class Digest(Protocol):
    """A hash of all bytes that it was given so far."""

    def update(self, data: bytes, /) -> None:
        """Add these bytes."""

    def hexdigest(self) -> str:
        """The hash of what was added, in hexadecimal digits."""


def sha256() -> Digest:
    """The hash of no bytes yet."""
    for name in _MODULES:
        try:
            digest: Digest = import_module(name).sha256()
        except ImportError:
            continue
        return digest
    raise ImportError("this Python has no SHA-256")
