"""systemd/binarycop.catalog agrees with the table of events."""

import re
from pathlib import Path
from string import Formatter

import pytest

from binarycop.journal.events import Event
from binarycop.journal.evidence import EVIDENCE

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"


def entries() -> dict[str, str]:
    text = "\n".join(
        line for line in (SYSTEMD / "binarycop.catalog").read_text().splitlines() if not line.startswith("#")
    )
    _, *parts = re.split(r"^-- ", text, flags=re.MULTILINE)
    return {part[:32]: part[32:] for part in parts}


def test_the_entries_are_those_of_the_events_in_order() -> None:
    assert list(entries()) == [event.spec.message_id for event in Event]


@pytest.mark.parametrize("event", list(Event), ids=lambda event: event.spec.name)
def test_an_entry_names_cause_and_remedy(event: Event) -> None:
    head, _, body = entries()[event.spec.message_id].strip().partition("\n\n")
    assert re.match(r"Subject: \S.+\nDefined-By: binarycop$", head)
    assert re.match(r"Cause: \S.+\nRemedy: \S.+", body, re.DOTALL)


@pytest.mark.parametrize("event", list(Event), ids=lambda event: event.spec.name)
def test_an_entry_uses_only_fields_that_its_event_has(event: Event) -> None:
    used = set(re.findall(r"@BINARYCOP_(\w+)@", entries()[event.spec.message_id]))
    fields = {name.upper() for _, name, _, _ in Formatter().parse(event.spec.text) if name}
    always = {name.upper() for name in (*EVIDENCE, "votes", "frames", "margin")} if event is Event.VERDICT else set()
    assert used <= fields | always | {"GATE"}


def test_the_degraded_unit_writes_the_event_of_the_table() -> None:
    unit = (SYSTEMD / "binarycop-degraded.service").read_text()
    fields = dict(line.split("=", 2)[1:] for line in unit.splitlines() if line.startswith("StandardInputText="))
    spec = Event.GAVE_UP.spec
    assert fields["MESSAGE_ID"] == spec.message_id
    assert fields["BINARYCOP_EVENT"] == spec.name
    assert fields["PRIORITY"] == str(spec.level.value)
    assert fields["MESSAGE"] == spec.text.format(minutes=fields["BINARYCOP_MINUTES"])
    timer = (SYSTEMD / "binarycop-retry.timer").read_text()
    assert f"OnActiveSec={fields['BINARYCOP_MINUTES']}min" in timer
