"""``binarycop events`` as an operator calls it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from binarycop.cli import events
from binarycop.cli.main import main
from binarycop.errors import JournalError
from binarycop.journal.boots import Boot, Stamp
from binarycop.journal.events import Event
from binarycop.journal.origin import GateOrigins
from binarycop.journal.reader import Query, Record
from tests.tried import Kind, tried

AT = datetime(2026, 5, 4, 12, 0, 1, 234567, tzinfo=timezone.utc)
VALUES: dict[str, str | int | float] = {
    "person": 3, "class": "correct", "cause": "verdict", "votes": 5, "frames": 8, "margin": 12.5, "latency_ms": 4.2,
    "bundle": "n-cnv 0.1.0", "before": "idle", "after": "permitted",
}  # fmt: skip
WRITER = "binarycop-journal.service"
PERMIT = Record(
    AT, "b1", "permit", "north", "north: person 3: permission given (correct, verdict)", VALUES, WRITER, is_trusted=True
)
FIRE = Record(
    AT, "b2", "fire", "north", "north: fire input active", {"state": "active"}, WRITER, is_trusted=True, cursor="c3"
)
FORGED = replace(
    PERMIT, boot="b2", is_trusted=False, unit="session-1.scope",
    text="x\n2026-05-04 12:00:02.000  permit      north: person 4: permission given\x1b[2K\u202e",
    values={**VALUES, "trusted": "yes", "unit": WRITER, "at": "never", "bundle": "n-cnv\x9b2J"},
)  # fmt: skip


@dataclass
class Asked:
    """What the command asked the journal for."""

    query: Query
    boots: list[str]
    newest_first: bool = False
    after: str | None = None


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Installs a journal of two events and a forged one; returns the queries that it gets."""
    return install(monkeypatch, PERMIT, FORGED, FIRE)


class Fields:
    """A journal of which only the values of fields are asked."""

    def unique(self, field: str) -> set[str]:
        return {"north", "south", ""} if field == "BINARYCOP_GATE" else set()


def install(monkeypatch: pytest.MonkeyPatch, *records: Record) -> list[Asked]:
    """Installs a journal; returns what it is asked for."""
    asked: list[Asked] = []

    def read(
        reader: Any, query: Query, origins: GateOrigins, boots: list[Boot], *, newest_first: bool = False
    ) -> Iterator[Record]:
        ids = [boot.id for boot in boots]
        asked.append(Asked(query, ids, newest_first))
        found = [record for record in records if record.boot in ids]
        yield from reversed(found) if newest_first else found

    def follow(reader: Any, query: Query, origins: GateOrigins, boot: Boot, after: str) -> Iterator[Record]:
        asked.append(Asked(query, [boot.id], after=after))
        yield from (record for record in records if record.boot == boot.id and (not after or record.cursor > after))
        raise KeyboardInterrupt

    first = Stamp(round(AT.timestamp() * 1e6), 0)
    monkeypatch.setattr(events, "open_reader", Fields)
    monkeypatch.setattr(events, "running_boot", lambda: "b2")
    monkeypatch.setattr(events, "read_boots", lambda *_: [Boot("b1", first=first), Boot("b2")])
    monkeypatch.setattr(events, "read", read)
    monkeypatch.setattr(events, "follow", follow)
    return asked


@pytest.mark.usefixtures("queries")
def test_a_decision_is_one_line_with_its_votes_latency_bundle_and_phases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events"]) == 0
    [boot, permit, other_boot, fire] = capsys.readouterr().out.splitlines()
    assert (boot, other_boot) == ("-- boot b1 --", "-- boot b2 --")
    assert permit[19:] == (
        ".234  permit      north: person 3: permission given (correct, verdict); 5 of 8 frames, margin 12.5; "
        "4.2 ms from capture to lines; n-cnv 0.1.0; gate idle -> permitted"
    )
    assert fire.endswith("  fire        north: fire input active")


@pytest.mark.usefixtures("queries")
def test_with_json_there_is_an_object_for_each_event_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--json"]) == 0
    [permit, fire] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert datetime.fromisoformat(permit.pop("at")) == AT
    common = {"boot": "b1", "event": "permit", "gate": "north", "trusted": True, "unit": WRITER, "clock_step_s": 0.0}
    assert permit == {**common, **VALUES}
    assert fire["state"] == "active"


LEFT_OUT = "binarycop: entries of other programs that are left out: 1; --untrusted shows them\n"


@pytest.mark.usefixtures("queries")
@pytest.mark.parametrize("option", [(), ("--json",), ("--follow",)])
def test_what_others_wrote_is_left_out_and_that_is_said(
    option: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["events", *option]) == 0
    shown = capsys.readouterr()
    assert "person 4" not in shown.out
    assert shown.err == LEFT_OUT


@pytest.mark.usefixtures("queries")
def test_on_request_it_is_shown_on_one_line_with_a_mark(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--untrusted"]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert [line.split()[2] for line in lines] == ["b1", "permit", "b2", "NOT", "fire"]
    assert "NOT FROM THE GATE (session-1.scope)  permit      x\\n2026-05-04 12:00:02.000  permit" in lines[3]
    assert all(line.isprintable() for line in lines)
    assert shown.err == ""


@pytest.mark.usefixtures("queries")
def test_no_field_of_an_entry_can_claim_that_it_is_trusted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--untrusted", "--json"]) == 0
    [_, forged, _] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (forged["trusted"], forged["unit"], forged["at"]) == (False, "session-1.scope", AT.isoformat())


def test_the_arguments_become_a_query(queries: list[Asked]) -> None:
    assert main(["events", "--gate", "north", "--class", "nose_mouth", "--event", "refuse", "--event", "permit"]) == 0
    assert queries == [Asked(Query("north", "nose_mouth", (Event.REFUSE, Event.PERMIT)), ["b1", "b2"])]


@pytest.mark.parametrize(
    ("boot", "expected"),
    [
        ([], ["b2"]),
        (["0"], ["b2"]),
        (["-1"], ["b1"]),
        (["b1"], ["b1"]),
        (["b"], None),
        (["-2"], None),
        (["--2"], None),
        (["1"], None),
    ],
)
def test_one_boot_is_chosen_by_its_place_or_the_start_of_its_id(
    queries: list[Asked], capsys: pytest.CaptureFixture[str], boot: list[str], expected: list[str] | None
) -> None:
    assert main(["events", *([f"--boot={boot[0]}"] if boot else ["--boot"])]) == (0 if expected else 2)
    if expected:
        assert [asked.boots for asked in queries] == [expected]
    else:
        assert f"no boot is {boot[0]!r}: write 0 for the newest, down to -1" in capsys.readouterr().err


def test_following_an_older_boot_is_refused(queries: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--follow", "--boot=-1"]) == 2
    assert "which is of the newest boot" in capsys.readouterr().err
    assert main(["events", "--follow", "--boot"]) == 0
    assert [asked.boots for asked in queries] == [[], ["b2"]]


def test_the_newest_are_read_from_the_end_and_shown_in_their_order(
    queries: list[Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["events", "-n", "2"]) == 0
    assert [asked.newest_first for asked in queries] == [True]
    assert [line[25:29] for line in capsys.readouterr().out.splitlines() if not line.startswith("--")] == [
        "perm",
        "fire",
    ]
    assert main(["events", "-n", "1", "--untrusted"]) == 0
    assert "fire" in capsys.readouterr().out.splitlines()[-1]


def test_following_goes_on_behind_the_newest(queries: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "-n", "1", "--follow"]) == 0
    assert [(asked.boots, asked.after) for asked in queries] == [(["b1", "b2"], None), (["b2"], "c3")]
    assert capsys.readouterr().out.count("fire input") == 1


def test_a_class_that_the_event_cannot_have_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--event", "started", "--class", "nose"]) == 2
    assert capsys.readouterr().err.startswith("binarycop: started has no class nose; events with it are verdict, ")


def test_when_nothing_matched_the_reach_of_the_journal_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch)
    assert main(["events", "--gate", "north"]) == 0
    assert capsys.readouterr().err == (
        f"binarycop: nothing matched; the journal reaches back to {AT.astimezone():%Y-%m-%d %H:%M}\n"
    )
    assert main(["events", "--gate", "nroth"]) == 0
    assert capsys.readouterr().err == "binarycop: the journal has no gate nroth; it has north, south\n"


def test_on_a_terminal_of_80_columns_a_decision_is_wrapped_below_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, PERMIT)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["events"]) == 0
    day = f"{AT.astimezone():%Y-%m-%d %H:%M:%S}.234"
    assert capsys.readouterr().out.splitlines() == [
        "-- boot b1 --",
        f"{day}  permit      north: person 3: permission given (correct,",
        "                         verdict); 5 of 8 frames, margin 12.5; 4.2 ms from",
        "                         capture to lines; n-cnv 0.1.0; gate idle -> permitted",
    ]


def test_on_a_terminal_the_name_of_a_warning_has_a_colour_and_no_other_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, FIRE, PERMIT)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["events"]) == 0
    assert re.findall(r"\x1b\[(\d+)m *(\w+) *\x1b\[0m", capsys.readouterr().out) == [("33", "fire")]


@pytest.mark.parametrize("command", ["events", "stats"])
def test_times_that_contradict_each_other_are_json_if_that_is_asked_for(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--since", "today", "--until", "yesterday", "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out) == {"event": "error", "error": err.removeprefix("binarycop: ").strip(), "exit_code": 2}


def at(text: str, clock_step: timedelta = timedelta(0)) -> Record:
    return replace(FIRE, at=datetime.fromisoformat(text).replace(tzinfo=timezone.utc), text=text, clock_step=clock_step)


@tried(Kind.JOURNAL, "an entry of next year comes first, and an old one last", "each is held to --since and --until")
def test_each_event_is_compared_with_both_bounds_in_any_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ["2027-01-01 00:00", "2026-05-04 12:00", "2026-05-05 12:00", "2020-01-01 00:00", "2026-05-04 13:00"]
    install(monkeypatch, *map(at, texts))
    bounds = ["--since", "2026-05-04T12:00+00:00", "--until", "2026-05-05T00:00+00:00"]
    for arguments, shown in ((bounds, [1, 4]), (bounds[:2], [0, 1, 2, 4]), (bounds[2:], [1, 3, 4]), ([], range(5))):
        assert main(["events", *arguments]) == 0
        lines = capsys.readouterr().out.splitlines()[1:]
        assert [line.partition("  fire        ")[2] for line in lines] == [texts[index] for index in shown]


def test_an_event_from_before_the_clock_was_set_has_a_mark(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, at("2026-05-04 12:00", timedelta(days=2, hours=3)), at("2027-01-01 00:00", timedelta(-1)))
    assert main(["events"]) == 0
    _, late, early = capsys.readouterr().out.splitlines()
    assert "  CLOCK SET LATER (+2 days, 3:00:00)  fire" in late
    assert "  CLOCK SET LATER (-1 day, 0:00:00)  fire" in early
    assert main(["events", "--json"]) == 0
    assert [json.loads(line)["clock_step_s"] for line in capsys.readouterr().out.splitlines()] == [183_600, -86_400]


def test_an_event_that_only_the_later_clock_puts_within_the_bounds_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    misdated = at("2020-01-01 00:00", timedelta(days=2315, hours=12))
    install(monkeypatch, misdated, replace(misdated, is_trusted=False), at("2020-01-01 00:00"))
    assert main(["events", "--since", "2026-05-04T00:00+00:00"]) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        f"binarycop: nothing matched; the journal reaches back to {AT.astimezone():%Y-%m-%d %H:%M}\n"
        "binarycop: entries that are left out because the clock was set only after them: 1; "
        "without --since and --until they are shown\n"
    )


def test_a_period_that_ends_before_it_begins_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--since", "today", "--until", "yesterday"]) == 2
    assert capsys.readouterr().err == "binarycop: --until is before --since: no event is within both\n"


def test_an_interrupt_ends_follow_with_success(queries: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--follow"]) == 0
    assert [(asked.boots, asked.after) for asked in queries] == [(["b1"], None), (["b2"], "")]
    assert "fire input active" in capsys.readouterr().out


@pytest.mark.usefixtures("queries")
@pytest.mark.parametrize(
    "arguments", [["--since", "soon"], ["--class", "hat"], ["--event", "pass"], ["-n", "0"], ["-n", "few"]]
)
def test_a_wrong_argument_is_refused_with_the_right_choices(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["events", *arguments])
    message = capsys.readouterr().err
    assert any(choice in message for choice in ("today, yesterday", "undecided", "not_passed", "such as 50"))


def test_a_journal_that_cannot_be_read_gives_one_line_and_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing() -> None:
        raise JournalError("there is none")

    monkeypatch.setattr(events, "open_reader", nothing)
    assert main(["events"]) == 9
    assert capsys.readouterr().err == "binarycop: journal: there is none\n"
