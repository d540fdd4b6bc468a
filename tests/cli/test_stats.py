"""``binarycop stats`` as an operator calls it."""

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from binarycop.cli import stats
from binarycop.cli.main import main
from binarycop.cli.progress import Progress
from binarycop.clock import ManualClock
from binarycop.errors import JournalError
from binarycop.journal.events import Event
from binarycop.journal.origin import GateOrigins
from tests.journal.fakes import BOOTS, ORIGINS, FakeReader
from tests.patience import PATIENCE_S

HOSTILE = "=north<script>\x1b[2K"


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> FakeReader:
    """Two days with one boot each, of the gates north and south."""
    reader = FakeReader()
    day_s = 86_400
    for boot, start_s in ((1, 0.0), (2, float(day_s))):
        reader.write(Event.READY, "", start_s, boot, detail="north: in service")
        person(reader, boot, start_s + 60, "north", "correct", 40.0 + boot)
        person(reader, boot, start_s + 120, "south", "nose", 20.0)
        person(reader, boot, start_s + 180, "south", "undecided", 0.0)
        reader.write(Event.FAULT, "south", start_s + 1200, boot, reason="no frames")
        reader.write(Event.FAULT_OVER, "south", start_s + 1800, boot, reason="no frames")
        reader.write(Event.OVERRIDE, "north", start_s + 2000, boot, state="active")
        reader.write(Event.OVERRIDE, "north", start_s + 2010, boot, state="over")
        reader.write(Event.TAILGATE, "north", start_s + 2020, boot, person=None, **{"class": "nobody"})
        reader.write(Event.STOPPED, "", start_s + 7200, boot, reason="SIGTERM")
    install(monkeypatch, reader)
    return reader


def person(reader: FakeReader, boot: int, at_s: float, gate: str, status: str, margin: float) -> None:
    votes: dict[str, Any] = {"votes": 5, "frames": 8, "margin": margin, "class": status, "person": 7}
    reader.write(Event.PERSON, gate, at_s, boot, person=7)
    reader.write(Event.VERDICT, gate, at_s + 1, boot, **votes)
    decision = {**votes, "bundle": "n-cnv 0.1.0", "latency_ms": 4.0, "before": "idle"}
    if status == "correct":
        reader.write(Event.PERMIT, gate, at_s + 1, boot, **decision, after="permitted", cause="verdict")
        reader.write(Event.NOT_PASSED, gate, at_s + 9, boot, person=7, **{"class": status})
    elif status == "nose":
        reader.write(Event.REFUSE, gate, at_s + 1, boot, **decision, after="idle")
    reader.write(Event.LEFT, gate, at_s + 10, boot, person=7)


def install(monkeypatch: pytest.MonkeyPatch, reader: FakeReader) -> None:
    monkeypatch.setattr(stats, "open_reader", lambda: reader)
    monkeypatch.setattr(stats, "running_boot", lambda: BOOTS[4])
    monkeypatch.setattr(GateOrigins, "of_this_machine", lambda: ORIGINS)


TEXT = """\
38 events, 2026-05-04 to 2026-05-05

people in front                  6
permissions given                2  verdict 2
permissions refused              2  nose 2
reminders                        0
undecided                        2  frames 8 (quartiles 8, 8),
                                    margin 0.0 (quartiles 0.0, 0.0),
                                    votes 5 (quartiles 5, 5)
passed                           0
permissions not used             2
permissions withdrawn            0
passed without permission        0
tailgated                        2
limit reached                    0
overrides                        2
overrides refused                0
fire input active                0
starts of the daemon             0
availability               95.83 %  ready 4.0 h of 4.0 h with the machine on
latency, ms                    4.0  median; 90 % within 4.0, 99 % within 4.0
margin                        20.0  median; half of them from 20.0 to 41.0
hours without a face             2  of 4 in service

faults                                         times      in all     longest
  south: no frames                                 2    20.0 min    10.0 min

by day            people  permit refused  undec.  unused  forced  faults  avail.
2026-05-04             3       1       1       1       1       0       1  95.8 %
2026-05-05             3       1       1       1       1       0       1  95.8 %

people by day
  2026-05-04                 3  ########################################
  2026-05-05                 3  ########################################

verdicts by class
  correct                    2  ########################################
  nose                       2  ########################################
  undecided                  2  ########################################

margin by day: quartiles, 0 to 20
"""


@pytest.mark.usefixtures("journal")
def test_the_text_fits_80_columns_and_has_every_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stats, "_bar_character", lambda: "#")
    assert main(["stats"]) == 0
    shown = capsys.readouterr().out
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert shown.startswith(TEXT)


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize("by", ["hour", "day", "class", "gate"])
def test_each_kind_of_row_fits_80_columns(by: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", "--by", by]) == 0
    assert all(len(line) <= 80 and line == line.rstrip() for line in capsys.readouterr().out.splitlines())


@pytest.mark.usefixtures("journal")
def test_json_has_all_figures_of_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", "--json", "--by", "gate"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in found["rows"]}
    assert set(rows) == {"north", "south"}
    assert (rows["north"]["people"], rows["north"]["permissions"], rows["north"]["not_used"]) == (2, 2, 2)
    assert (rows["south"]["refusals"], rows["south"]["undecided"], rows["south"]["faults"]) == (2, 2, 2)
    assert rows["south"]["details"]["refusals"] == {"nose": 2}
    assert found["faults"] == [
        {"gate": "south", "reason": "no frames", "count": 2, "total_s": 1200.0, "longest_s": 600.0}
    ]
    assert rows["north"]["availability"] > rows["south"]["availability"]


@pytest.mark.usefixtures("journal")
def test_csv_has_a_head_and_a_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", "--csv", "--by", "class"]) == 0
    rows = {row["class"]: row for row in csv.DictReader(StringIO(capsys.readouterr().out))}
    assert list(rows) == ["correct", "nobody", "nose", "undecided"]
    assert rows["nose"]["refusals nose"] == "2"
    assert rows["correct"]["p50_ms"] == "4.0"


def test_a_name_of_a_gate_is_no_formula_and_no_program(
    journal: FakeReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.write(Event.PERSON, HOSTILE, 90_000, 2, person=9)
    assert main(["stats", "--csv", "--by", "gate"]) == 0
    assert "\n'=north<script>\\x1b[2K," in capsys.readouterr().out
    assert main(["stats", "--html", str(tmp_path / "page.html"), "--by", "gate"]) == 0
    assert "<script>" not in (tmp_path / "page.html").read_text()
    assert main(["stats", "--by", "gate"]) == 0
    assert capsys.readouterr().out.replace("\n", "").isprintable()


@pytest.mark.usefixtures("journal")
def test_the_page_is_complete_in_itself(tmp_path: Path) -> None:
    assert main(["stats", "--html", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == page.count("</svg>") == 2
    assert not re.search(r"src=|href=|url\(|@import|<script", page)
    assert "default-src 'none'" in page
    assert "38 events, 2026-05-04 to 2026-05-05, of the gates' own journal." in page


@pytest.mark.usefixtures("journal")
def test_the_page_has_no_column_for_what_never_happened_but_names_it(tmp_path: Path) -> None:
    assert main(["stats", "--html", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    head = page.rpartition("By day")[2].partition("</tr>")[0]
    assert "<th>tailgated</th>" in head
    assert "<th>fires</th>" not in head
    assert re.search(r"0 in each row: [a-z, ]*\bfires\b", page)


@pytest.mark.usefixtures("journal")
def test_a_page_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", "--html", str(tmp_path / "nowhere/page.html")]) == 11
    assert capsys.readouterr().err.endswith("page.html cannot be written: No such file or directory\n")


@pytest.mark.usefixtures("journal")
def test_a_page_does_not_replace_a_link_such_as_the_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = tmp_path / "stdout"
    link.symlink_to("other.html")
    assert main(["stats", "--html", str(link)]) == 11
    assert capsys.readouterr().err.endswith("stdout cannot be written: it is a symbolic link, not the file itself\n")
    assert link.is_symlink()


@pytest.mark.usefixtures("journal")
def test_a_page_does_not_replace_a_pipe_or_a_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert main(["stats", "--html", str(pipe)]) == 11
    assert capsys.readouterr().err.endswith("pipe cannot be written: it is not a regular file\n")
    assert pipe.is_fifo()


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(("since", "events"), [("2026-05-05", 19), ("2026-06-01", 0)])
def test_only_the_period_counts(since: str, events: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", "--json", "--since", since]) == 0
    assert json.loads(capsys.readouterr().out)["events"] == events


def test_an_empty_journal_has_no_figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    install(monkeypatch, FakeReader())
    for output in ([], ["--json"], ["--csv"]):
        assert main(["stats", *output]) == 0
    assert capsys.readouterr().out.startswith("no events in this time\n")


def test_what_other_programs_wrote_is_reported(journal: FakeReader, capsys: pytest.CaptureFixture[str]) -> None:
    journal.alter(1, _UID=b"1000")
    assert main(["stats"]) == 0
    assert capsys.readouterr().err == "binarycop: entries of other programs, which are not counted: 1\n"


def test_an_error_with_json_is_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def nothing() -> None:
        raise JournalError("there is none")

    monkeypatch.setattr(stats, "open_reader", nothing)
    assert main(["stats", "--json"]) == 9
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"event": "error", "error": "journal: there is none", "exit_code": 9}
    assert shown.err == "binarycop: journal: there is none\n"


def test_an_interrupt_ends_it_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stats, "open_reader", interrupted)
    assert main(["stats"]) == 130
    assert capsys.readouterr().err == ""


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "binarycop", "check-config"],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
    assert run.returncode == 11
    assert run.stderr == "binarycop: the standard output cannot be written: No space left on device\n"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_has_a_bar_and_the_time_left_after_a_second() -> None:
    clock, terminal = ManualClock(), Terminal()
    progress = Progress("reading", clock, terminal)
    for now_s, share in ((0.5, 0.1), (2.0, 0.25), (2.1, 0.26), (4.0, 0.5)):
        clock.advance_to(now_s)
        progress.update(share)
    progress.clear()
    assert terminal.getvalue().split("\r\x1b[K") == [
        "",
        "reading [########......................]  25 %  6 s left",
        "reading [###############...............]  50 %  4 s left",
        "",
    ]


def test_in_a_pipe_there_is_no_progress() -> None:
    clock, pipe = ManualClock(), StringIO()
    progress = Progress("reading", clock, pipe)
    clock.advance_to(5.0)
    progress.update(0.5)
    progress.clear()
    assert pipe.getvalue() == ""


@pytest.mark.parametrize(("name", "value"), [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")])
def test_heads_are_bold_and_what_somebody_should_look_into_has_a_colour(
    name: str, value: str, journal: FakeReader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["stats"]) == 0
    text = capsys.readouterr().out
    coloured = [line for line in text.splitlines() if line.startswith("\x1b[")]
    if name == "NO_COLOR":
        assert not coloured
        return
    assert any(line.startswith("\x1b[1mpeople by day") for line in coloured)
    assert any(line.startswith("\x1b[1;31m  south: no frames") for line in coloured)
    assert any(line.startswith("\x1b[33mtailgated ") for line in coloured)
    assert not any("limit reached" in line for line in coloured)


def test_a_single_day_is_named_once(
    journal: FakeReader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stats", "--json"]) == 0
    day = json.loads(capsys.readouterr().out)["rows"][0]["name"]
    assert main(["stats", "--until", f"{day} 23:00"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(f" events, {day}")
