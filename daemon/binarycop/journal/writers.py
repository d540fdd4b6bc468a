"""Where events go. Every writer takes words and numbers only, and refuses the rest before it is written."""

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

_TEXT_MOST = 300
_SOCKET = Path("/run/systemd/journal/socket")


class Journal(Protocol):
    """Takes events. Not for more than one thread."""

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """Record one event of one gate (an empty name: of the daemon itself).

        values: the fields of the event's text, and more. Raises TypeError for anything but words and
        numbers, so that no array of pixels or scores can end in a log by mistake.
        """


class TextJournal:
    """One line each, with syslog's priority in front where systemd reads it (sd-daemon(3))."""

    def __init__(self, print_line: Callable[[str], None]) -> None:
        self._print_line = print_line

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        priority = f"<{event.spec.level.value}>" if is_under_systemd() else ""
        self._print_line(priority + format_message(event, gate, values))


class SystemdJournal:
    """journald, with every value as a field of its own: BINARYCOP_PERSON, BINARYCOP_CLASS, …"""

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
    """Keeps the last events, for replay and tests."""

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self.records: list[tuple[Event, str, dict[str, Value]]] = []

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        format_message(event, gate, values)
        self.records.append((event, gate, values))
        del self.records[: -self._most]


def print_to_stderr(line: str) -> None:
    """One line on standard error. Where nobody reads it any more the line is lost, and the gate goes on."""
    with suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)


def open_journal(target: JournalTarget, print_line: Callable[[str], None] = print_to_stderr) -> Journal:
    """The journal that the settings ask for; auto is journald where this process's output goes there already."""
    wants_journald = target is JournalTarget.JOURNALD or (target is JournalTarget.AUTO and is_under_systemd())
    if wants_journald and _SOCKET.exists():
        # The socket is looked at first, since `send` drops messages silently where there is no journald.
        with suppress(ImportError):
            return SystemdJournal(importlib.import_module("systemd.journal").send)
    return TextJournal(print_line)


def is_under_systemd() -> bool:
    """Whether this process's output goes to journald (systemd.exec(5), $JOURNAL_STREAM)."""
    return "JOURNAL_STREAM" in os.environ


def format_message(event: Event, gate: str, values: dict[str, Value]) -> str:
    """The sentence of an event. Raises TypeError for anything but words and numbers."""
    for name, value in values.items():
        if not isinstance(value, str | int | float | bool | None):
            raise TypeError(f"event {event.spec.name}: {name} is a {type(value).__name__}, not a word or number")
    shown = {
        name: (value[:_TEXT_MOST].replace("\n", " ") if isinstance(value, str) else value)
        for name, value in values.items()
    }
    return (f"{gate}: " if gate else "") + event.spec.text.format(**shown)
