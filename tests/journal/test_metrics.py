"""Prometheus gets numbers only, and every sample is known before the first entry is read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binarycop.journal.events import Event
from binarycop.journal.fields import FIELDS, Word
from binarycop.journal.metrics import COUNTERS, DAEMON_COUNTERS, Metrics
from tests.journal import generated

NOON_US = 1_777_896_000_000_000


def fields(gate: str = "north", **values: Any) -> dict[str, Any]:
    known = {"BINARYCOP_GATE": gate.encode()}
    return known | {f"BINARYCOP_{name.upper()}": str(value).encode() for name, value in values.items()}


def of(status: str) -> dict[str, Any]:
    return {"class": status}


def counted(*events: tuple[str, dict[str, Any]]) -> Metrics:
    metrics = Metrics(["north"])
    for event, values in events:
        metrics.add(event, NOON_US, values)
    return metrics


def changed(metrics: Metrics) -> dict[str, float]:
    """The samples that are not zero, but for the newest event's time."""
    return {key: value for key, value in metrics.samples.items() if value and "last_event" not in key}


@pytest.mark.parametrize("event", [*COUNTERS, *DAEMON_COUNTERS])
def test_each_counted_event_is_of_the_table_and_its_label_a_field_of_words(event: str) -> None:
    assert event in {one.spec.name for one in Event}
    counter = {**COUNTERS, **DAEMON_COUNTERS}[event]
    assert not counter.label or isinstance(FIELDS[counter.label], Word)


def test_an_event_is_counted_for_its_gate_and_word() -> None:
    metrics = counted(
        ("refuse", fields(latency_ms=4.0, **of("nose"))),
        ("not_passed", fields()),
        ("started", fields(gate="")),
    )
    assert metrics.samples['binarycop_refusals_total{gate="north",class="nose"}'] == 1
    assert metrics.samples['binarycop_permissions_not_used_total{gate="north"}'] == 1
    assert metrics.samples["binarycop_starts_total"] == 1


def test_a_histogram_has_the_count_of_all_values_up_to_each_bound() -> None:
    metrics = counted(*(("permit", fields(cause="verdict", latency_ms=latency)) for latency in (1.0, 2.0, 7.0, 5000.0)))
    name = "binarycop_decision_latency_seconds"
    buckets = [
        metrics.samples[f'{name}_bucket{{gate="north",le="{le}"}}'] for le in ("0.002", "0.005", "0.01", "1", "+Inf")
    ]
    assert buckets == [2, 2, 3, 3, 4]
    assert metrics.samples[f'{name}_count{{gate="north"}}'] == 4
    assert metrics.samples[f'{name}_sum{{gate="north"}}'] == pytest.approx(5.01)


def test_an_undecided_person_has_no_margin() -> None:
    metrics = counted(("verdict", fields(margin=0.0, **of("undecided"))))
    assert changed(metrics) == {'binarycop_verdicts_total{gate="north",class="undecided"}': 1}


def test_repeated_and_lost_entries_are_counted_with_their_number() -> None:
    metrics = counted(("repeated", fields(what="tailgate", count=7)), ("unwritten", fields(gate="", count=3)))
    assert changed(metrics) == {'binarycop_tailgated_total{gate="north"}': 7, "binarycop_entries_lost_total": 3}


def test_when_somebody_last_came_is_known_to_the_minute_only() -> None:
    metrics = Metrics(["north"])
    metrics.add("person", NOON_US + 61_234_567, fields(person=1))
    noon_s = NOON_US / 1e6
    assert metrics.samples['binarycop_last_person_timestamp_seconds{gate="north"}'] == noon_s + 60
    assert metrics.samples["binarycop_last_event_timestamp_seconds"] == noon_s + 60


def test_a_gate_has_a_fault_until_its_last_reason_is_gone() -> None:
    key, metrics = 'binarycop_fault{gate="north"}', Metrics(["north"])
    for event, reason, expected in (
        ("fault", "no frames", 1),
        ("fault", "no scores", 1),
        ("fault_over", "no frames", 1),
        ("fault_over", "no scores", 0),
    ):
        metrics.add(event, NOON_US, fields(reason=reason))
        assert metrics.samples[key] == expected


@pytest.mark.parametrize("end", ["started", "stopped", "failed", "gave_up"])
def test_the_end_of_the_daemon_ends_its_faults(end: str) -> None:
    metrics = counted(("ready", fields(gate="")), ("fault", fields(reason="no frames")))
    assert (metrics.samples["binarycop_ready"], metrics.samples['binarycop_fault{gate="north"}']) == (1, 1)
    metrics.add(end, NOON_US, fields(gate=""))
    assert (metrics.samples["binarycop_ready"], metrics.samples['binarycop_fault{gate="north"}']) == (0, 0)
    assert not metrics.faults


ANYTHING = st.dictionaries(
    st.sampled_from([f"BINARYCOP_{name.upper()}" for name in FIELDS]),
    st.one_of(st.binary(max_size=12), st.lists(st.binary(max_size=3), max_size=2)),
)


@given(st.lists(st.tuples(st.sampled_from([event.spec.name for event in Event]), ANYTHING), max_size=20))
def test_no_entry_adds_a_sample_or_a_text(events: list[tuple[str, dict[str, Any]]]) -> None:
    metrics = counted(*events)
    assert set(metrics.samples) == set(Metrics(["north"]).samples)
    for line in metrics.text().splitlines():
        if not line.startswith("#"):
            float(line.rpartition(" ")[2])


def test_runs_that_go_on_from_each_other_count_the_same_as_one() -> None:
    events = [(one.event.spec.name, fields(one.gate, **one.values)) for one in generated.events(300)]
    parts = Metrics(["north"])
    for start in range(0, len(events), 50):
        following = Metrics(["north"])
        following.restore(parts.samples, sorted(parts.faults))
        parts = following
        for event, values in events[start : start + 50]:
            parts.add(event, NOON_US, values)
    assert parts.samples == counted(*events).samples
    assert parts.samples['binarycop_people_total{gate="unknown"}'] > 0


def test_samples_that_are_not_known_any_more_are_left_out() -> None:
    metrics = Metrics(["north"])
    metrics.restore({"binarycop_starts_total": 4, "of_an_older_version": 1}, [])
    assert changed(metrics) == {"binarycop_starts_total": 4}


def test_the_name_of_a_gate_is_escaped() -> None:
    assert 'binarycop_people_total{gate="a\\"b\\\\c\\n"} 0\n' in Metrics(['a"b\\c\n']).text()


def test_each_metric_has_its_help_and_its_type_before_its_samples() -> None:
    text = Metrics(["north"]).text()
    assert text.count("# HELP") == text.count("# TYPE") == len(COUNTERS) + len(DAEMON_COUNTERS) + 6
    assert "# TYPE binarycop_decision_latency_seconds histogram\nbinarycop_decision_latency_seconds_bucket{" in text
