"""``binarycop events`` as an operator calls it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from binarycop.cli import events
from binarycop.cli.main import main
from binarycop.errors import JournalError
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
FIRE = Record(AT, "b2", "fire", "north", "north: fire input active", {"state": "active"}, WRITER, is_trusted=True)
FORGED = replace(
    PERMIT, boot="b2", is_trusted=False, unit="session-1.scope",
    text="x\n2026-05-04 12:00:02.000  permit      north: person 4: permission given\x1b[2K\u202e",
    values={**VALUES, "trusted": "yes", "unit": WRITER, "at": "never", "bundle": "n-cnv\x9b2J"},
)  # fmt: skip


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Query, bool]]:
    """Installs a journal of two events, and one that somebody forged; returns the queries that it gets."""
    return install(monkeypatch, PERMIT, FORGED, FIRE)


def install(monkeypatch: pytest.MonkeyPatch, *records: Record) -> list[tuple[Query, bool]]:
    """Installs a journal; returns the queries that it gets."""
    queries: list[tuple[Query, bool]] = []

    def read(reader: Any, query: Query, origins: GateOrigins, running_boot: str, *, follow: bool) -> Iterator[Record]:
        queries.append((query, follow))
        yield from records
        if follow:
            raise KeyboardInterrupt

    monkeypatch.setattr(events, "open_reader", lambda: None)
    monkeypatch.setattr(events, "read", read)
    return queries


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


def test_the_arguments_become_a_query(queries: list[tuple[Query, bool]]) -> None:
    assert main(["events", "--gate", "north", "--class", "nose_mouth"]) == 0
    assert queries == [(Query("north", "nose_mouth"), False)]


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
        "binarycop: no event matches\n"
        "binarycop: entries that are left out because the clock was set only after them: 1; "
        "without --since and --until they are shown\n"
    )


def test_a_period_that_ends_before_it_begins_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "--since", "today", "--until", "yesterday"]) == 2
    assert capsys.readouterr().err == "binarycop: --until is before --since: no event is within both\n"


def test_an_interrupt_ends_follow_with_success(
    queries: list[tuple[Query, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["events", "--follow"]) == 0
    assert queries[0][1]
    assert "fire input active" in capsys.readouterr().out


@pytest.mark.usefixtures("queries")
@pytest.mark.parametrize("arguments", [["--since", "soon"], ["--class", "hat"]])
def test_a_wrong_argument_is_refused_with_the_right_choices(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["events", *arguments])
    assert "today, yesterday" in (message := capsys.readouterr().err) or "undecided" in message


def test_a_journal_that_cannot_be_read_gives_one_line_and_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing() -> None:
        raise JournalError("there is none")

    monkeypatch.setattr(events, "open_reader", nothing)
    assert main(["events"]) == 9
    assert capsys.readouterr().err == "binarycop: journal: there is none\n"
