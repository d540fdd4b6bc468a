"""The fields of the journal's events: what each may hold, and how it is written as text.

Every value is a number within bounds, a word of a list, or a short printable text. So the entries of a daemon that has
been taken over cannot hold more than this, and ``journal_writer.py`` refuses everything else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from string import Formatter

from binarycop.classes import GateStatus, Outcome
from binarycop.journal.events import Event
from binarycop.journal.evidence import EVIDENCE
from binarycop.printable import printable
from binarycop.settings.gate import Policy


class LossReason(Enum):
    """Why something is not in the journal; the value is the text of the event ``unwritten``."""

    NOT_TAKEN = "entries that the journal's writer did not take in time"
    NO_JOURNAL = "entries that journald did not take"
    TOO_MANY = "entries over the writer's limit"
    REFUSED = "entries that are not of the table of events"
    TEXTS = "texts over the writer's limit"


Value = str | int | float | bool | None

GATE = "gate"
"""The field that every event has besides its own: the gate's name, empty for the daemon itself."""

BITS_PER_UNIT = 4
"""An entry holds at most this many bits for each of its units: a test computes it from the table."""

UNITS_OF_ENTRY = 6
"""For the entry itself: which event it is, which fields it has, and which gate it is about."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,9}")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,9})\.[0-9]")


@dataclass(frozen=True)
class Integer:
    """A whole number from ``least`` to ``most``."""

    least: int
    most: int

    def write(self, value: Value) -> str:
        """As text; a number out of bounds becomes the bound. Raises TypeError."""
        return str(min(max(int(_number(value)), self.least), self.most))

    def parse(self, text: str) -> int:
        """Raises ValueError if this is not what ``write`` returns."""
        if not _INTEGER.fullmatch(text) or not self.least <= int(text) <= self.most:
            raise ValueError(f"not a whole number from {self.least} to {self.most}")
        return int(text)

    def units(self, text: str) -> int:
        """What it counts for the writer's limit: one for each digit."""
        return len(text)


@dataclass(frozen=True)
class Decimal:
    """A number with one digit after the point, from ``least`` to ``most``."""

    least: float
    most: float

    def write(self, value: Value) -> str:
        """As text; a number out of bounds becomes the bound. Raises TypeError."""
        number = min(max(_number(value), self.least), self.most)
        # Neither NaN, for which no comparison is true, nor "-0.0".
        return f"{number:.1f}" if abs(number) >= 0.05 else "0.0"

    def parse(self, text: str) -> float:
        """Raises ValueError if this is not what ``write`` returns."""
        if not _DECIMAL.fullmatch(text) or text == "-0.0" or not self.least <= float(text) <= self.most:
            raise ValueError(f"not a number with one digit after the point, from {self.least} to {self.most}")
        return float(text)

    def units(self, text: str) -> int:
        """What it counts for the writer's limit: one for each digit."""
        return len(text) - 1


@dataclass(frozen=True)
class Word:
    """One of these words."""

    words: tuple[str, ...]

    def write(self, value: Value) -> str:
        """As text, which ``parse`` checks."""
        return str(value)

    def parse(self, text: str) -> str:
        """Raises ValueError."""
        if text not in self.words:
            raise ValueError(f"not one of {', '.join(self.words)}")
        return text

    def units(self, text: str) -> int:
        """What it counts for the writer's limit: four bits for each unit."""
        return 1 if len(self.words) <= 1 << BITS_PER_UNIT else 2


@dataclass(frozen=True)
class Text:
    """A printable text on one line, of at most so many bytes in UTF-8."""

    most_bytes: int

    def write(self, value: Value) -> str:
        """As text: shortened, with escapes for what is not printable."""
        return shorten(printable(str(value).replace("\n", " ")), self.most_bytes)

    def parse(self, text: str) -> str:
        """Raises ValueError."""
        if not text.isprintable() or len(text.encode()) > self.most_bytes:
            raise ValueError(f"not a printable text of at most {self.most_bytes} bytes")
        return text

    def units(self, text: str) -> int:
        """What it counts for the writer's limit: which of the remembered texts it is. A new text has its own limit."""
        return 2


Field = Integer | Decimal | Word | Text

_PHASE = Word(("idle", "reminding", "permitted", "awaiting", "refractory"))
_COUNT = Integer(0, 1_000_000_000)

FIELDS: dict[str, Field] = {
    # One name has one meaning in all events.
    GATE: Text(64),
    "person": Integer(0, 9_999_999),
    "class": Word(tuple(status.value for status in GateStatus)),
    "votes": Integer(0, 999),
    "frames": Integer(0, 999),
    "margin": Decimal(-9999.9, 9999.9),
    "outcome": Word(tuple(outcome.value for outcome in Outcome)),
    "seen": Integer(0, 9999),
    "without_scores": Integer(0, 9999),
    "votes_correct": Integer(0, 9999),
    "votes_nose": Integer(0, 9999),
    "votes_nose_mouth": Integer(0, 9999),
    "votes_chin": Integer(0, 9999),
    "lead": Integer(0, 99_999),
    "lead_needed": Integer(0, 100_000),
    "face_px": Integer(0, 9999),
    "brightness": Integer(0, 255),
    "sharpness": Integer(0, 255),
    "latency_ms": Decimal(-9999.9, 99_999.9),
    "cause": Word(("verdict", "reminded", "policy_off", "override", "fire", "fault_open")),
    "by": Word(("leaving", "line")),
    "before": _PHASE,
    "after": _PHASE,
    "state": Word(("active", "over")),
    "seconds": Decimal(0.0, 9_999_999.9),  # 115 days: in low-power nobody may come for weeks
    "woken_by": Word(("motion", "face", "input", "gate", "fault")),
    "minutes": Integer(0, 9999),
    "every_ms": Integer(0, 99_999),
    "needed_ms": Integer(0, 99_999),
    "number": Integer(0, 999),
    "across": Integer(0, 100),
    "down": Integer(0, 100),
    "most": Integer(0, 999),
    "count": _COUNT,
    "what": Word(tuple(event.spec.name for event in Event)),
    "why": Word(tuple(why.value for why in LossReason)),
    "policy": Word(tuple(policy.value for policy in Policy)),
    "bundle": Text(64),
    "version": Text(64),
    "refused": Text(64),
    "backend": Text(64),
    "finder": Text(64),
    "source": Text(128),
    "mode": Text(128),
    "lines": Text(64),
    "stage": Text(96),
    "reason": Text(480),
    "detail": Text(480),
    "changed": Text(480),
    "keys": Text(480),
    # The daemon's counts at its end.
    "processed": _COUNT,
    "captured": _COUNT,
    "dropped": _COUNT,
    "withheld": _COUNT,
    "persons": _COUNT,
    "permits": _COUNT,
    "refusals": _COUNT,
    "undecided": _COUNT,
    "passed": _COUNT,
}

_MAY_BE_MISSING = frozenset({"person"})
"""Fields of an event's text that have no value at times: some decisions are about nobody."""


def names_of(event: Event) -> frozenset[str]:
    """All fields that the event may have, besides the gate's name."""
    return frozenset(_in_text(event)) | frozenset(event.spec.more)


def required_of(event: Event) -> frozenset[str]:
    """The fields that the event must have."""
    return frozenset(_in_text(event)) - _MAY_BE_MISSING


def check(event: Event, gate: str, values: dict[str, Value]) -> None:
    """Raises ValueError or TypeError if the event cannot be written with these values."""
    _check_names(event, {name for name, value in values.items() if value is not None})
    for name, value in {GATE: gate, **values}.items():
        if value is not None:
            FIELDS[name].parse(FIELDS[name].write(value))


def parse(event: Event, texts: dict[str, str]) -> dict[str, Value]:
    """The values of an event, without the gate's name. Raises ValueError."""
    _check_names(event, set(texts))
    values: dict[str, Value] = {}
    for name, text in texts.items():
        try:
            values[name] = FIELDS[name].parse(text)
        except ValueError as error:
            raise ValueError(f"event {event.spec.name}: {name} is {error}") from error
    return values


def units_of(texts: Mapping[str, str]) -> int:
    """How much an entry with these fields, without the gate's name, counts for the writer's limit."""
    return UNITS_OF_ENTRY + sum(FIELDS[name].units(text) for name, text in texts.items())


def shorten(text: str, most_bytes: int) -> str:
    """The text, with an ellipsis in place of its end if it has more bytes than that in UTF-8."""
    encoded = text.encode()
    if len(encoded) <= most_bytes:
        return text
    return encoded[: most_bytes - len("…".encode())].decode(errors="ignore") + "…"


def _check_names(event: Event, names: set[str]) -> None:
    if unknown := sorted(names - names_of(event)):
        raise ValueError(f"event {event.spec.name} has no field {unknown[0]}: journal/events.py lists its fields")
    if missing := sorted(required_of(event) - names):
        raise ValueError(f"event {event.spec.name} lacks {missing[0]}")
    evidence = names.intersection(EVIDENCE)
    if evidence and (missing := sorted(set(EVIDENCE) - evidence)):
        # All or none, so that the choice of fields carries no information.
        raise ValueError(f"event {event.spec.name} lacks {missing[0]}, which belongs to {sorted(evidence)[0]}")


def _in_text(event: Event) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(event.spec.text) if name and name != "evidence"]


def _number(value: Value) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return value
