"""The fault table itself: a row can fail, and events are recognised by their text."""

import string
from pathlib import Path

import pytest

from binarycop.journal.events import Event
from binarycop.journal.writers import Value, format_message
from tests.system.faults import table
from tests.system.faults.fake_chip import RELAY, LevelChange
from tests.system.faults.fault_row import FaultResult, FaultRow
from tests.system.faults.gate_process import CheckFailed, GateProcess, JournalLine, event_of
from tests.system.faults.run import BRIEF, ROWS, attempt, chosen, results


@pytest.fixture
def gate(tmp_path: Path) -> GateProcess:
    """A gate that is not started; the tests put in what is read from it."""
    return GateProcess(tmp_path)


def changed(gate: GateProcess, monkeypatch: pytest.MonkeyPatch, *changes: tuple[float, bool]) -> None:
    recorded = [LevelChange(at_s, RELAY, level) for at_s, level in changes]
    monkeypatch.setattr(gate.chip, "changes", lambda name: recorded)


@pytest.mark.parametrize("event", Event, ids=lambda event: event.spec.name)
def test_every_event_is_recognised_by_its_text(event: Event) -> None:
    fields = {name for _, name, _, _ in string.Formatter().parse(event.spec.text) if name}
    values: dict[str, Value] = dict.fromkeys(fields, 1.5)
    assert event_of(format_message(event, "gate", values)) is event


def test_a_row_fails_if_the_relay_is_off_too_late(gate: GateProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(gate, monkeypatch, (9.0, True), (11.5, False))
    assert gate.relay_off_after(10.0, 2.0) == 1.5
    with pytest.raises(CheckFailed, match=r"the relay was off after 1.50 s, limit 1 s"):
        gate.relay_off_after(10.0, 1.0)


def test_a_row_fails_if_the_relay_was_on_without_a_permission_in_the_journal(
    gate: GateProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(gate, monkeypatch, (1.0, True), (2.0, False), (3.0, True))
    gate.journal.append(JournalLine(1.0, "", Event.PERMIT))
    with pytest.raises(CheckFailed, match="the relay was on 2 times, and the journal has 1 permissions"):
        gate.check_permits()
    gate.override_rises = 1
    assert gate.check_permits() == "permissions: 1, relay on: 1"


def test_a_row_fails_if_the_relay_was_on_during_the_fault(gate: GateProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(gate, monkeypatch, (1.0, True), (2.0, False))
    gate.check_relay_off(1.5)
    with pytest.raises(CheckFailed):
        gate.check_relay_off(0.5)


def test_a_row_that_fails_gives_its_reason() -> None:
    def inject(work: Path, limit_s: float) -> FaultResult:
        raise CheckFailed("the relay stayed on")

    assert attempt(FaultRow("lines", "a fault", "-", None, "", inject)) == "the relay stayed on"


def test_a_row_that_fails_is_tried_once_more_after_all_others() -> None:
    good = FaultResult("switches the relay off", 0.5, Event.FROZEN, "by itself", 1.0, "permissions: 1")
    tries: list[str] = []

    def row(name: str, *failing: int) -> FaultRow:
        def inject(work: Path, limit_s: float) -> FaultResult:
            tries.append(name)
            if tries.count(name) in failing:
                raise CheckFailed(f"try {tries.count(name)}")
            return good

        return FaultRow("lines", name, "-", None, "", inject)

    found = list(results([row("late", 1), row("broken", 1, 2), row("good")], 2))
    assert [(row.fault, result) for row, result in found] == [
        ("late", "try 1"),
        ("broken", "try 1"),
        ("good", good),
        ("late", good),
        ("broken", "try 2"),
    ]


def test_fault_names_are_unique_and_a_word_selects_rows() -> None:
    assert len({row.fault for row in ROWS}) == len(ROWS)
    assert {row.group for row in chosen("camera") if row.group != "camera"} == {"stages"}
    assert len(chosen(BRIEF)) >= 20
    assert set(chosen(BRIEF)) < set(ROWS)


def test_the_page_quotes_the_catalog_and_names_the_missing_rows() -> None:
    result = FaultResult("switches the relay off", 0.5, Event.FROZEN, "by itself", 1.0, "permissions: 1")
    page = table.page([(ROWS[0], result)], missing=["another"])
    assert "`frozen`: The camera's picture is frozen" in page
    assert f"0.50 s (limit {ROWS[0].limit_s:g})" in page
    assert "Failed, or not run: another." in page
