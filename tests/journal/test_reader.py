"""Events are read back, here from a journal that the tests fake."""

from datetime import datetime, timezone
from uuid import UUID

import pytest

from binarycop.errors import JournalError
from binarycop.journal.boots import Boot, read_boots
from binarycop.journal.events import Event
from binarycop.journal.origin import GateOrigins
from binarycop.journal.reader import Query, Record, follow, read
from tests.journal.fakes import BOOTS, DAEMON, NOBODY, NOON, ORIGINS, ROOT, RUNNING, WRITER, FakeReader, records_of
from tests.tried import Kind, tried


@pytest.fixture
def reader() -> FakeReader:
    reader = FakeReader()
    reader.write(Event.STARTED, bundle="n-cnv", version="0.1.0", backend="overlay", finder="yunet", source="0",
                mode="MJPG 640×480 at 30 Hz", lines="gpiochip", policy="enforce")  # fmt: skip
    reader.write(Event.REFUSE, "north", 10, person=1, bundle="n-cnv 0.1.0", votes=5, frames=8, margin=12.5,
                latency_ms=4.2, before="idle", after="idle", **{"class": "nose"})  # fmt: skip
    other = {"MESSAGE_ID": UUID(int=9).hex.encode(), "MESSAGE": b"another program's"}
    reader.stored.append(reader.stored[-1])
    reader.alter(-1, **other)
    reader.write(Event.PERMIT, "south", 20, 2, person=2, cause="verdict", **{"class": "correct"})
    return reader


def names(records: list[Record]) -> list[str]:
    return [record.event for record in records]


def test_all_events_of_all_boots_are_read_in_order_and_nothing_else(reader: FakeReader) -> None:
    records = records_of(reader)
    assert names(records) == ["started", "refuse", "permit"]
    assert [record.boot[-1] for record in records] == ["1", "1", "2"]
    assert records[0].at == NOON


@tried(Kind.JOURNAL, "entries that another program wrote with the gate's ids", "left out, or shown with a mark")
@pytest.mark.parametrize(
    ("event", "unit", "uid", "is_trusted"),
    [
        (Event.PERMIT, "binarycop-journal.service", WRITER, True),
        (Event.PERMIT, "binarycop.service", DAEMON, True),  # written before there was a writer
        (Event.BUNDLE_BACK, "binarycop-overlay.service", ROOT, True),
        (Event.GAVE_UP, "binarycop-degraded.service", DAEMON, True),
        (Event.GAVE_UP, "", DAEMON, True),  # its process has ended before journald looks up the unit
        (Event.PERMIT, "", DAEMON, False),
        (Event.GAVE_UP, "", NOBODY, False),
        (Event.PERMIT, "session-3.scope", NOBODY, False),
        (Event.PERMIT, "session-3.scope", ROOT, False),
        (Event.PERMIT, "binarycop-journal.service", NOBODY, False),
        (Event.PERMIT, "cron.service", WRITER, False),
        (Event.PERMIT, "binarycop-journal.service", None, False),
        (Event.PERMIT, None, None, False),
    ],
)
def test_only_what_the_gates_own_units_wrote_is_trusted(
    event: Event, unit: str | None, uid: int | None, is_trusted: bool
) -> None:
    reader = FakeReader()
    reader.write(event, person=1, cause="verdict", minutes=10, bundle="", refused="", version="", reason="",
                 **{"class": "correct"})  # fmt: skip
    # journald lets no program write a field that begins with an underscore, but others may be anything.
    reader.alter(0, _SYSTEMD_UNIT=unit and unit.encode(), _UID=None if uid is None else str(uid).encode(),
                 UNIT=b"binarycop-journal.service", OBJECT_UID=str(WRITER).encode())  # fmt: skip
    [record] = records_of(reader)
    assert (record.is_trusted, record.unit) == (is_trusted, unit or "")


def test_without_the_gates_users_nothing_is_trusted(reader: FakeReader) -> None:
    assert not any(record.is_trusted for record in records_of(reader, origins=GateOrigins({"root": ROOT})))


def test_number_fields_become_numbers_again(reader: FakeReader) -> None:
    [_, refusal, _] = records_of(reader)
    assert refusal.gate == "north"
    assert refusal.text == "north: person 1: permission refused (nose)"
    assert refusal.values == {
        "after": "idle", "before": "idle", "bundle": "n-cnv 0.1.0", "class": "nose", "frames": 8, "latency_ms": 4.2,
        "margin": 12.5, "person": 1, "votes": 5,
    }  # fmt: skip


def test_a_number_field_with_another_text_stays_a_text(reader: FakeReader) -> None:
    reader.alter(1, BINARYCOP_VOTES=b"many")
    assert records_of(reader)[1].values["votes"] == "many"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(gate="north"), ["refuse"]),
        (Query(gate="west"), []),
        (Query(status="correct"), ["permit"]),
        (Query(gate="north", status="correct"), []),
    ],
)
def test_a_query_selects_events(reader: FakeReader, query: Query, expected: list[str]) -> None:
    assert names(records_of(reader, query)) == expected


def test_following_yields_new_events_until_it_is_interrupted(reader: FakeReader) -> None:
    more = FakeReader()
    more.write(Event.FIRE, "gate", 30, 2, state="active")
    reader.later = [[], more.stored]
    following = follow(reader, Query(), ORIGINS, Boot(BOOTS[2]))
    names = [next(following).event for _ in range(2)]
    with pytest.raises(KeyboardInterrupt):
        next(following)
    assert names == ["permit", "fire"]


def test_following_goes_on_behind_an_event(reader: FakeReader) -> None:
    for at_s in (30, 40):
        reader.write(Event.FIRE, "gate", at_s, 2, state="active")
    following = follow(reader, Query(), ORIGINS, Boot(BOOTS[2]), reader.stored[-2].cursor)
    assert next(following).cursor == reader.stored[-1].cursor


def test_from_the_newest_on_all_boots_are_read_backwards(reader: FakeReader) -> None:
    boots = read_boots(reader, RUNNING)
    backwards = list(read(reader, Query(), ORIGINS, boots, newest_first=True))
    assert backwards == records_of(reader)[::-1]
    assert names(backwards) == ["permit", "refuse", "started"]


def test_a_damaged_end_is_an_error_after_the_other_boots_from_the_newest_on_too(reader: FakeReader) -> None:
    reader.write(Event.FIRE, "gate", 30, 3, state="active")
    reader.damaged = len(reader.stored) - 1
    reading = read(reader, Query(), ORIGINS, read_boots(reader, RUNNING), newest_first=True)
    assert names([next(reading) for _ in range(3)]) == ["permit", "refuse", "started"]
    with pytest.raises(JournalError, match="Bad message"):
        next(reading)


@tried(Kind.JOURNAL, "its last entry is damaged, as after a loss of power", "all other boots are shown, then an error")
@pytest.mark.parametrize("damaged", [2, 4])
def test_an_error_comes_after_all_events_that_can_be_read(reader: FakeReader, damaged: int) -> None:
    del reader.stored[2]  # the other program's
    for boot in (2, 3):
        reader.write(Event.FIRE, "gate", 30, boot, state="active")
    reader.damaged = damaged
    reading = read(reader, Query(), ORIGINS, read_boots(reader, RUNNING))
    assert names([next(reading) for _ in range(4 if damaged == 4 else 3)])[:2] == ["started", "refuse"]
    with pytest.raises(JournalError, match="journal: it cannot be read to its end: Bad message; see journalctl --ver"):
        next(reading)


def test_a_query_that_no_entry_can_match_says_why() -> None:
    assert Query(status="nose", events=(Event.REFUSE, Event.STARTED)).problem == ""
    assert Query(status="fault", events=(Event.FAULT,)).problem == ""
    problem = Query(status="nose", events=(Event.FAULT, Event.STARTED)).problem
    assert problem.startswith("fault and started has no class nose; events with it are verdict, permit, refuse")


def test_the_class_fault_means_the_faults_too(reader: FakeReader) -> None:
    reader.write(Event.FAULT, "north", 30, 2, reason="no frames")
    reader.write(Event.PERMIT, "north", 31, 2, person=None, cause="fault_open", **{"class": "fault"})
    reader.write(Event.FAULT_OVER, "north", 40, 2, reason="no frames")
    assert names(records_of(reader, Query(status="fault"))) == ["fault", "permit", "fault_over"]
    assert names(records_of(reader, Query(status="fault", events=(Event.FAULT_OVER,)))) == ["fault_over"]
    assert names(records_of(reader, Query(status="fault", events=(Event.PERMIT,)))) == ["permit"]
    assert names(records_of(reader, Query(gate="south", status="fault"))) == []


def test_events_are_selected_by_their_names(reader: FakeReader) -> None:
    assert names(records_of(reader, Query(events=(Event.STARTED, Event.PERMIT)))) == ["started", "permit"]


def test_an_entry_of_another_program_without_an_id_or_with_two_is_no_event(reader: FakeReader) -> None:
    reader.alter(0, MESSAGE_ID=None)
    reader.alter(1, MESSAGE_ID=[b"1", b"2"])
    assert names(records_of(reader)) == ["permit"]


def test_a_time_after_the_last_year_is_in_that_year(reader: FakeReader) -> None:
    reader.stored[0] = reader.stored[0]._replace(at_us=1 << 63)
    assert records_of(reader)[0].at.year == 9999


def test_an_entry_that_is_corrected_to_before_1970_is_corrected_to_1970() -> None:
    reader = FakeReader()
    for at_s, at_us in ((1.0, (1 << 64) - 1), (2.0, 0)):
        reader.write(Event.FIRE, "north", at_s, state="active")
        reader.stored[-1] = reader.stored[-1]._replace(at_us=at_us)
    damaged, _ = records_of(reader)
    assert damaged.at + damaged.clock_step == datetime(1970, 1, 1, tzinfo=timezone.utc)
