"""The journal of this machine, and its reader: python3-systemd, or ``journalctl`` where that is missing."""

import importlib
import os
from pathlib import Path

from binarycop.errors import JournalError
from binarycop.journal.journalctl import JournalctlReader
from binarycop.journal.journald import Reader
from binarycop.journal.python_systemd import SystemdReader

_RUNNING_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NOTHING_TO_READ = (
    "there is none that this user may read; be root or in the group systemd-journal, "
    "and see systemctl status systemd-journald"
)


def open_reader() -> Reader:
    """Open what this user may read. Raises JournalError if there is nothing to read, or no reader is installed."""
    try:
        module = importlib.import_module("systemd.journal")
    except ImportError:
        journalctl = JournalctlReader.find()
        if journalctl is None:
            raise JournalError("neither python3-systemd nor journalctl is installed; apt install systemd") from None
        return _checked(journalctl)
    return _checked(SystemdReader(module))


def _checked(reader: SystemdReader | JournalctlReader) -> Reader:
    try:
        if reader.has_files():
            return reader
    except OSError as error:
        raise JournalError(f"it cannot be opened: {os.strerror(error.errno) if error.errno else error}") from error
    raise JournalError(_NOTHING_TO_READ)


def running_boot() -> str:
    """The id of the boot that runs now, in hex."""
    return _RUNNING_BOOT.read_text(encoding="ascii").strip().replace("-", "")
