"""docs/gate.md contains the table that the state machine gives."""

import re
from dataclasses import fields
from pathlib import Path

from binarycop.gate import table
from binarycop.gate.events import Cause, GateEventKind
from binarycop.gate.state import Phase
from binarycop.settings.gate import GateSettings, Policy

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gate.md").read_text(encoding="utf-8")


def test_the_page_contains_the_generated_table() -> None:
    _, _, written = PAGE.partition("<!-- table -->\n")
    assert written.strip() == table.markdown().strip()


def test_the_table_has_every_phase_that_each_policy_can_reach() -> None:
    phases = {policy: {row[0] for row in table.rows(policy)} for policy in Policy}
    assert phases[Policy.OFF] == {"idle"}
    assert phases[Policy.ENFORCE] == {"idle", "permitted", "awaiting", "refractory"}
    assert phases[Policy.REMIND] == phases[Policy.ENFORCE] | {"reminding"}


def test_the_pages_text_names_settings_phases_and_events_that_exist() -> None:
    text, _, _ = PAGE.partition("<!-- table -->")
    names = {field.name for field in fields(GateSettings)}
    assert set(re.findall(r"`(\w+_s)`", text)) <= names
    assert {"fire_level", "fail", "contact", *re.findall(r"`(\w+): \w+`", text)} - {"by"} <= names
    assert re.findall(r"^\| (\w+) \|", text, re.MULTILINE)[1:] == [phase.value for phase in Phase]
    assert set(re.findall(r"\(`(\w+)`\)", text)) <= {kind.value for kind in GateEventKind}
    assert "six" in text
    assert len(Cause) == 6
