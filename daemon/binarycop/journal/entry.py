"""One entry as the daemon hands it to the journal's writer: a datagram of text lines, ``NAME=VALUE``."""

from dataclasses import dataclass

from binarycop.journal import fields
from binarycop.journal.events import Event
from binarycop.journal.fields import FIELDS, GATE, Value

MAX_BYTES = 1024
"""The longest datagram."""

_EVENT = "event"
_BY_NAME = {event.spec.name: event for event in Event}


@dataclass(frozen=True)
class Entry:
    """An event of one gate with its values; an empty gate name stands for the daemon itself.

    units: how much it counts for the writer's limit.
    """

    event: Event
    gate: str
    values: dict[str, Value]
    units: int


def encode(event: Event, gate: str, values: dict[str, Value]) -> bytes:
    """The datagram. Texts are shortened and numbers clamped to what their fields hold, and unknown fields left out.

    So an entry is never lost because of one value. The tests refuse what is clamped away here: ``MemoryJournal``.
    """
    allowed = fields.names_of(event)
    known = {GATE: gate, **{name: value for name, value in values.items() if name in allowed and name in FIELDS}}
    lines = [f"{name}={FIELDS[name].write(value)}" for name, value in known.items() if value is not None]
    return "\n".join([f"{_EVENT}={event.spec.name}", *lines]).encode(errors="replace")


def decode(datagram: bytes) -> Entry:
    """The entry in a datagram. Raises ValueError for everything that ``encode`` does not return."""
    if len(datagram) > MAX_BYTES:
        raise ValueError(f"longer than {MAX_BYTES} bytes")
    texts: dict[str, str] = {}
    for line in datagram.decode().split("\n"):
        name, equals, text = line.partition("=")
        if not equals or name in texts:
            raise ValueError("not one line NAME=VALUE for each field")
        texts[name] = text
    event = _BY_NAME.get(texts.pop(_EVENT, ""))
    if event is None:
        raise ValueError("no event of the table")
    gate = FIELDS[GATE].parse(texts.pop(GATE, ""))
    return Entry(event, str(gate), fields.parse(event, texts), fields.units_of(texts))
