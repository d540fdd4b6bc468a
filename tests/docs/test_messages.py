"""The table "Reading a refusal" of docs/first-hour.md has messages that the gate and its commands really write."""

import re
import shutil
from itertools import product
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from binarycop.bundle.search import find_bundle
from binarycop.classes import GateStatus, Outcome
from binarycop.cli.main import main
from binarycop.journal.events import Event
from binarycop.journal.writers import format_message
from binarycop.service.faults import FaultReason
from tests.docs.pages import ROOT, rows

ROWS = [row[0] for row in rows(ROOT / "docs" / "first-hour.md", "Reading a refusal")]
OF_EVENTS = [row for row in ROWS if "exit code" not in row and "`" in row]
OF_COMMANDS = {int(code): row for row in ROWS for code in re.findall(r"exit code (\d+)", row)}
SEEN: dict[str, Any] = {
    "seen": 31, "without_scores": 0, "votes_correct": 9, "votes_nose": 8, "votes_nose_mouth": 0, "votes_chin": 0,
    "lead": 12, "lead_needed": 18, "face_px": 50, "brightness": 30, "sharpness": 6,
}  # fmt: skip
NO_VOTE = {f"votes_{mask_class}": 0 for mask_class in ("correct", "nose", "nose_mouth", "chin")}
EVIDENCE = (SEEN, SEEN | NO_VOTE, SEEN | {"without_scores": 4})
# What the page writes for any number, word or text.
ANY = {"…": ".+", "LINE": r"\d+", "KEY": r"[\w.]+"}


def sentences() -> list[str]:
    """Every message of the journal: a decision with each class, outcome and evidence, a fault with each reason."""
    found = []
    for event in Event:
        names = {name for _, name, _, _ in Formatter().parse(event.spec.text) if name}
        values: dict[str, Any] = dict.fromkeys(names - {"evidence"}, "something")
        if event is Event.FAULT:
            found += [format_message(event, "gate", values | {"reason": fault.value}) for fault in FaultReason]
        elif "class" in names:
            found += [
                format_message(event, "gate", values | seen | {"class": status.value, "outcome": outcome.value})
                for status, outcome, seen in product(GateStatus, Outcome, EVIDENCE)
            ]
        else:
            found.append(format_message(event, "gate", values))
    return found


def pattern(quoted: str) -> str:
    """A quoted message as a regular expression: other numbers, and any text for the page's "…"."""
    parts = re.split(r"(…|\bLINE\b|\bKEY\b|\d+)", quoted)
    return "".join(ANY.get(part, r"\d+" if part.isdecimal() else re.escape(part)) for part in parts)


def test_the_table_has_messages_of_events_and_of_commands() -> None:
    assert len(OF_EVENTS) >= 14
    assert sorted(OF_COMMANDS) == [3, 4, 6, 8, 16]


@pytest.mark.parametrize("row", OF_EVENTS)
def test_every_message_of_the_table_is_one_that_the_journal_has(row: str) -> None:
    written = sentences()
    for quoted in re.findall(r"`([^`]+)`", row):
        assert any(re.search(pattern(quoted), sentence) for sentence in written), quoted


def test_a_message_that_nobody_writes_would_be_found() -> None:
    for wrong in ("permission denied (nose)", "undecided, went", "fault: no pictures"):
        assert not any(re.search(pattern(wrong), sentence) for sentence in sentences())


def failing(code: int, folder: Path) -> list[str]:
    """The arguments of a command that ends with this exit code."""
    if code == 3:
        (folder / "gate.yaml").write_text("verdict:\n  votes: many\n")
        return ["check-config", "--config", str(folder / "gate.yaml")]
    if code == 4:
        damaged = Path(shutil.copytree(find_bundle("n-cnv"), folder / "n-cnv"))
        (damaged / "weights.npz").write_bytes(b"not these")
        return ["selftest", "--bundle", str(damaged)]
    (folder / "gate.yaml").write_text("lines: {factory: gpiochip, permission: {pin: nowhere}}\n")
    return ["run", "--source", "demo", "--config", str(folder / "gate.yaml")]


@pytest.mark.parametrize("code", [3, 4, 6])
def test_a_command_that_ends_with_a_code_of_the_table_says_what_the_table_says(
    code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(failing(code, tmp_path)) == code
    quoted = re.findall(r"`([^`]+)`", OF_COMMANDS[code])
    message = capsys.readouterr().err.splitlines()[0].removeprefix("binarycop: ")
    assert any(re.match(rf"(?:\S*/)?{pattern(text)}", message) for text in quoted), message
