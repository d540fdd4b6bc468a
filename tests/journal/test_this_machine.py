"""What reads the journal of this machine: python3-systemd, and journalctl where that is missing."""

import errno
import json
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from binarycop.errors import JournalError
from binarycop.journal.boots import read_boots
from binarycop.journal.journalctl import JournalctlReader
from binarycop.journal.journald import RawEntry
from binarycop.journal.this_machine import open_reader
from tests.journal.fakes import BOOTS, FakeReader
from tests.journal.test_reader import reader as some_events
from tests.tried import Kind, tried

written = some_events
TERMS = [{"BINARYCOP_GATE": ["north", "south"]}, {"MESSAGE": ["another program's"]}]


class Monotonic(NamedTuple):
    """As ``systemd.journal.Monotonic``."""

    timestamp: int
    bootid: UUID


class PythonSystemd:
    """``systemd.journal.Reader``, with these entries: the state of a search, and fields that it converts itself."""

    stored: list[RawEntry] = []  # noqa: RUF012
    waits: list[float] = []  # noqa: RUF012

    def __init__(self) -> None:
        self._terms: list[dict[str, list[str]]] = [{}]
        self._next = 0

    def close(self) -> None:
        pass

    def has_persistent_files(self) -> bool:
        return bool(self.stored)

    def has_runtime_files(self) -> bool:
        return False

    def query_unique(self, field: str) -> set[Any]:
        values = {entry.fields[field].decode() for entry in self.stored if field in entry.fields}
        return {UUID(value) for value in values} if field == "_BOOT_ID" else values

    def add_match(self, **fields: str) -> None:
        for name, value in fields.items():
            self._terms[-1].setdefault(name, []).append(value)

    def add_disjunction(self) -> None:
        self._terms.append({})

    def seek_head(self) -> None:
        self._next = 0

    def seek_tail(self) -> None:
        self._next = len(self.stored)

    def seek_cursor(self, cursor: str) -> None:
        found = [index for index, entry in enumerate(self.stored) if entry.cursor >= cursor]
        self._next = found[0] if found else len(self.stored)

    def wait(self, timeout: float) -> int:
        self.waits.append(timeout)
        if len(self.waits) > 1:
            raise KeyboardInterrupt
        return 1

    def get_next(self) -> Mapping[str, Any]:
        while self._next < len(self.stored):
            self._next += 1
            if entry := self._get(self._next - 1):
                return entry
        return {}

    def get_previous(self) -> Mapping[str, Any]:
        while self._next > 0:
            self._next -= 1
            if entry := self._get(self._next):
                return entry
        return {}

    def _get(self, index: int) -> Mapping[str, Any]:
        entry, reader = self.stored[index], FakeReader()
        reader.stored = [entry]
        if not list(reader.entries(self._terms)):
            return {}
        stamps = {"__REALTIME_TIMESTAMP": entry.at_us, "__CURSOR": entry.cursor}
        stamps["__MONOTONIC_TIMESTAMP"] = Monotonic(entry.since_boot_us, UUID(int=1))
        return self._convert_entry({**entry.fields, **stamps})

    def _convert_entry(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        raise AssertionError("each field is converted, which takes most of the time")


def install(monkeypatch: pytest.MonkeyPatch, reader: Any) -> None:
    """Fake the module systemd.journal with this Reader; None for a machine without python-systemd."""
    module = None
    if reader is not None:
        module = ModuleType("systemd.journal")
        module.Reader = reader  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "systemd", ModuleType("systemd"))
    monkeypatch.setitem(sys.modules, "systemd.journal", module)


@pytest.fixture
def through_python(monkeypatch: pytest.MonkeyPatch, written: FakeReader) -> type[PythonSystemd]:
    """python-systemd with the events of ``written``."""

    class Installed(PythonSystemd):
        stored = written.stored
        waits: list[float] = []  # noqa: RUF012

    install(monkeypatch, Installed)
    return Installed


def bare(entries: list[RawEntry]) -> list[tuple[int, int, str, dict[str, Any]]]:
    """The entries without what python-systemd puts among the fields."""
    return [
        (*entry[:3], {name: value for name, value in entry.fields.items() if not name.startswith("__")})
        for entry in entries
    ]


@pytest.mark.usefixtures("through_python")
def test_python_systemd_gives_each_entry_as_it_is_stored(written: FakeReader) -> None:
    assert bare(list(open_reader().entries([{}]))) == [(*entry,) for entry in written.stored]


@pytest.mark.usefixtures("through_python")
def test_python_systemd_selects_by_any_of_the_terms_in_both_directions(written: FakeReader) -> None:
    forwards = list(open_reader().entries(TERMS))
    assert bare(forwards) == bare(written.stored[1:])
    assert list(open_reader().entries(TERMS, newest_first=True)) == forwards[::-1]


@pytest.mark.usefixtures("through_python")
def test_python_systemd_has_the_values_of_a_field_as_texts() -> None:
    assert open_reader().unique("_BOOT_ID") == {BOOTS[1], BOOTS[2]}
    assert open_reader().unique("BINARYCOP_GATE") == {"gate", "north", "south"}


@pytest.mark.parametrize(("is_there", "expected"), [(True, [2, 3]), (False, [1, 2, 3])])
def test_python_systemd_goes_on_behind_a_cursor_or_where_it_was(
    through_python: type[PythonSystemd], written: FakeReader, is_there: bool, expected: list[int]
) -> None:
    cursors = [entry._replace(cursor=f"c{index}") for index, entry in enumerate(written.stored)]
    through_python.stored = cursors
    after = "c1" if is_there else "c0+"
    assert [entry.cursor for entry in open_reader().entries([{}], after=after)] == [f"c{index}" for index in expected]


def test_python_systemd_waits_for_new_entries_when_it_follows(
    through_python: type[PythonSystemd], written: FakeReader
) -> None:
    following = open_reader().entries([{}], follow=True)
    for _ in written.stored:
        next(following)
    with pytest.raises(KeyboardInterrupt):
        next(following)
    assert through_python.waits == [1.0, 1.0]


@tried(Kind.JOURNAL, "a machine without python3-systemd", "journalctl reads it instead")
def test_without_pythons_systemd_module_journalctl_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, None)
    program(tmp_path, f"echo {BOOTS[1]}")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert isinstance(open_reader(), JournalctlReader)


def test_with_neither_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JournalError, match="neither python3-systemd nor journalctl is installed"):
        open_reader()


@tried(Kind.JOURNAL, "a user who may read no journal", "refused: names the groups")
def test_without_a_readable_file_the_error_says_who_may_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, PythonSystemd)
    with pytest.raises(JournalError, match="be root or in the group systemd-journal"):
        open_reader()
    install(monkeypatch, None)
    program(tmp_path, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(JournalError, match="be root or in the group systemd-journal"):
        open_reader()


def test_a_journal_that_cannot_be_opened_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(PythonSystemd):
        def __init__(self) -> None:
            raise OSError(errno.EIO, "Input/output error")

    install(monkeypatch, Broken)
    with pytest.raises(JournalError, match="cannot be opened: Input/output error"):
        open_reader()


def program(folder: Path, script: str) -> JournalctlReader:
    """A journalctl that notes its arguments and does what the script says."""
    file = folder / "journalctl"
    file.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{folder}/arguments\n{script}\n')
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return JournalctlReader(str(file))


def line_of(entry: RawEntry) -> str:
    """An entry as ``journalctl -o json`` prints it."""
    stamps = {"__REALTIME_TIMESTAMP": str(entry.at_us), "__MONOTONIC_TIMESTAMP": str(entry.since_boot_us)}
    return json.dumps({**stamps, "__CURSOR": entry.cursor, **{n: v.decode() for n, v in entry.fields.items()}})


def test_journalctl_gives_the_same_entries_as_python_systemd(tmp_path: Path, written: FakeReader) -> None:
    (tmp_path / "printed").write_text("".join(line_of(entry) + "\n" for entry in written.stored))
    journalctl = program(tmp_path, f"cat {tmp_path}/printed")
    assert bare(list(journalctl.entries([{}]))) == [(*entry,) for entry in written.stored]


def test_journalctl_gets_the_terms_the_direction_and_the_cursor(tmp_path: Path) -> None:
    journalctl = program(tmp_path, "")
    list(journalctl.entries(TERMS, newest_first=True))
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments[-4:] == ["BINARYCOP_GATE=north", "BINARYCOP_GATE=south", "+", "MESSAGE=another program's"]
    assert "--reverse" in arguments
    list(journalctl.entries([{}], after="s=1;i=2", follow=True))
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments[-3:] == ["--after-cursor=s=1;i=2", "--follow", "--no-tail"]


def test_journalctl_has_bytes_and_several_values_as_python_systemd_does(tmp_path: Path) -> None:
    stamps = {"__REALTIME_TIMESTAMP": "1", "__MONOTONIC_TIMESTAMP": "2", "__CURSOR": "c"}
    fields = {"A": [255, 10], "B": ["x", [1]], "C": None, "D": "\udce9"}
    endless = '{"__REALTIME_TIMESTAMP": Infinity, "__MONOTONIC_TIMESTAMP": "2", "__CURSOR": "c"}'
    (tmp_path / "printed").write_text(
        json.dumps({**stamps, **fields}) + f'\nnot JSON\n[1]\n{{"A": "no stamps"}}\n{endless}\n'
    )
    [entry] = program(tmp_path, f"cat {tmp_path}/printed").entries([{}])
    assert bare([entry])[0][3] == {"A": b"\xff\n", "B": [b"x", b"\x01"], "C": b"", "D": b"?"}


def test_an_error_of_journalctl_comes_after_its_entries(tmp_path: Path, written: FakeReader) -> None:
    (tmp_path / "printed").write_text(line_of(written.stored[0]) + "\n")
    entries = program(tmp_path, f"cat {tmp_path}/printed; echo 'Bad message' >&2; exit 1").entries([{}])
    assert next(entries).cursor == written.stored[0].cursor
    with pytest.raises(OSError, match="journalctl: Bad message"):
        next(entries)


def test_journalctl_is_ended_when_enough_was_read(tmp_path: Path, written: FakeReader) -> None:
    (tmp_path / "printed").write_text(line_of(written.stored[0]) + "\n")
    entries = program(tmp_path, f"echo $$ >{tmp_path}/pid; cat {tmp_path}/printed; exec cat").entries([{}])
    next(entries)
    entries.close()
    process = int((tmp_path / "pid").read_text())
    assert not Path(f"/proc/{process}").exists()


def test_the_boots_are_the_same_through_both(
    through_python: type[PythonSystemd], tmp_path: Path, written: FakeReader
) -> None:
    lines = {boot: [line_of(entry) for entry in written.stored if entry.fields["_BOOT_ID"] == boot.encode()]
             for boot in (BOOTS[1], BOOTS[2])}  # fmt: skip
    for boot, printed in lines.items():
        (tmp_path / boot).write_text("\n".join(printed) + "\n")
    script = (
        "for last; do :; done\n"
        f'case "$*" in *--field*) printf "%s\\n" {BOOTS[1]} {BOOTS[2]};;'
        f' *--reverse*) tac "{tmp_path}/${{last#*=}}";; *) cat "{tmp_path}/${{last#*=}}";; esac'
    )
    assert read_boots(program(tmp_path, script), BOOTS[4]) == read_boots(open_reader(), BOOTS[4])
    assert through_python.stored
