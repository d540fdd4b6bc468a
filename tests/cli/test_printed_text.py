"""Everything that a command prints is printable: no file's name and no setting can forge a line on a terminal."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from binarycop.cli.main import main
from binarycop.cli.options import print_json
from tests.patience import PATIENCE_S

CLI = Path(__file__).resolve().parents[2] / "daemon/binarycop/cli"
SAFE = {"printable", "format_line", "dumps", "replace", "styled", "wrapped"}
NUMBERS_ONLY = {"evaluate.py"}
"""Besides what goes through ``printable``, these print counts and shares, and the names of the four classes."""

HOSTILE = "x\n\x1b[2Kbinarycop: all is well\u202e\x9b1A"


def printed(file: Path) -> list[ast.expr]:
    """The first argument of each call of print."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    return [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print" and call.args]


def is_safe(shown: ast.expr) -> bool:
    if isinstance(shown, ast.Constant):
        return True
    if isinstance(shown, ast.Call):
        name = shown.func.attr if isinstance(shown.func, ast.Attribute) else getattr(shown.func, "id", "")
        return name in SAFE
    if isinstance(shown, ast.IfExp):
        return is_safe(shown.body) and is_safe(shown.orelse)
    parts = shown.values if isinstance(shown, ast.JoinedStr) else []
    fields = [part.value for part in parts if isinstance(part, ast.FormattedValue)]
    return bool(fields) and all(is_safe(field) or ast.unparse(field) == "left_out" for field in fields)


@pytest.mark.parametrize("file", sorted(CLI.glob("*.py")), ids=lambda file: file.name)
def test_what_is_printed_goes_through_printable(file: Path) -> None:
    unsafe = [ast.unparse(shown) for shown in printed(file) if not is_safe(shown)]
    if file.name == "check_config.py":
        # The settings as YAML, which has escapes of its own, as the test below proves.
        unsafe = [shown for shown in unsafe if not shown.startswith("text or")]
    if file.name not in NUMBERS_ONLY:
        assert unsafe == []


@pytest.mark.parametrize("file", sorted(CLI.glob("*.py")), ids=lambda file: file.name)
def test_a_message_of_the_program_is_wrapped_between_words(file: Path) -> None:
    messages = [text for shown in printed(file) if "'binarycop: " in (text := ast.unparse(shown))]
    assert [text for text in messages if ".wrapped(" not in text] == []


@pytest.mark.parametrize(
    "command",
    [
        ["replay", HOSTILE],
        ["check-config", "--config", HOSTILE],
        ["selftest", "--bundle", f"./{HOSTILE}"],
        ["bundle", "--root", "/nonexistent", "install", f"./{HOSTILE}"],
    ],
    ids=lambda command: command[0],
)
def test_an_error_with_the_name_of_a_file_is_one_line(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) != 0
    shown = capsys.readouterr()
    [line] = shown.err.splitlines()
    assert line.isprintable()
    assert "x\\n\\x1b[2Kbinarycop: all is well\\u202e" in line


@pytest.mark.parametrize("command", [["evaluate"], ["bench", "faces"], ["replay"]], ids=lambda command: command[-1])
def test_what_was_left_out_is_named_in_lines_of_its_own(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "nose"
    folder.mkdir()
    name = HOSTILE.replace("/", "") + "\udce9"
    for ending in (".png", ".txt", ".gif"):
        (folder / (name + ending)).write_bytes(b"any")
    assert main([*command, str(folder if command == ["replay"] else tmp_path)]) == 5
    lines = capsys.readouterr().err.splitlines()
    assert any("x\\n\\x1b[2Kbinarycop: all is well" in line for line in lines)
    assert all(line.isprintable() and line.startswith("binarycop: ") for line in lines)


def test_a_setting_cannot_begin_a_line_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "gate.yaml"
    escaped = json.dumps(HOSTILE)
    file.write_text(f"gates: [{{name: {escaped}}}]\n{escaped}: 1\ngate: {{policy: {escaped}}}\n", encoding="utf-8")
    assert main(["check-config", "--config", str(file)]) == 3
    shown = capsys.readouterr().err.splitlines()
    assert shown
    assert all(line.isprintable() and line.startswith(f"binarycop: {file}:") for line in shown)


def test_json_has_no_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    value = "".join(map(chr, (*range(256), 0x202E, 0x2028, 0xDCE9)))
    print_json({"name": value})
    shown = capsys.readouterr().out
    assert shown.removesuffix("\n").isprintable()
    assert json.loads(shown) == {"name": value}


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x7f", "\x9b", "\x85", "\u2028"])
def test_settings_are_refused_or_printed_with_escapes(
    hidden: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gate.yaml"
    file.write_text(f"gates: [{{name: north, source: {json.dumps(f'clip{hidden}.avi')}}}]\n", encoding="utf-8")
    main(["check-config", "--config", str(file)])
    shown = capsys.readouterr()
    lines = (shown.out + shown.err).splitlines()
    assert any("clip" in line for line in lines)
    assert all(line.isprintable() for line in lines)


def test_a_name_that_the_terminal_cannot_write_is_printed_with_escapes(tmp_path: Path) -> None:
    (tmp_path / "gäte.yaml").write_text("gate: {policy: remind}\n", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "binarycop", "check-config", "--changes", "--config", str(tmp_path / "gäte.yaml")],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert run.stdout.splitlines()[0].endswith(rb"g\xe4te.yaml")
