"""Where events go: the journal's writer, journald, text lines or memory. All take texts and numbers, never pixels."""

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from binarycop.clock import Clock
from binarycop.journal import fields
from binarycop.journal.events import Event
from binarycop.journal.evidence import sentence
from binarycop.journal.fields import Value as Value  # noqa: PLC0414 - exported to all who write events
from binarycop.journal.writer_client import WriterClient
from binarycop.printable import printable
from binarycop.settings.journal import JournalTarget

WRITER_SOCKET = "BINARYCOP_JOURNAL"
"""The variable in which the daemon's unit names the socket of the journal's writer (binarycop-journal.socket)."""

_MAX_TEXT_CHARS = 300
_SOCKET = Path("/run/systemd/journal/socket")


class Journal(Protocol):
    """Writes events. For one thread only."""

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """Write one event of one gate; an empty name stands for the daemon itself.

        values: the fields of the event's text, and more. Raises TypeError for a value that is neither text nor number,
        so that no array of pixels or scores gets into a log by mistake.
        """


class OutputJournal(Journal, Protocol):
    """A journal of the whole process."""

    def flush(self) -> None:
        """Write what waits, without blocking. Call it often."""

    def close(self) -> None:
        """Write what waits, for a limited time."""


class TextJournal:
    """One text line per event. Under systemd each line begins with its priority (sd-daemon(3))."""

    def __init__(self, print_line: Callable[[str], None]) -> None:
        self._print_line = print_line

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        priority = f"<{event.spec.level.value}>" if is_under_systemd() else ""
        self._print_line(priority + format_message(event, gate, values))

    def flush(self) -> None:
        """Nothing waits."""

    close = flush


class SystemdJournal:
    """journald, with each value as its own field: BINARYCOP_PERSON, BINARYCOP_CLASS, …

    send: ``systemd.journal.send``.
    """

    def __init__(self, send: Any) -> None:
        self._send = send

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        self._send(format_message(event, gate, values), **journald_fields(event, gate, values))

    def flush(self) -> None:
        """Nothing waits."""

    close = flush


class WriterJournal:
    """The journal's writer, a process of its own that holds each entry to the table of events (journal_writer.py)."""

    def __init__(self, client: WriterClient) -> None:
        self._client = client

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        check_types(event, values)
        self._client.send(event, gate, values)

    def flush(self) -> None:
        """Send what waits."""
        self._client.flush()

    def close(self) -> None:
        """Send what waits, for a second at most."""
        self._client.close()


class MemoryJournal:
    """Keeps the newest events in memory, for fault injection and tests. Raises ValueError for an unknown field."""

    def __init__(self, max_records: int = 100_000) -> None:
        self._max_records = max_records
        self.records: list[tuple[Event, str, dict[str, Value]]] = []

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        format_message(event, gate, values)
        fields.check(event, gate, values)
        self.records.append((event, gate, values))
        del self.records[: -self._max_records]

    def flush(self) -> None:
        """Nothing waits."""

    close = flush


def print_to_stderr(line: str) -> None:
    """Print one line on standard error. If its reader is gone, the line is lost and the gate continues."""
    with suppress(BrokenPipeError):
        print(printable(line), file=sys.stderr, flush=True)


def open_journal(
    target: JournalTarget,
    environment: Mapping[str, str],
    clock: Clock,
    print_line: Callable[[str], None] = print_to_stderr,
) -> OutputJournal:
    """Open the journal that the settings name.

    ``auto`` and ``journald`` are the journal's writer if the unit names its socket; the daemon's unit hides journald
    itself. Without that, ``journald`` is journald, as is ``auto`` if this process's output goes there already.
    """
    address = environment.get(WRITER_SOCKET)
    if address and target is not JournalTarget.STDERR:
        return WriterJournal(WriterClient(address, clock))
    wants_journald = target is JournalTarget.JOURNALD or (target is JournalTarget.AUTO and is_under_systemd())
    if wants_journald and _SOCKET.exists():
        # The socket is checked first because `send` silently drops messages if there is no journald.
        with suppress(ImportError):
            return SystemdJournal(importlib.import_module("systemd.journal").send)
    return TextJournal(print_line)


def is_under_systemd() -> bool:
    """Whether this process's output goes to journald: $JOURNAL_STREAM is set (systemd.exec(5))."""
    return "JOURNAL_STREAM" in os.environ


def check_types(event: Event, values: dict[str, Value]) -> None:
    """Raises TypeError for a value that is neither text nor number."""
    for name, value in values.items():
        if not isinstance(value, str | int | float | bool | None):
            raise TypeError(f"event {event.spec.name}: {name} is a {type(value).__name__}, not a text or number")


def format_message(event: Event, gate: str, values: dict[str, Value]) -> str:
    """The sentence of an event, on one line. Raises TypeError for a value that is neither text nor number."""
    check_types(event, values)
    shown = {
        name: (printable(value[:_MAX_TEXT_CHARS].replace("\n", " ")) if isinstance(value, str) else value)
        for name, value in values.items()
    }
    return (f"{printable(gate)}: " if gate else "") + event.spec.text.format_map(
        {**shown, "evidence": sentence(values)}
    )


def journald_fields(event: Event, gate: str, values: dict[str, Value]) -> dict[str, str]:
    """The entry's fields in journald, besides MESSAGE."""
    own = {f"BINARYCOP_{name.upper()}": str(value) for name, value in values.items() if value is not None}
    return {
        "MESSAGE_ID": event.spec.message_id,
        "PRIORITY": str(event.spec.level.value),
        "SYSLOG_IDENTIFIER": "binarycop",
        "BINARYCOP_EVENT": event.spec.name,
        "BINARYCOP_GATE": gate,
        **own,
    }
