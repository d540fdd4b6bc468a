"""Statistics are sums: they depend neither on the order of the entries nor on how the journal is divided."""

import json
from collections import Counter
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.cli.stats_figures import report
from binarycop.journal.boots import Boot, read_boots
from binarycop.journal.collect import collect
from binarycop.journal.events import Event
from binarycop.journal.evidence import EVIDENCE
from binarycop.journal.fields import FIELDS
from binarycop.journal.journald import RawEntry
from binarycop.journal.reader import Query, event_of, origin_of
from binarycop.journal.statistics import By, Group, Statistics
from tests.journal import generated
from tests.journal.fakes import BOOTS, NOON, ORIGINS, RUNNING, FakeReader

NOON_US = round(NOON.timestamp() * 1e6)
EVER = 1 << 62


def journal(count: int = 600, seed: int = 1) -> FakeReader:
    reader = FakeReader()
    for one in generated.events(count, seed=seed):
        reader.write(one.event, one.gate, one.at_s, one.boot, **one.values)
    return reader


JOURNAL = journal()
ENTRIES = [entry for entry in JOURNAL.stored if event_of(entry.fields)]


def collected(reader: FakeReader, by: By = By.DAY, since_us: int = 0, until_us: int = EVER) -> Statistics:
    statistics = Statistics(by, since_us, until_us)
    boots = read_boots(reader, RUNNING)
    ends = [boot.last.at_us for boot in boots if boot.last]
    collect(reader, boots, ORIGINS, statistics, max(ends, default=0), lambda share: None)
    return statistics


def added(entries: list[RawEntry], by: By) -> Statistics:
    statistics = Statistics(by, 0, EVER)
    for entry in entries:
        event = event_of(entry.fields)
        assert event is not None
        statistics.add(event.spec.name, entry.at_us, entry.fields)
    return statistics


def counts(statistics: Statistics) -> object:
    """Everything but the times of service, which need the order."""

    def sums(group: Group) -> object:
        return group.counts, group.margin, group.latency_ms

    return (
        {name: sums(group) for name, group in statistics.rows.items()},
        statistics.margins,
        statistics.undecided,
        statistics.undecided_numbers,
        statistics.hours_seen,
        (statistics.events, statistics.lost),
    )


def times(statistics: Statistics) -> object:
    service = statistics.service
    return service.on_us, service.ready_us, service.fault_us, service.faults, service.hours_ready, service.gates


@pytest.mark.parametrize("by", By)
@given(seed=st.integers(0, 1000))
def test_the_order_of_the_entries_does_not_change_a_count(by: By, seed: int) -> None:
    shuffled = ENTRIES[:200]
    Random(seed).shuffle(shuffled)
    assert counts(added(shuffled, by)) == counts(added(ENTRIES[:200], by))


@pytest.mark.parametrize("by", By)
@given(cuts=st.lists(st.integers(0, 200), max_size=4))
def test_parts_of_a_journal_add_up_to_the_same_counts(by: By, cuts: list[int]) -> None:
    whole, edges = Statistics(by, 0, EVER), [0, *sorted(cuts), 200]
    for start, end in pairwise(edges):
        whole.merge(added(ENTRIES[start:end], by))
    assert counts(whole) == counts(added(ENTRIES[:200], by))


@pytest.mark.parametrize("by", [By.HOUR, By.GATE])
def test_whole_boots_add_up_to_the_same_times_too(by: By) -> None:
    whole, boots = Statistics(by, 0, EVER), read_boots(JOURNAL, RUNNING)
    for boot in boots:
        part = Statistics(by, 0, EVER)
        assert boot.last is not None
        collect(JOURNAL, [boot], ORIGINS, part, boot.last.at_us, lambda share: None)
        whole.merge(part)
    assert counts(whole) == counts(collected(JOURNAL, by))
    assert times(whole) == times(collected(JOURNAL, by))


@pytest.mark.parametrize("by", By)
def test_all_rows_together_are_what_was_written(by: By) -> None:
    total = collected(JOURNAL, by).total()
    written = Counter(one.event for one in generated.events(600))
    repeated = sum(int(str(one.values["count"])) for one in generated.events(600) if one.event is Event.REPEATED)
    for event, count in written.items():
        assert total.count(event.spec.name) == count
    assert total.count("tailgate") == repeated > 0


def test_two_periods_that_meet_have_all_events_once() -> None:
    middle = NOON_US + 40_000 * 1_000_000
    before, after = collected(JOURNAL, until_us=middle - 1), collected(JOURNAL, since_us=middle)
    assert before.events > 0
    assert after.events > 0
    before.merge(after)
    assert counts(before) == counts(collected(JOURNAL))


def verdict(reader: FakeReader, at_s: float, status: str, margin: float, boot: int = 1, step_s: float = 0.0) -> None:
    values = {"person": 1, "votes": 2, "frames": 9, "margin": margin, "class": status}
    reader.write(Event.VERDICT, "north", at_s, boot, "a", step_s, **values)  # type: ignore[arg-type]


def test_an_undecided_person_has_no_margin_and_is_counted_with_the_fields_that_say_why() -> None:
    reader = FakeReader()
    verdict(reader, 0, "undecided", 0.0)
    verdict(reader, 1, "nose", 50.0)
    statistics = collected(reader)
    assert statistics.total().margin.count == 1
    assert statistics.total().details("verdict") == {"nose": 1, "undecided": 1}
    numbers = statistics.undecided_numbers
    assert (numbers["votes"].count, numbers["frames"].count) == (1, 1)


def test_every_field_of_the_evidence_is_in_the_figures_of_the_undecided() -> None:
    reader, evidence = FakeReader(), dict.fromkeys(EVIDENCE, 7)
    values: dict[str, Any] = {"person": 1, "class": "undecided", "votes": 2, "frames": 9, "margin": 3.0}
    reader.write(Event.VERDICT, "north", 0, 1, **(values | evidence | {"outcome": "gave_up"}))
    figures = report(collected(reader))
    assert figures.undecided == {"outcome": {"gave_up": 1}}
    assert set(figures.undecided_numbers) == {*EVIDENCE, "votes", "frames", "margin"} - {"outcome"}


def test_an_event_from_before_the_clock_was_set_counts_at_its_true_time() -> None:
    reader = FakeReader()
    verdict(reader, 5, "nose", 50.0, step_s=-6 * 365 * 86_400)
    verdict(reader, 10, "nose", 50.0)
    statistics = collected(reader, since_us=NOON_US, until_us=NOON_US + 60_000_000)
    assert statistics.events == 2


def test_what_another_program_wrote_is_not_counted_but_reported() -> None:
    reader = FakeReader()
    verdict(reader, 0, "nose", 50.0)
    verdict(reader, 1, "nose", 50.0)
    verdict(reader, 2, "nose", 50.0)
    reader.alter(1, _UID=b"1000")
    reader.alter(2, _UID=[b"991", b"1000"])
    statistics = collected(reader)
    assert (statistics.events, statistics.untrusted) == (1, 2)


def test_lost_entries_are_added_up() -> None:
    reader = FakeReader()
    for count in (3, 4):
        reader.write(Event.UNWRITTEN, "", count, count=count, why="entries over the writer's limit")
    assert collected(reader).lost == 7


def test_a_field_with_a_wrong_value_counts_as_unknown() -> None:
    reader = FakeReader()
    for index, status in enumerate((b"hat", [b"a", b"b"], b"nose")):
        verdict(reader, index, "nose", 50.0)
        reader.alter(index, BINARYCOP_CLASS=status, BINARYCOP_MARGIN=b"nan")
    for by in By:
        statistics = collected(reader, by)
        assert statistics.total().details("verdict") == {"": 2, "nose": 1}
        assert statistics.total().margin.count == 0


ANYTHING = st.dictionaries(
    st.sampled_from([f"BINARYCOP_{name.upper()}" for name in FIELDS]),
    st.one_of(st.binary(max_size=12), st.lists(st.binary(max_size=3), max_size=2)),
)
EVENTS = st.lists(
    st.tuples(st.sampled_from([event.spec.name for event in Event]), st.integers(0, 1 << 64), ANYTHING), max_size=20
)


@pytest.mark.parametrize("by", By)
@given(events=EVENTS)
def test_whatever_an_entry_holds_it_is_counted_or_left_out(
    by: By, events: list[tuple[str, int, dict[str, Any]]]
) -> None:
    statistics = Statistics(by, 0, EVER)
    for event, at_us, fields in events:
        statistics.add(event, at_us, fields)
    statistics.service.end(1 << 64)
    json.dumps(report(statistics).to_dict(), allow_nan=False)


def test_more_rows_than_a_table_may_have_are_one_row() -> None:
    statistics = Statistics(By.GATE, 0, EVER)
    for number in range(10_050):
        statistics.add("person", NOON_US, {"BINARYCOP_GATE": str(number).encode()})
    assert len(statistics.rows) == 10_001
    assert statistics.rows["other"].count("person") == 50


def test_progress_goes_from_the_first_boot_to_the_last_and_never_beyond_the_whole() -> None:
    reader, shares = journal(9000), list[float]()
    boots = read_boots(reader, RUNNING)
    assert boots[-1].last is not None
    collect(reader, boots, ORIGINS, Statistics(By.DAY, 0, EVER), boots[-1].last.at_us, shares.append)
    assert shares == sorted(shares)
    assert len(shares) == 2
    assert 0 < shares[0] < shares[1] <= 1


def test_the_query_of_statistics_has_all_events() -> None:
    terms = Query().terms(Boot(BOOTS[1]))
    assert terms == [{"SYSLOG_IDENTIFIER": ["binarycop"], "_BOOT_ID": [BOOTS[1]]}]


@pytest.mark.parametrize(
    ("text", "lost"), [("7", 7), ("9" * 12, 10**12 - 1), ("9" * 13, 0), ("9" * 5000, 0), ("-7", 0)]
)
def test_a_count_that_nobody_can_have_written_is_no_number(text: str, lost: int) -> None:
    statistics = Statistics(By.DAY, 0, EVER)
    statistics.add("unwritten", NOON_US, {"BINARYCOP_COUNT": text.encode()})
    assert statistics.lost == lost


@pytest.mark.parametrize("uid", ["9" * 5000, "-1", "two"])
def test_a_user_that_is_no_number_is_nobody(uid: str) -> None:
    assert origin_of({"_UID": uid.encode()}).uid is None
