"""docs/gate.md contains the table that the state machine gives."""

from pathlib import Path

from binarycop.gate import table
from binarycop.settings.gate import Policy

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gate.md"


def test_the_page_contains_the_generated_table() -> None:
    _, _, written = PAGE.read_text(encoding="utf-8").partition("<!-- table -->\n")
    assert written.strip() == table.markdown().strip()


def test_the_table_has_every_phase_that_each_policy_can_reach() -> None:
    phases = {policy: {row[0] for row in table.rows(policy)} for policy in Policy}
    assert phases[Policy.OFF] == {"idle"}
    assert phases[Policy.ENFORCE] == {"idle", "permitted", "awaiting", "refractory"}
    assert phases[Policy.REMIND] == phases[Policy.ENFORCE] | {"reminding"}
