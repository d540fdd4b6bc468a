"""Where events go: journald, text lines or memory. A writer accepts texts and numbers only, never pixels."""

import importlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from binarycop.journal.events import Event
from binarycop.settings.journal import JournalTarget

Value = str | int | float | bool | None

_MAX_TEXT_CHARS = 300
_SOCKET = Path("/run/systemd/journal/socket")


class Journal(Protocol):
    """Writes events. For one thread only."""

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """Write one event of one gate; an empty name stands for the daemon itself.

        values: the fields of the event's text, and more. Raises TypeError for a value that is neither text nor number,
        so that no array of pixels or scores gets into a log by mistake.
        """


class TextJournal:
    """One text line per event. Under systemd each line begins with its priority (sd-daemon(3))."""

    def __init__(self, print_line: Callable[[str], None]) -> None:
        self._print_line = print_line

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        priority = f"<{event.spec.level.value}>" if is_under_systemd() else ""
        self._print_line(priority + format_message(event, gate, values))


class SystemdJournal:
    """journald, with each value as its own field: BINARYCOP_PERSON, BINARYCOP_CLASS, …

    send: ``systemd.journal.send``.
    """

    def __init__(self, send: Any) -> None:
        self._send = send

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        fields = {f"BINARYCOP_{name.upper()}": str(value) for name, value in values.items() if value is not None}
        self._send(
            format_message(event, gate, values),
            MESSAGE_ID=event.spec.message_id,
            PRIORITY=str(event.spec.level.value),
            SYSLOG_IDENTIFIER="binarycop",
            BINARYCOP_EVENT=event.spec.name,
            BINARYCOP_GATE=gate,
            **fields,
        )


class MemoryJournal:
    """Keeps the newest events in memory, for fault injection and tests."""

    def __init__(self, max_records: int = 100_000) -> None:
        self._max_records = max_records
        self.records: list[tuple[Event, str, dict[str, Value]]] = []

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        format_message(event, gate, values)
        self.records.append((event, gate, values))
        del self.records[: -self._max_records]


def print_to_stderr(line: str) -> None:
    """Print one line on standard error. If its reader is gone, the line is lost and the gate continues."""
    with suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)


def open_journal(target: JournalTarget, print_line: Callable[[str], None] = print_to_stderr) -> Journal:
    """Open the journal that the settings name; ``auto`` is journald if this process's output goes there already."""
    wants_journald = target is JournalTarget.JOURNALD or (target is JournalTarget.AUTO and is_under_systemd())
    if wants_journald and _SOCKET.exists():
        # The socket is checked first because `send` silently drops messages if there is no journald.
        with suppress(ImportError):
            return SystemdJournal(importlib.import_module("systemd.journal").send)
    return TextJournal(print_line)


def is_under_systemd() -> bool:
    """Whether this process's output goes to journald: $JOURNAL_STREAM is set (systemd.exec(5))."""
    return "JOURNAL_STREAM" in os.environ


def format_message(event: Event, gate: str, values: dict[str, Value]) -> str:
    """The sentence of an event. Raises TypeError for a value that is neither text nor number."""
    for name, value in values.items():
        if not isinstance(value, str | int | float | bool | None):
            raise TypeError(f"event {event.spec.name}: {name} is a {type(value).__name__}, not a text or number")
    shown = {
        name: (value[:_MAX_TEXT_CHARS].replace("\n", " ") if isinstance(value, str) else value)
        for name, value in values.items()
    }
    return (f"{gate}: " if gate else "") + event.spec.text.format(**shown)
