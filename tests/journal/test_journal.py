"""The table of events, and the values that a writer accepts."""

import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from binarycop.clock import ManualClock
from binarycop.journal import writers
from binarycop.journal.events import Event
from binarycop.journal.writers import MemoryJournal, SystemdJournal, TextJournal, open_journal, print_to_stderr
from binarycop.settings.journal import JournalTarget


def test_each_event_has_its_own_name_and_id() -> None:
    specs = [event.spec for event in Event]
    assert len({spec.name for spec in specs}) == len(specs)
    assert len({spec.message_id for spec in specs}) == len(specs)
    assert all(re.fullmatch("[0-9a-f]{32}", spec.message_id) for spec in specs)


def test_ids_never_change() -> None:
    # Operators filter by these ids. A new event adds a row; a row never changes.
    assert Event.PERMIT.spec.message_id.startswith("cfdf6ab3")
    assert Event.FAULT.spec.message_id.startswith("87101ebd")


def test_an_event_is_one_complete_line() -> None:
    lines: list[str] = []
    TextJournal(lines.append).write(Event.PERMIT, "north", person=3, cause="verdict", **{"class": "correct"})
    assert lines == ["north: person 3: permission given (correct, verdict)"]


def test_under_systemd_a_line_begins_with_its_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1234")
    lines: list[str] = []
    TextJournal(lines.append).write(Event.FAULT, "", reason="no frames")
    assert lines == ["<3>fault: no frames"]


def test_journald_gets_every_value_as_a_field() -> None:
    sent: list[tuple[str, dict[str, str]]] = []
    journal = SystemdJournal(lambda text, **fields: sent.append((text, fields)))
    journal.write(Event.REFUSE, "gate", person=3, **{"class": "nose"})
    text, fields = sent[0]
    assert text == "gate: person 3: permission refused (nose)"
    assert fields["MESSAGE_ID"] == Event.REFUSE.spec.message_id
    assert (fields["BINARYCOP_EVENT"], fields["BINARYCOP_CLASS"], fields["BINARYCOP_PERSON"]) == ("refuse", "nose", "3")
    assert fields["PRIORITY"] == "6"


@pytest.mark.parametrize("value", [np.zeros(4), [1, 2, 3, 4], b"\xff\xd8", np.int64(3), (1, 2), {"a": 1}])
def test_only_texts_and_numbers_can_be_written(value: object) -> None:
    sent: list[object] = []
    for journal in (TextJournal(sent.append), SystemdJournal(lambda *a, **k: sent.append(a)), MemoryJournal()):
        with pytest.raises(TypeError, match="not a text or number"):
            journal.write(Event.REFUSE, "gate", person=value, **{"class": "nose"})  # type: ignore[arg-type]
    assert sent == []


def test_a_text_is_shortened_and_stays_on_one_line() -> None:
    lines: list[str] = []
    TextJournal(lines.append).write(Event.FAULT, "", reason="a\n<0>b" + "x" * 10_000)
    assert lines[0].startswith("fault: a <0>b")
    assert len(lines[0]) < 320


def test_a_text_from_outside_cannot_move_the_cursor_or_hide_itself() -> None:
    lines: list[str] = []
    TextJournal(lines.append).write(Event.FAULT, "north\x1b[2K", reason="\x1b[1A\u202egone\x9b")
    assert lines == ["north\\x1b[2K: fault: \\x1b[1A\\u202egone\\x9b"]


def test_without_journald_events_go_to_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "_SOCKET", Path("/nonexistent"))
    for target in JournalTarget:
        assert isinstance(open_journal(target, {}, ManualClock()), TextJournal)


class BrokenPipe(io.StringIO):
    """A pipe whose reader is gone."""

    def flush(self) -> None:
        raise BrokenPipeError


def test_without_a_reader_a_line_is_lost_without_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", BrokenPipe())
    print_to_stderr("person 1 in front")
    with pytest.raises(BrokenPipeError):
        sys.stderr.flush()
