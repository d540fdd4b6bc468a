"""Journal entries and counters of the gate's events."""

import pytest

from binarycop.classes import GateStatus
from binarycop.gate.events import Cause, GateEvent, GateEventKind
from binarycop.gate.state import Phase
from binarycop.journal.events import Event
from binarycop.journal.writers import format_message
from binarycop.service.journal_entries import DECISIONS, Counters, gate_entry, verdict_entry
from binarycop.verdict import Verdict

VERDICT = Verdict(GateStatus.CORRECT, 1.0, 5, 8, 42.44)


def event_of(kind: GateEventKind, *, inferred: bool = False) -> GateEvent:
    return GateEvent(kind, 3, GateStatus.CORRECT, Cause.VERDICT, inferred, "fire")


@pytest.mark.parametrize("kind", GateEventKind)
def test_each_event_of_the_gate_has_an_entry_with_all_fields_of_its_text(kind: GateEventKind) -> None:
    event, values = gate_entry(event_of(kind), VERDICT, "tiny 1", Phase.IDLE, Phase.PERMITTED)
    assert event.spec.name == kind.value
    assert (values["before"], values["after"]) == ("idle", "permitted")
    format_message(event, "gate", values)


@pytest.mark.parametrize("kind", GateEventKind)
def test_only_a_decision_has_bundle_and_votes(kind: GateEventKind) -> None:
    event, values = gate_entry(event_of(kind), VERDICT, "tiny 1", Phase.IDLE, Phase.IDLE)
    assert ("bundle" in values) == ("votes" in values) == (event in DECISIONS)


def test_a_decision_without_a_current_verdict_has_no_votes() -> None:
    _, values = gate_entry(event_of(GateEventKind.PERMIT), None, "tiny 1", Phase.REMINDING, Phase.PERMITTED)
    assert values["bundle"] == "tiny 1"
    assert not {"votes", "frames", "margin"} & set(values)


@pytest.mark.parametrize(("inferred", "by"), [(True, "leaving"), (False, "line")])
def test_a_passage_says_who_reported_it(inferred: bool, by: str) -> None:
    passed = event_of(GateEventKind.PASSED, inferred=inferred)
    _, values = gate_entry(passed, None, "tiny 1", Phase.PERMITTED, Phase.REFRACTORY)
    assert values["by"] == by


def test_an_event_without_a_cause_has_no_such_field() -> None:
    forced = GateEvent(GateEventKind.FORCED, None, GateStatus.NOBODY)
    _, values = gate_entry(forced, None, "tiny 1", Phase.IDLE, Phase.IDLE)
    assert values == {"before": "idle", "after": "idle", "person": None, "class": "nobody"}


def test_the_margin_of_a_verdict_is_rounded() -> None:
    assert verdict_entry(3, VERDICT, {"seen": 9}) == (
        Event.VERDICT, {"person": 3, "class": "correct", "votes": 5, "frames": 8, "margin": 42.4, "seen": 9},
    )  # fmt: skip


@pytest.mark.parametrize("kind", GateEventKind)
def test_a_refusal_and_a_reminder_have_the_evidence(kind: GateEventKind) -> None:
    event, values = gate_entry(event_of(kind), VERDICT, "tiny 1", Phase.IDLE, Phase.IDLE, {"seen": 9})
    assert ("seen" in values) == (event in (Event.REFUSE, Event.REMIND))


def test_permissions_refusals_and_passages_are_counted() -> None:
    counters = Counters()
    for kind in GateEventKind:
        counters.count(event_of(kind))
    assert counters == Counters(permits=1, refusals=1, passed=1)
