"""How long the gates were in service, and how long their faults lasted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.journal.service_time import EVENTS, FaultTimes, ServiceTime

MIN_US = 60_000_000
Told = tuple[str, str, int, str]


def service(*events: Told, end: int, since: int = 0, until: int = 10_000) -> ServiceTime:
    """After these events, with their minutes, in one boot from minute 0 to ``end``."""
    time = ServiceTime(since * MIN_US, until * MIN_US, lambda at_us: str(at_us // (60 * MIN_US)))
    time.add_boot(0, end * MIN_US)
    for event, gate, at, reason in events:
        time.add(event, gate, at * MIN_US, reason)
    time.end(end * MIN_US)
    return time


def minutes(times: dict[str, int]) -> dict[str, float]:
    return {row: length_us / MIN_US for row, length_us in times.items()}


def faults(time: ServiceTime) -> dict[tuple[str, str], FaultTimes]:
    return {
        key: FaultTimes(one.count, one.total_us // MIN_US, one.longest_us // MIN_US) for key, one in time.faults.items()
    }


def test_the_daemon_is_ready_until_its_end_in_each_hour() -> None:
    time = service(("ready", "", 10, ""), ("stopped", "", 130, ""), end=200)
    assert minutes(time.ready_us) == {"0": 50, "1": 60, "2": 10}
    assert minutes(time.on_us) == {"0": 60, "1": 60, "2": 60, "3": 20}
    assert time.hours_ready == {0, 1, 2}


@pytest.mark.parametrize("end", ["stopped", "failed", "started", "gave_up"])
def test_a_start_or_an_end_of_the_daemon_ends_its_time_and_its_faults(end: str) -> None:
    time = service(("ready", "", 0, ""), ("fault", "north", 20, "no frames"), (end, "", 30, ""), end=50)
    assert minutes(time.ready_us) == {"0": 30}
    assert faults(time) == {("north", "no frames"): FaultTimes(1, 10, 10)}


def test_without_its_beginning_the_time_counts_from_the_first_sign_of_life() -> None:
    time = service(("person", "north", 15, ""), end=50)
    assert minutes(time.ready_us) == {"0": 35}
    assert time.gates == {"north"}


def test_two_faults_of_a_gate_at_once_are_one_time_out_of_service() -> None:
    time = service(
        ("ready", "", 0, ""),
        ("fault", "north", 10, "no frames"),
        ("fault", "north", 15, "no scores"),
        ("fault_over", "north", 20, "no frames"),
        ("fault_over", "north", 40, "no scores"),
        end=60,
    )
    assert faults(time) == {
        ("north", "no frames"): FaultTimes(1, 10, 10),
        ("north", "no scores"): FaultTimes(1, 25, 25),
    }
    assert {key: us / MIN_US for key, us in time.fault_us.items()} == {("north", "0"): 30}


def test_a_fault_before_the_daemon_is_ready_takes_no_time_away_from_it() -> None:
    time = service(
        ("fault", "north", 0, "no frames"), ("ready", "", 10, ""), ("fault_over", "north", 15, "no frames"), end=60
    )
    assert faults(time) == {("north", "no frames"): FaultTimes(1, 15, 15)}
    assert {key: us / MIN_US for key, us in time.fault_us.items()} == {("north", "0"): 5}


def test_only_the_part_within_the_period_counts() -> None:
    events: list[Told] = [("ready", "", 0, ""), ("fault", "north", 10, "x"), ("fault_over", "north", 100, "x")]
    time = service(*events, end=200, since=50, until=80)
    assert sum(minutes(time.ready_us).values()) == 30
    assert faults(time) == {("north", "x"): FaultTimes(1, 30, 30)}
    assert faults(service(*events, end=200, since=150)) == {}


def test_a_time_of_more_than_ten_years_is_a_damaged_entry() -> None:
    assert service(("ready", "", 0, ""), end=1 << 40, until=1 << 41).ready_us == {}


SEVERAL = st.lists(
    st.tuples(
        st.sampled_from(sorted(EVENTS)),
        st.sampled_from(["", "north", "south"]),
        st.integers(0, 500),
        st.sampled_from("xy"),
    ),
    max_size=40,
)


@given(SEVERAL, st.integers(0, 500), st.integers(0, 500))
def test_no_gate_is_longer_out_of_service_than_the_daemon_was_ready_and_that_not_longer_than_the_machine_was_on(
    events: list[Told], since: int, until: int
) -> None:
    events.sort(key=lambda event: event[2])
    time = service(*events, end=500, since=min(since, until), until=max(since, until))
    for row, ready_us in time.ready_us.items():
        assert 0 <= ready_us <= time.on_us[row]
        assert all(0 <= time.fault_us.get((gate, row), 0) <= ready_us for gate in time.gates)
    assert sum(time.on_us.values()) == (max(since, until) - min(since, until)) * MIN_US
    assert all(0 <= one.longest_us <= one.total_us for one in time.faults.values())
