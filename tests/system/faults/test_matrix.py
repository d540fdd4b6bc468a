"""The matrix itself: that a row can fail, and that what it reads is what was said."""

import string
from pathlib import Path

import pytest

from binarycop.journal.events import Event
from binarycop.journal.writers import Value, format_message
from tests.system.faults import table
from tests.system.faults.gate import Broken, EventSpec, Gate, event_of
from tests.system.faults.lines import RELAY, Change
from tests.system.faults.row import Outcome, Row
from tests.system.faults.run import BRIEF, ROWS, attempt, chosen


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """One that was never started: what is read of it is put there."""
    return Gate(tmp_path)


def changed(gate: Gate, monkeypatch: pytest.MonkeyPatch, *changes: tuple[float, bool]) -> None:
    told = [Change(at_s, RELAY, level) for at_s, level in changes]
    monkeypatch.setattr(gate.lines, "changes", lambda name: told)


@pytest.mark.parametrize("event", Event, ids=lambda event: event.spec.name)
def test_an_event_is_known_again_by_its_sentence(event: Event) -> None:
    fields = {name for _, name, _, _ in string.Formatter().parse(event.spec.text) if name}
    values: dict[str, Value] = dict.fromkeys(fields, 1.5)
    assert event_of(format_message(event, "gate", values)) is event


def test_a_coil_released_too_late_breaks_its_row(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(gate, monkeypatch, (9.0, True), (11.5, False))
    assert gate.released(10.0, 2.0) == 1.5
    with pytest.raises(Broken, match=r"released after 1.50 s, limit 1 s"):
        gate.released(10.0, 1.0)


def test_a_permission_that_the_journal_lacks_breaks_its_row(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(gate, monkeypatch, (1.0, True), (2.0, False), (3.0, True))
    gate.journal.append(EventSpec(1.0, "", Event.PERMIT))
    with pytest.raises(Broken, match="energised 2 times, and the journal has 1 permissions"):
        gate.account()
    gate.other_rises = 1
    assert gate.account() == "1 permissions, 1 energised"


def test_a_permission_during_the_fault_breaks_its_row(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(gate, monkeypatch, (1.0, True), (2.0, False))
    gate.stays_released(1.5)
    with pytest.raises(Broken):
        gate.stays_released(0.5)


def test_a_row_that_breaks_says_why() -> None:
    def carry_out(work: Path, limit_s: float) -> Outcome:
        raise Broken("the coil stayed")

    assert attempt(Row("lines", "a fault", "-", None, "", carry_out)) == "the coil stayed"


def test_rows_have_names_of_their_own_and_words_pick_them() -> None:
    assert len({row.fault for row in ROWS}) == len(ROWS)
    assert {row.room for row in chosen("camera") if row.room != "camera"} == {"stages"}
    assert len(chosen(BRIEF)) >= 20
    assert set(chosen(BRIEF)) < set(ROWS)


def test_the_page_has_the_catalogs_words_and_names_what_is_missing() -> None:
    outcome = Outcome("releases", 0.5, Event.FROZEN, "by itself", 1.0, "1 permissions")
    page = table.page([(ROWS[0], outcome)], missing=["another"])
    assert "`frozen`: The camera's picture is frozen" in page
    assert f"0.50 s (limit {ROWS[0].limit_s:g})" in page
    assert "Not held, or not tried, in this run: another." in page
