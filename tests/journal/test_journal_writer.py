"""The journal's writer: what reaches journald, how much of it, and what is reported about the rest."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.journal import fields
from binarycop.journal.entry import decode, encode
from binarycop.journal.events import Event
from binarycop.journal.evidence import EVIDENCE
from binarycop.journal.fields import BITS_PER_UNIT, FIELDS, Decimal, Integer, LossReason, Text, Value, Word
from binarycop.journal.journal_writer import LEFT_OUT, JournalWriter, Limits

DAEMON, NOBODY = 990, 65534
PERMIT = encode(Event.PERMIT, "north", {"person": 3, "class": "correct", "cause": "verdict", "margin": 12.5})


class Setup:
    """A writer with a journald that keeps what it gets."""

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - it is frozen
        self.sent: list[dict[str, str]] = []
        self.works = True
        self.writer = JournalWriter(self._send, {DAEMON, 0}, limits, 0.0)

    def take(self, datagram: bytes, at_s: float = 0.0, uid: int | None = DAEMON) -> None:
        self.writer.take(datagram, uid, at_s)

    def reported(self, at_s: float) -> dict[str, str]:
        """What the writer says that it left out: the count by its reason."""
        before = len(self.sent)
        self.writer.report(at_s)
        return {one["BINARYCOP_WHY"]: one["BINARYCOP_COUNT"] for one in self.sent[before:]}

    def _send(self, datagram: bytes) -> bool:
        if not self.works:
            return False
        lines = datagram.decode().split("\n")
        assert lines.pop() == ""
        fields = dict(line.split("=", 1) for line in lines)
        assert len(fields) == len(lines), "a field twice"
        self.sent.append(fields)
        return True


def test_an_entry_gets_its_id_priority_sentence_and_fields() -> None:
    setup = Setup()
    setup.take(PERMIT)
    assert setup.sent == [
        {
            "MESSAGE": "north: person 3: permission given (correct, verdict)",
            "MESSAGE_ID": Event.PERMIT.spec.message_id,
            "PRIORITY": "6",
            "SYSLOG_IDENTIFIER": "binarycop",
            "BINARYCOP_EVENT": "permit",
            "BINARYCOP_GATE": "north",
            "BINARYCOP_PERSON": "3",
            "BINARYCOP_CLASS": "correct",
            "BINARYCOP_CAUSE": "verdict",
            "BINARYCOP_MARGIN": "12.5",
        }
    ]


@pytest.mark.parametrize("uid", [NOBODY, None])
def test_nobody_else_may_write(uid: int | None) -> None:
    setup = Setup()
    setup.take(PERMIT, uid=uid)
    assert setup.sent == []
    assert setup.reported(0.0) == {LossReason.REFUSED.value: "1"}


def test_root_may_write_for_a_daemon_that_runs_as_root() -> None:
    setup = Setup()
    setup.take(PERMIT, uid=0)
    assert len(setup.sent) == 1


@given(st.binary(max_size=1100))
def test_what_is_not_an_entry_is_counted_and_never_written(data: bytes) -> None:
    setup = Setup()
    setup.take(data)
    assert setup.sent == []
    assert setup.reported(0.0) == {LossReason.REFUSED.value: "1"}


def test_a_picture_in_the_fields_of_an_entry_is_refused() -> None:
    setup = Setup()
    for size in (1 << 20, 1025, 600):
        setup.take(b"event=fault\ngate=\nreason=" + b"x" * size)
    assert setup.sent == []


def test_no_more_entries_come_through_than_the_limit_and_the_rest_is_reported() -> None:
    setup, seconds, rate_hz = Setup(), 600, 50
    for number in range(seconds * rate_hz):
        setup.take(PERMIT, number / rate_hz)
        setup.writer.report(number / rate_hz)
    limits = Limits()
    written = [one for one in setup.sent if one["BINARYCOP_EVENT"] == "permit"]
    reported = [one for one in setup.sent if one["BINARYCOP_EVENT"] == "unwritten"]
    most = limits.units + limits.units_per_s * seconds
    assert len(written) * decode(PERMIT).units == pytest.approx(most, abs=2 * decode(PERMIT).units)
    assert len(reported) <= seconds / 60 + 1
    setup.writer.report(seconds, is_end=True)
    reported = [one for one in setup.sent if one["BINARYCOP_EVENT"] == "unwritten"]
    assert len(written) + sum(int(one["BINARYCOP_COUNT"]) for one in reported) == seconds * rate_hz
    assert {one["BINARYCOP_WHY"] for one in reported} == {LossReason.TOO_MANY.value}


def test_no_more_bytes_of_new_text_come_through_than_the_limit_and_the_entries_stay() -> None:
    # Without the limit of the entries, which would come first.
    setup, seconds = Setup(Limits(units_per_s=1000)), 600
    for number in range(seconds):
        for part in range(3):
            setup.take(encode(Event.FAULT, "", {"reason": f"{number:05d} {part} " + "x" * 470}), number)
    texts = [one["BINARYCOP_REASON"] for one in setup.sent]
    limits = Limits()
    assert sum(len(text) for text in texts if text != LEFT_OUT) <= limits.text_bytes + limits.text_bytes_per_s * seconds
    assert len(texts) == 3 * seconds, "the events themselves are all there"
    assert texts.count(LEFT_OUT) > 0.9 * len(texts)
    assert setup.reported(seconds) == {LossReason.TEXTS.value: str(texts.count(LEFT_OUT))}


def test_an_entry_holds_no_more_than_four_bits_for_each_unit() -> None:
    """So the limit in units is one in bits, whatever a daemon that was taken over sends."""
    for field in FIELDS.values():
        for units, choices in choices_by_units(field).items():
            assert math.log2(choices) <= BITS_PER_UNIT * units, field
    remembered = math.log2(Limits().remembered + 1)
    for event in Event:
        # The fields of the evidence are there or not, all together.
        separate = fields.names_of(event) - fields.required_of(event) - {*EVIDENCE[1:]}
        optional = len(separate)
        assert math.log2(len(Event)) + optional + remembered <= BITS_PER_UNIT * fields.UNITS_OF_ENTRY, event


def choices_by_units(field: fields.Field) -> dict[int, int]:
    """How many different values of a field count so many units."""
    if isinstance(field, Word):
        return {field.units(field.words[0]): len(field.words)}
    if isinstance(field, Text):
        return {field.units(""): Limits().remembered + 1}
    found: dict[int, int] = {}
    for digits in range(1, 12):
        # With a sign, a number has one digit less.
        least, most = (10 ** (digits - 1) if digits > 1 else 0), 10**digits - 1
        below = 10 ** (digits - 1) - 1
        scale = 10 if isinstance(field, Decimal) else 1
        positive = min(most, round(field.most * scale)) - max(least, round(field.least * scale)) + 1
        negative = min(below, -round(field.least * scale)) if field.least < 0 else 0
        if positive + negative > 0:
            found[digits] = max(0, positive) + max(0, negative)
    assert isinstance(field, Integer | Decimal)
    return found


def test_names_of_gates_count_as_text() -> None:
    setup = Setup(Limits(text_bytes=20, text_bytes_per_s=0))
    for number in range(10):
        setup.take(encode(Event.OVERLAY_BACK, f"gate-{number:03d}", {}))
    assert [one["BINARYCOP_GATE"] for one in setup.sent] == ["gate-000", "gate-001", *[LEFT_OUT] * 8]
    assert setup.sent[-1]["MESSAGE"] == f"{LEFT_OUT}: overlay works again"


def test_a_gate_that_works_for_a_day_reaches_no_limit() -> None:
    setup = Setup()
    for number in range(24 * 60 * 20):
        at_s = number * 3.0
        counted: dict[str, Value] = {"person": number, "class": "correct", "votes": 5, "frames": 8, "margin": 12.5}
        evidence: dict[str, Value] = {"outcome": "decided", "without_scores": 0, "face_px": 184, "brightness": 120}
        evidence |= {"seen": 12, "lead": 61, "lead_needed": 18, "sharpness": 12}
        evidence |= {"votes_correct": 11, "votes_nose": 0, "votes_nose_mouth": 0, "votes_chin": 1}
        decision = {**counted, "bundle": "n-cnv 0.1.0", "before": "idle", "after": "permitted", "latency_ms": 41.7}
        setup.take(encode(Event.PERSON, "north", {"person": number}), at_s)
        setup.take(encode(Event.VERDICT, "north", counted | evidence), at_s)
        setup.take(encode(Event.PERMIT, "north", {**decision, "cause": "verdict"}), at_s + 1)
        setup.take(encode(Event.PASSED, "north", {"person": number, "by": "line"}), at_s + 2)
        setup.take(encode(Event.LEFT, "north", {"person": number}), at_s + 2.5)
        if number % 100 == 0:
            setup.take(encode(Event.CAMERA_LOST, "north", {"detail": f"no frames for {number / 7:.1f} s"}), at_s)
    assert setup.reported(1e6) == {}
    assert not [one for one in setup.sent if LEFT_OUT in one["MESSAGE"]]


def test_what_journald_does_not_take_is_reported_when_it_is_back() -> None:
    setup = Setup()
    setup.works = False
    for _ in range(3):
        setup.take(PERMIT)
    assert setup.reported(0.0) == {}
    setup.works = True
    assert setup.reported(1.0) == {}, "at most one report a minute"
    assert setup.reported(61.0) == {LossReason.NO_JOURNAL.value: "3"}
    assert setup.reported(200.0) == {}


def test_every_event_can_be_written() -> None:
    for event in Event:
        setup = Setup()
        words = {"class": "nose", "cause": "fire", "by": "line", "state": "active", "policy": "off", "what": "fire"}
        words |= {"before": "idle", "after": "idle", "why": LossReason.TEXTS.value, "woken_by": "face"}
        words |= {"outcome": "left"}
        names = re.findall(r"\{(\w+)", event.spec.text)
        setup.take(encode(event, "north", {name: words.get(name, 1) for name in (*names, *event.spec.more)}))
        assert setup.sent[0]["BINARYCOP_EVENT"] == event.spec.name
