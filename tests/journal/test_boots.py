"""Boots are shown one after another, in their order, whatever the clock said in them."""

import errno
from datetime import timedelta

import pytest

from binarycop.errors import JournalError
from binarycop.journal.boots import read_boots
from binarycop.journal.events import Event
from binarycop.journal.reader import Query, Record, follow
from tests.journal.fakes import BOOTS, ORIGINS, RUNNING, FakeReader, records_of
from tests.tried import Kind, tried

YEAR_S = 365 * 86_400.0


def boots_of(records: list[Record]) -> list[int]:
    return [int(record.boot, 16) for record in records]


@tried(Kind.JOURNAL, "a boot's first entry is of next year: the clock was set later", "in its place, and marked")
def test_boots_of_one_series_of_numbers_are_in_their_order_whatever_the_clock_says() -> None:
    reader = FakeReader()
    for boot, step_s in ((3, YEAR_S), (1, 0.0), (2, -6 * YEAR_S)):
        reader.write(Event.FIRE, "gate", 0, boot, "a", step_s, state="active")
        reader.write(Event.FIRE, "gate", 10, boot, "a", state="over")
    records = records_of(reader)
    assert boots_of(records) == [3, 3, 1, 1, 2, 2]
    assert [record.clock_step.total_seconds() for record in records] == [-YEAR_S, 0, 0, 0, 6 * YEAR_S, 0]


@tried(Kind.JOURNAL, "each boot ended with a loss of power, and began at the same old time", "one boot after another")
def test_boots_whose_files_were_not_closed_stay_together_and_are_in_the_order_of_their_ends() -> None:
    reader = FakeReader()
    # journald has only the clock to merge such files by, so that the beginnings of both boots come first.
    for boot in (1, 2):
        reader.write(Event.FIRE, "gate", boot, boot, f"series{boot}", -6 * YEAR_S, state="active")
    for boot in (1, 2):
        reader.write(Event.FIRE, "gate", 100 * boot, boot, f"series{boot}", state="over")
    assert boots_of(records_of(reader)) == [1, 1, 2, 2]
    assert boots_of(records_of(reader_of_reversed(reader))) == [1, 1, 2, 2]


def reader_of_reversed(reader: FakeReader) -> FakeReader:
    """The boots come to the reader in the other order; each boot's own entries do not."""
    other = FakeReader()
    other.stored = sorted(reader.stored, key=lambda entry: entry.fields["_BOOT_ID"], reverse=True)
    return other


def test_a_series_is_placed_by_the_clock_at_its_end_whatever_it_said_before() -> None:
    reader = FakeReader()
    reader.write(Event.FIRE, "gate", 0, 3, "a", -6 * YEAR_S, state="active")
    reader.write(Event.FIRE, "gate", 200, 1, "a", state="active")
    reader.write(Event.FIRE, "gate", 100, 2, "b", state="active")
    assert boots_of(records_of(reader)) == [2, 3, 1]


def test_the_boot_that_runs_is_the_last_with_all_of_its_series() -> None:
    reader = FakeReader()
    reader.write(Event.FIRE, "gate", 0, 2, "new", -YEAR_S, state="active")
    reader.write(Event.FIRE, "gate", 0, 4, "new", -YEAR_S, state="active")
    reader.write(Event.FIRE, "gate", 0, 1, "old", state="active")
    assert BOOTS[4] == RUNNING
    assert boots_of(records_of(reader)) == [1, 2, 4]


@pytest.mark.parametrize(("step_s", "expected_s"), [(-59.0, 0.0), (-60.0, 60.0), (60.0, -60.0)])
def test_a_clock_that_was_corrected_by_less_than_a_minute_was_set(step_s: float, expected_s: float) -> None:
    reader = FakeReader()
    reader.write(Event.FIRE, "gate", 5, 1, "a", step_s, state="active")
    reader.write(Event.FIRE, "gate", 500, 1, "a", state="over")
    assert [record.clock_step for record in records_of(reader)] == [timedelta(seconds=expected_s), timedelta(0)]


def test_the_clock_of_an_event_that_comes_while_it_is_read_is_not_compared_with_an_older_one() -> None:
    reader, more = FakeReader(), FakeReader()
    reader.write(Event.FIRE, "gate", 5, 4, "a", -YEAR_S, state="active")
    more.write(Event.FIRE, "gate", 6, 4, "a", state="over")
    reader.later = [more.stored]
    following = follow(reader, Query(), ORIGINS, read_boots(reader, RUNNING)[-1])
    assert [next(following).clock_step for _ in range(2)] == [timedelta(0)] * 2


def test_a_cursor_without_a_number_leaves_the_order_to_the_clock() -> None:
    reader = FakeReader()
    for boot, at_s in ((1, 20), (2, 10)):
        reader.write(Event.FIRE, "gate", at_s, boot, state="active")
        reader.stored[-1] = reader.stored[-1]._replace(cursor="opaque")
    assert boots_of(records_of(reader)) == [2, 1]


def test_a_journal_whose_boots_cannot_be_listed_is_an_error_of_the_journal() -> None:
    class Damaged(FakeReader):
        def unique(self, field: str) -> set[str]:
            raise OSError(errno.EBADMSG, "Bad message")

    with pytest.raises(JournalError, match="its _BOOT_ID cannot be listed: Bad message; see journalctl --verify"):
        read_boots(Damaged(), RUNNING)
