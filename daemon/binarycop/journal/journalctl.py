"""Reads journald's files with the program ``journalctl``: several times slower, and installed with systemd itself."""

import json
import shutil
import subprocess
from collections.abc import Generator, Iterator
from tempfile import TemporaryFile
from typing import Any

from binarycop.journal.fields import FIELDS
from binarycop.journal.journald import RawEntry, Terms

_FIELDS = (
    "MESSAGE", "MESSAGE_ID", "_BOOT_ID", "_SYSTEMD_UNIT", "_UID", *(f"BINARYCOP_{name.upper()}" for name in FIELDS)
)  # fmt: skip
_END_S = 5.0
_MESSAGE_BYTES = 500


class JournalctlReader:
    """program: the path of ``journalctl`` (systemd 249 and later)."""

    def __init__(self, program: str) -> None:
        self._program = program

    @classmethod
    def find(cls) -> "JournalctlReader | None":
        """The ``journalctl`` of this machine, if it is installed."""
        program = shutil.which("journalctl")
        return cls(program) if program else None

    def has_files(self) -> bool:
        """Whether this user may read any entry of the journal."""
        return bool(self.unique("_BOOT_ID"))

    def unique(self, field: str) -> set[str]:
        """See ``Reader.unique``."""
        return {line.rstrip("\n") for line in self._lines("--field", field)}

    def entries(
        self, terms: Terms, *, newest_first: bool = False, after: str = "", follow: bool = False
    ) -> Generator[RawEntry, None, None]:
        """See ``Reader.entries``."""
        options = ["--output=json", f"--output-fields={','.join(_FIELDS)}"]
        options += ["--reverse"] if newest_first else []
        options += [f"--after-cursor={after}"] if after else []
        options += ["--follow", "--no-tail"] if follow else []
        matches = [["+"] * bool(index) + _matches(term) for index, term in enumerate(terms)]
        for line in self._lines(*options, *(match for term in matches for match in term)):
            entry = _entry(line)
            if entry is not None:
                yield entry

    def _lines(self, *arguments: str) -> Iterator[str]:
        """The lines that it prints. Raises OSError if it ends with an error, but only after all its lines."""
        command = (self._program, "--quiet", "--no-pager", "--all", *arguments)
        # A file for its messages: a full pipe would stop it while its lines are read.
        with (
            TemporaryFile() as messages,
            subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages, text=True, errors="replace"
            ) as process,
        ):
            try:
                yield from process.stdout or ()
                if code := process.wait(_END_S):
                    messages.seek(0)
                    said = messages.read(_MESSAGE_BYTES).decode(errors="replace").strip()
                    raise OSError(code, f"journalctl: {said or f'exit code {code}'}")
            finally:
                process.kill()  # the reader may have had enough


def _matches(term: Any) -> list[str]:
    return [f"{name}={value}" for name, values in term.items() for value in values]


def _entry(line: str) -> RawEntry | None:
    """An entry from its line, or None if it is damaged."""
    try:
        entry = json.loads(line)
        fields = {name: _value(value) for name, value in entry.items()}
        stamps = int(entry["__REALTIME_TIMESTAMP"]), int(entry["__MONOTONIC_TIMESTAMP"])
        return RawEntry(*stamps, str(entry["__CURSOR"]), fields)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def _value(value: Any) -> Any:
    """A field as bytes. journalctl writes a text as it is, bytes as a list of numbers, several values as a list."""
    if isinstance(value, str):
        return value.encode(errors="replace")
    if isinstance(value, list):
        return bytes(value) if all(isinstance(byte, int) for byte in value) else [_value(one) for one in value]
    return b""
