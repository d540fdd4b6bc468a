"""An entry as a datagram: what the daemon sends comes back, and everything else is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.classes import GateStatus
from binarycop.gate.events import Cause
from binarycop.gate.state import Phase
from binarycop.journal import fields
from binarycop.journal.entry import MAX_BYTES, decode, encode
from binarycop.journal.events import Event
from binarycop.journal.evidence import EVIDENCE
from binarycop.journal.fields import FIELDS, Decimal, Integer, Text, Value, Word
from binarycop.settings.gate import Policy

PERMIT = "event=permit\ngate=north\nperson=3\nclass=correct\ncause=verdict\nmargin=12.5"


def values_of(name: str) -> st.SearchStrategy[Value]:
    """Values that a field may hold."""
    field = FIELDS[name]
    if isinstance(field, Integer):
        return st.integers(field.least, field.most)
    if isinstance(field, Decimal):
        tenths = st.integers(round(field.least * 10), round(field.most * 10))
        return tenths.map(lambda tenth: tenth / 10)
    if isinstance(field, Word):
        return st.sampled_from(field.words)
    letters = st.characters(blacklist_categories=("C", "Z"))
    return st.text(letters).filter(lambda text: text.isprintable() and len(text.encode()) <= field.most_bytes)


@st.composite
def entries(draw: st.DrawFn) -> tuple[Event, str, dict[str, Value]]:
    event = draw(st.sampled_from(Event))
    names = {*fields.required_of(event), *draw(st.sets(st.sampled_from(sorted(fields.names_of(event) or {""}))))} - {""}
    if names.intersection(EVIDENCE):
        names.update(EVIDENCE)
    return event, str(draw(values_of("gate"))), {name: draw(values_of(name)) for name in names}


@given(entries())
def test_what_the_table_allows_comes_back_as_it_was(entry: tuple[Event, str, dict[str, Value]]) -> None:
    event, gate, values = entry
    decoded = decode(encode(event, gate, values))
    assert (decoded.event, decoded.gate, decoded.values) == (event, gate, values)


@given(st.binary(max_size=1200))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(data)


@given(st.sampled_from([PERMIT, "event=fault\ngate=\nreason=no frames"]), st.data())
def test_a_damaged_entry_is_refused_or_is_exactly_another_entry(text: str, data: st.DataObject) -> None:
    damaged = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    try:
        entry = decode(bytes(damaged))
    except ValueError:
        return
    fields.check(entry.event, entry.gate, entry.values)
    assert decode(encode(entry.event, entry.gate, entry.values)) == entry


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("person=03", "not a whole number"),
        ("person=+3", "not a whole number"),
        ("person= 3", "not a whole number"),
        ("person=٣", "not a whole number"),
        ("person=-1", "not a whole number"),
        ("person=10000000", "not a whole number"),
        ("person=" + "9" * 500, "not a whole number"),
        ("margin=12.50", "one digit"),
        ("margin=-0.0", "one digit"),
        ("margin=nan", "one digit"),
        ("margin=1e3", "one digit"),
        ("class=hat", "not one of"),
        ("class=correct ", "not one of"),
        ("bundle=n-cnv\x1b[2J", "not a printable text"),
        ("bundle=\u202en-cnv", "not a printable text"),
        ("bundle=" + "x" * 65, "not a printable text"),
        ("gate=" + "x" * 65, "NAME=VALUE"),
        ("scores=1, 2, 3, 4", "has no field scores"),
        ("reason=x", "has no field reason"),
        ("person=4", "NAME=VALUE"),
        ("votes", "NAME=VALUE"),
        ("", "NAME=VALUE"),
        ("event=refuse", "NAME=VALUE"),
    ],
)
def test_a_line_that_is_not_of_the_table_is_refused(line: str, reason: str) -> None:
    name = line.partition("=")[0]
    kept = [one for one in PERMIT.split("\n") if reason == "NAME=VALUE" or not one.startswith(f"{name}=")]
    with pytest.raises(ValueError, match=reason):
        decode("\n".join([*kept, line]).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"event=permit",
        b"gate=north",
        b"event=nothing\ngate=",
        PERMIT.replace("cause=verdict", "").encode(),
        PERMIT.encode() + b"\nbundle=\xff\xfe",
        PERMIT.encode() + b"\0",
        PERMIT.encode() + b"\n" * 1024,
    ],
)
def test_an_entry_that_lacks_something_or_is_not_text_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(data)


def test_the_daemon_shortens_and_clamps_rather_than_lose_an_entry() -> None:
    long = "gate.d/50-north.yaml:3: x\n" * 100
    refused = decode(encode(Event.RELOAD_REFUSED, "", {"reason": long}))
    assert str(refused.values["reason"]).startswith("gate.d/50-north.yaml:3: x gate.d/50")
    assert len(str(refused.values["reason"]).encode()) <= 480
    odd: dict[str, Value] = {
        "person": 10**12,
        "class": "nose",
        "margin": math.nan,
        "unknown": 1,
        "bundle": "x\x1b[2J",
        "before": None,
    }
    refuse = decode(encode(Event.REFUSE, "", odd))
    assert refuse.values == {"person": 9_999_999, "class": "nose", "margin": 0.0, "bundle": "x\\x1b[2J"}


@given(st.sampled_from(Event), st.text(), st.text(max_size=2000))
def test_no_text_makes_an_entry_too_long(event: Event, gate: str, text: str) -> None:
    values: dict[str, Value] = {}
    for name in fields.names_of(event):
        field = FIELDS[name]
        values[name] = text if isinstance(field, Text) else field.words[0] if isinstance(field, Word) else 1e30
    datagram = encode(event, gate, values)
    assert len(datagram) <= MAX_BYTES
    decode(datagram)


def test_every_field_of_every_event_is_in_the_table() -> None:
    for event in Event:
        assert fields.names_of(event) <= FIELDS.keys(), event
    used = {name for event in Event for name in fields.names_of(event)} | {"gate"}
    assert used == FIELDS.keys(), "a field of no event"


def test_the_words_of_the_table_are_those_of_the_code() -> None:
    words = {name: set(field.words) for name, field in FIELDS.items() if isinstance(field, Word)}
    assert words["class"] == {status.value for status in GateStatus}
    assert words["cause"] == {cause.value for cause in Cause}
    assert words["before"] == words["after"] == {phase.value for phase in Phase}
    assert words["policy"] == {policy.value for policy in Policy}
    assert words["what"] == {event.spec.name for event in Event}
