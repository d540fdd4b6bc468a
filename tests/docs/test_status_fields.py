"""The page on the service has each row of ``binarycop status``, and each field of its JSON, and no other."""

import re
from dataclasses import fields
from datetime import datetime

from binarycop.cli.machine_state import MachineState
from binarycop.cli.status_page import Page
from binarycop.cli.terminal import Terminal
from binarycop.service.status import (
    Entry,
    FrontPerson,
    GateReport,
    LineLevel,
    Origin,
    SettingsStatus,
    SourceStatus,
    State,
    Status,
    WatchdogStatus,
)
from tests.docs.pages import ROOT, rows
from tests.service.statuses import STATUS

ALL = (
    Entry, FrontPerson, GateReport, LineLevel, MachineState, Origin, SettingsStatus, SourceStatus, Status,
    WatchdogStatus,
)  # fmt: skip
ADDED = {"event", "state", "machine", "restarts"}  # by the command
OF_AN_ERROR = {"error", "exit_code"}
WITHOUT_A_ROW = {"since", "out", "in"}  # since of the daemon; both levels are in the row of the lines


def test_the_table_for_people_has_each_row_and_no_other() -> None:
    plain = Terminal(environment={"TERM": "dumb"})
    machine = MachineState(94.4, 101.2, 6, 230.0, 0.0, 54.3, 3200.0)
    shown = [plain.styled(row) for row in Page(STATUS, machine, None, datetime(2026, 5, 4)).lines()]
    labels = {match[1] for row in shown if (match := re.fullmatch(r" *([a-z]+) *", row[:11]))}
    named = {
        name for row in rows(ROOT / "docs" / "service.md", "How it is now") for name in re.findall(r"`(\w+)`", row[0])
    }
    assert labels - WITHOUT_A_ROW == named - {"since"}


def test_the_table_for_programs_has_each_field_and_no_other() -> None:
    page = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    table = page.partition("**For a program**")[2].partition("\n\n")[2].partition("\n\n")[0]
    names = set(re.findall(r"`([^`]+)`", table)) - {"status", *(state.value for state in State)}
    assert names | {"status"} == {field.name for kind in ALL for field in fields(kind)} | ADDED | OF_AN_ERROR
    assert all(f"`{state.value}`" in table for state in State)
