"""The page on the service names each field of ``binarycop status --json``, and no other."""

import re
from dataclasses import fields

from binarycop.cli.machine_facts import MachineFacts
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
from tests.docs.pages import ROOT

ALL = (
    Entry, FrontPerson, GateReport, LineLevel, MachineFacts, Origin, SettingsStatus, SourceStatus, Status,
    WatchdogStatus,
)  # fmt: skip
ADDED = {"event", "state", "machine", "restarts"}  # by the command
OF_AN_ERROR = {"error", "exit_code"}


def test_the_table_for_programs_has_each_field_and_no_other() -> None:
    page = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    table = page.partition("**For a program**")[2].partition("\n\n")[2].partition("\n\n")[0]
    names = set(re.findall(r"`([^`]+)`", table)) - {"status", *(state.value for state in State)}
    assert names | {"status"} == {field.name for kind in ALL for field in fields(kind)} | ADDED | OF_AN_ERROR
    assert all(f"`{state.value}`" in table for state in State)
