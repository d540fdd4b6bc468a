"""journald's files, through systemd's own Reader."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from binarycop.errors import JournalError

_RUNNING_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Reader(Protocol):
    """The part of ``systemd.journal.Reader`` that is used here (python-systemd 234 and later)."""

    def add_match(self, **fields: str) -> None:
        """Select entries with this value: one value of each field must match."""

    def flush_matches(self) -> None:
        """Select all entries again."""

    def query_unique(self, field: str) -> set[UUID]:
        """Every value that the field has in any entry; those of ``_BOOT_ID`` are UUIDs."""

    def seek_head(self) -> None:
        """Go before the first selected entry."""

    def seek_tail(self) -> None:
        """Go behind the last selected entry."""

    def get_next(self) -> Mapping[str, Any]:
        """The next entry; an empty mapping at the end."""

    def get_previous(self) -> Mapping[str, Any]:
        """The entry before; an empty mapping at the beginning."""

    def wait(self, timeout: float) -> int:
        """Return after ``timeout`` seconds, or earlier if an entry was written."""


def open_reader() -> Reader:
    """Open all files that this user may read. Raises JournalError if there is nothing to read."""
    try:
        journal = importlib.import_module("systemd.journal")
    except ImportError as error:
        raise JournalError(
            "Python's systemd module is missing; apt install python3-systemd, or for a virtual environment, which does "
            "not see it, apt install libsystemd-dev pkg-config and then pip install systemd-python"
        ) from error
    try:
        reader = journal.Reader()
        has_files = reader.has_persistent_files() or reader.has_runtime_files()
    except OSError as error:
        raise JournalError(f"it cannot be opened: {error.strerror}") from error
    if not has_files:
        raise JournalError(
            "this user may read no journal; be root or in the group systemd-journal, "
            "and see systemctl status systemd-journald"
        )
    opened: Reader = reader
    return opened


def running_boot() -> str:
    """The id of the boot that runs now, in hex."""
    return _RUNNING_BOOT.read_text(encoding="ascii").strip().replace("-", "")
