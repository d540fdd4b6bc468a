"""How every command behaves: its help, its mistakes, and an output that cannot be written."""

import argparse
import errno
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter, TextIOWrapper
from pathlib import Path

import pytest

from binarycop.cli import main
from binarycop.cli.argument_parser import commands_of
from binarycop.cli.command_help import HELP
from binarycop.cli.exit_codes import MEANINGS
from binarycop.errors import SourceError, SourceErrors
from binarycop.service.daemon import RunSummary
from tests.cli.tty import Tty
from tests.patience import PATIENCE_S
from tests.processes import started


def all_commands(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for nested, _, command in commands_of(parser):
        full = f"{name} {nested}".strip()
        yield full, command
        yield from all_commands(command, full)


PARSERS = dict(all_commands(main.parser()))
every_command = pytest.mark.parametrize("name", sorted(PARSERS), ids=lambda name: name.replace(" ", "-"))

# Arguments that make each command write, or fail; none of them needs a board, a camera or a journal.
LINES = {
    "check-config": ["--changes"],
    "classify": ["{missing}.png"],
    "replay": ["{missing}.avi"],
    "evaluate": ["{missing}"],
    "bench": [],
    "bench compare": ["{missing}.json", "{missing}.json"],
    "bench faces": ["{missing}"],
    "bench gates": ["--clip", "{missing}.avi"],
    "bundle list": [],
    "bundle install": ["{missing}"],
    "bundle rollback": ["n-cnv"],
    "lines": [],
    "aim": ["--source", "{missing}.avi"],
    "status": ["--socket", "{missing}/status"],
    "doctor": ["--before-install", "--other-board", "--without-camera"],
    "events": ["--until", "yesterday"],
    "stats": ["--until", "yesterday"],
    "metrics": ["--output", "{missing}/metrics.prom"],
    "write-journal": [],
    "load-overlay": ["--if-set", "--simulated", "--config", "{missing}.yaml"],
    "relay-off-list": ["{missing}/list"],
    "import-build": ["{missing}", "--into", "{missing}"],
    "run": ["--config", "{missing}.yaml"],
    "selftest": ["--bundle", "{missing}/bundle"],
}
TAKES_JSON = {name for name in LINES if "--json" in PARSERS[name]._option_string_actions}
every_line = pytest.mark.parametrize("name", sorted(LINES), ids=lambda name: name.replace(" ", "-"))


def line_of(name: str, folder: Path) -> list[str]:
    root = ["--root", str(folder / "missing")] if name.startswith("bundle") else []
    first, *rest = name.split()
    return [first, *root, *rest, *(word.format(missing=folder / "missing") for word in LINES[name])]


@contextmanager
def standard_output(descriptor: int) -> Iterator[None]:
    """What the program prints goes to this file, through a buffer as in a process of its own."""
    before = sys.stdout
    with os.fdopen(descriptor, "wb", 0) as file:
        opened = sys.stdout = TextIOWrapper(BufferedWriter(file), encoding="utf-8")
        try:
            yield
        finally:
            sys.stdout = before
            opened.detach()


def closed_pipe() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def exit_code_of(arguments: list[str]) -> int:
    try:
        return main.main(arguments)
    except SystemExit as end:
        return int(str(end.code))


@every_command
def test_a_help_has_a_sentence_examples_and_exit_codes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = PARSERS[name].format_help()
    assert max(map(len, text.splitlines())) <= 80
    assert len((PARSERS[name].description or "").split()) >= 4
    examples, codes = re.split(r"^exit codes:\n", PARSERS[name].epilog or "", flags=re.MULTILINE)
    assert examples.startswith("example")
    assert {0, 1, 2, 11, 130} <= {int(line.split()[0]) for line in codes.splitlines()} <= set(MEANINGS)


@pytest.mark.parametrize("example", [line for help_ in HELP.values() for line in help_.examples])
def test_an_example_names_a_command_and_options_that_it_takes(example: str) -> None:
    program, *words = example.split()
    if program == "systemctl":
        return
    assert program == "binarycop"
    name = max((name for name in PARSERS if words[: len(name.split())] == name.split()), key=len)
    flags = {word for word in words if word.startswith("-")}
    assert flags <= set(PARSERS[name]._option_string_actions)


def test_every_command_has_examples_of_its_own_and_no_other_has() -> None:
    assert set(main.COMMANDS) <= set(HELP) <= set(PARSERS)


@pytest.mark.parametrize("source", ["nowhere.mp4", "no/such/folder", "rtsp://192.0.2.1/a"])
def test_a_missing_recording_is_one_line_before_anything_starts(
    source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["run", "--source", source]) == 5
    out, err = capsys.readouterr()
    assert out == ""
    [line] = err.splitlines()
    assert line.startswith(f"binarycop: source {source}: ")


def test_every_command_is_tried() -> None:
    assert {name.split()[0] for name in LINES} == set(main.COMMANDS)


@every_command
def test_an_unknown_option_is_reported_by_its_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    needed = [action for action in PARSERS[name]._actions if action.required]
    assert exit_code_of([*name.split(), "--nonsense", "--json"]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(f"usage: binarycop {name}")
    reason = json.loads(shown.out)
    assert reason["event"] == "error"
    assert reason["exit_code"] == 2
    assert needed or "unknown argument" in reason["error"]


def test_wrong_arguments_are_answered_in_lines_that_break_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Tty()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    assert exit_code_of(["events", "--class", "nos"]) == 2
    *_, first, second = terminal.getvalue().splitlines()
    assert first.startswith("binarycop events: error: argument --class: 'nos' is not one of correct, ")
    assert second.startswith("  ")
    assert len(first) < 80
    words = f"{first} {second.strip()}".replace(",", "").split()
    assert "nose_mouth" in words


@every_line
def test_a_reader_that_is_gone_ends_a_command_without_a_word(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*line_of(name, tmp_path), *(["--json"] if name in TAKES_JSON else [])]
    code = exit_code_of(arguments)
    expected = capsys.readouterr().err
    with standard_output(closed_pipe()):
        with_closed_pipe = exit_code_of(arguments)
    # A command that prints before its end ends at once, and does not find out how it would have ended.
    ends_at_once = {"check-config": 0, "classify": 11, "doctor": 11, "lines": 11}
    err = capsys.readouterr().err
    assert expected.startswith(err) if name in ends_at_once else err == expected
    assert with_closed_pipe == ends_at_once.get(name, code)


@pytest.mark.parametrize("descriptor", [1, 2], ids=["standard output", "standard error"])
def test_a_test_of_the_lines_that_nobody_reads_to_its_end_is_no_success(descriptor: int) -> None:
    command = [sys.executable, "-m", "binarycop", "lines", "--walk", "--yes"]
    with os.fdopen(closed_pipe(), "wb") as gone:
        outputs = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        outputs["stdout" if descriptor == 1 else "stderr"] = gone.fileno()
        done = subprocess.run(command, **outputs, timeout=PATIENCE_S, check=False)  # type: ignore[call-overload]
    assert (done.returncode, done.stderr or b"") == (11, b"")


@pytest.mark.parametrize(("name", "code"), [("events", 0), ("lines", 11)])
def test_enough_of_a_list_is_a_success_and_a_part_of_a_test_is_none(
    name: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object) -> int:
        print("x" * 100_000)  # more than the buffer holds: the command itself finds out that its reader is gone
        return 0

    monkeypatch.setattr(main, "_run", run)
    with standard_output(closed_pipe()):
        assert exit_code_of([name]) == code


def test_what_a_command_has_found_is_its_exit_code_also_if_nobody_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> int:
        print("short")
        return 6

    monkeypatch.setattr(main, "_run", run)
    with standard_output(closed_pipe()):
        assert exit_code_of(["lines"]) == 6


def test_a_socket_whose_peer_is_gone_is_not_taken_for_the_reader_of_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(main, "_run", run)
    with pytest.raises(BrokenPipeError):
        main.main(["events"])


def test_the_page_of_commands_names_those_that_a_reader_may_leave() -> None:
    text = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    [named] = re.findall(r"is 11\.\s+(.*?)\s+only\s+list", text, re.DOTALL)
    assert set(re.findall(r"`([a-z-]+)`", named)) == main._LISTS


@pytest.mark.parametrize(
    ("failure", "code"), [(None, 0), (SourceErrors([SourceError("door.avi", "gave no frame")]), 5)]
)
def test_how_the_daemon_has_ended_is_its_exit_code_also_if_nobody_reads_its_summary(
    failure: SourceErrors | None, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = RunSummary((), 0, 0, 0, {"p50": None, "p99": None}, failure, was_stopped=False)
    monkeypatch.setattr("binarycop.service.daemon.run_daemon", lambda *_: summary)
    with standard_output(closed_pipe()):
        assert exit_code_of(["run"]) == code


def test_a_help_whose_reader_is_gone_is_a_success() -> None:
    with standard_output(closed_pipe()):
        assert exit_code_of(["lines", "--help"]) == 0


@every_line
def test_a_full_disk_is_named_with_the_standard_output(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*line_of(name, tmp_path), *(["--json"] if name in TAKES_JSON else [])]
    exit_code_of(arguments)
    has_output = bool(capsys.readouterr().out)
    with standard_output(os.open("/dev/full", os.O_WRONLY)):
        code = exit_code_of(arguments)
    lines = capsys.readouterr().err.splitlines()
    assert all(line.startswith(("binarycop", "usage: ", " ")) for line in lines)
    if has_output:
        assert code == 11
        assert lines[-1] == "binarycop: the standard output cannot be written: No space left on device"


def gone_terminal() -> int:
    controller, end = pty.openpty()
    os.close(controller)
    return end


@every_line
def test_a_terminal_that_is_gone_is_an_output_that_cannot_be_written(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*line_of(name, tmp_path), *(["--json"] if name in TAKES_JSON else [])]
    exit_code_of(arguments)
    has_output = bool(capsys.readouterr().out)
    with standard_output(gone_terminal()):
        code = exit_code_of(arguments)
    if has_output:
        assert code == 11
        assert capsys.readouterr().err.splitlines()[-1].endswith("cannot be written: Input/output error")


@pytest.mark.parametrize("lost", ["/dev/full", "gone terminal"])
def test_an_error_that_nobody_can_read_keeps_its_exit_code(lost: str, tmp_path: Path) -> None:
    error = os.open(lost, os.O_WRONLY) if lost.startswith("/") else gone_terminal()
    command = [sys.executable, "-m", "binarycop", "check-config", "--config", str(tmp_path / "missing.yaml")]
    with os.fdopen(error, "wb") as file:
        assert subprocess.run(command, stderr=file, timeout=PATIENCE_S, check=False).returncode == 3


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"]], ids=lambda words: words[0])
def test_a_help_for_a_full_disk_is_an_error_too(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with standard_output(os.open("/dev/full", os.O_WRONLY)):
        assert exit_code_of(words) == 11
    assert capsys.readouterr().err == "binarycop: the standard output cannot be written: No space left on device\n"


@every_line
def test_an_error_is_one_json_object_with_json(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if name not in TAKES_JSON:
        pytest.skip("it has no --json")
    code = exit_code_of([*line_of(name, tmp_path), "--json"])
    out = capsys.readouterr().out
    last = json.loads(out.splitlines()[-1]) if out else {}
    assert (last.get("event") == "error") == (code not in (0, 6) or name == "relay-off-list")
    assert code == last.get("exit_code", code)


@every_line
def test_a_folder_without_permission_is_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "missing").mkdir(mode=0)
    user = os.geteuid()
    if user == 0:  # root may read everything
        os.seteuid(65534)
    try:
        code = exit_code_of(line_of(name, tmp_path))
    finally:
        os.seteuid(user)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("binarycop")]
    assert code in MEANINGS
    assert code != 1
    assert not code or lines


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_program_that_is_started_with_closed_files_works(closed: str) -> None:
    command = f'"{sys.executable}" -m binarycop check-config --json {closed}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0
    assert done.stderr in ("", "binarycop: the settings are right\n")


def test_a_question_without_a_standard_input_has_no_answer() -> None:
    command = f'"{sys.executable}" -m binarycop lines --pulse permission --json <&-'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 2
    assert json.loads(done.stdout.splitlines()[-1])["error"].startswith("nobody answered, and nothing was driven")


def test_ctrl_c_while_the_program_still_imports_ends_it_without_a_word() -> None:
    program = (
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'binarycop.cli.main': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from binarycop.__main__ import main\nsys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (done.returncode, done.stderr) == (130, "")


def test_ctrl_c_ends_the_demo_with_its_summary() -> None:
    command = [sys.executable, "-m", "binarycop", "run", "--source", "demo"]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        first = demo.stdout.readline()
        demo.send_signal(signal.SIGINT)
        out, err = demo.communicate(timeout=PATIENCE_S)
    assert first
    assert demo.returncode == 0
    assert "Traceback" not in err
    assert out.splitlines()[-1].startswith("summary: ")


def daemons_with(word: str) -> set[str]:
    """The processes that have this word in their command line."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and int(folder.name) != os.getpid():
            with suppress(OSError):
                if word.encode() in (folder / "cmdline").read_bytes():
                    found.add(folder.name)
    return found


def wait_until(condition: Callable[[], bool], for_s: float = PATIENCE_S) -> None:
    end_s = time.monotonic() + for_s
    while not condition():
        assert time.monotonic() < end_s
        select.select([], [], [], 0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_daemon_that_a_measurement_has_started(number: signal.Signals, tmp_path: Path) -> None:
    folder = tmp_path / "measured"
    folder.mkdir()
    # A shell that runs the tests in the background has them ignore Ctrl-C.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "binarycop", "bench", "gates", "--gates", "1"]
    environment = {**os.environ, "TMPDIR": str(folder)}
    command += ["--repeats", "1"]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as bench:
        wait_until(lambda: bool(daemons_with(str(folder))))
        bench.send_signal(number)
        _, err = bench.communicate(timeout=PATIENCE_S)
    assert bench.returncode == (130 if number is signal.SIGINT else -number)
    assert b"Traceback" not in err
    assert daemons_with(str(folder)) == set()
    assert list(folder.iterdir()) == []
