"""Manual page and completion agree with ``--help``; groff reads the page and bash runs the completion."""

import argparse
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from binarycop.cli import main
from deploy import manual
from deploy.commands import Command, read
from deploy.completion import completion


@pytest.fixture
def program() -> Command:
    return read(main.parser())


def flags_of(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def helps_of(parser: argparse.ArgumentParser, name: str = "") -> list[tuple[str, str]]:
    """The name and the --help of a parser, then those of all parsers below it."""
    helps = [(name, parser.format_help())]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for key, command in action.choices.items():
                helps += helps_of(command, f"{name} {key}".strip())
    return helps


def test_the_page_names_every_command_and_option_of_the_help_and_no_other(program: Command) -> None:
    parser = main.parser()
    page = re.sub(r"\\f[BIR]", "", manual.page(program, 1)).replace("\\-", "-")
    helps = [text for _, text in helps_of(parser)]
    for name, _ in helps_of(parser)[1:]:
        assert f".SS {name}" in page
    assert flags_of(page) == flags_of("".join(helps))


def test_the_page_gives_the_exit_codes_of_the_help(program: Command) -> None:
    page = manual.page(program, 1)
    codes = re.findall(r"^ +(\d+)  (.+)$", program.epilog, re.MULTILINE)
    assert len(codes) >= 5
    for code, meaning in codes:
        assert f".TP\n.B {code}\n{meaning}\n".replace("-", "\\-") in page


def test_a_line_that_roff_would_read_as_a_command_is_escaped() -> None:
    assert manual._text(".git stays") == "\\&.git stays"
    assert manual._text("a\\b --c") == "a\\eb \\-\\-c"


def test_groff_reads_every_page_without_a_warning(tmp_path: Path) -> None:
    if not shutil.which("groff"):
        pytest.skip("needs groff")
    manual.write(tmp_path)
    pages = sorted(tmp_path.glob("man*/*"))
    assert len(pages) == 3
    for page in pages:
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-z", str(page)],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
        )
        assert done.stderr == "", page


def complete(program: Command, *words: str) -> list[str]:
    """What bash offers for the last of the words."""
    function = "_" + program.name.replace("-", "_")
    script = f"""{completion(program)}
COMP_WORDS=({" ".join(f"'{word}'" for word in (program.name, *words))}); COMP_CWORD={len(words)}
{function}; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_every_command(program: Command) -> None:
    for name, command in (("", program), *program.walk()):
        assert {nested.name for nested in command.commands} <= set(complete(program, *name.split(), ""))


def test_bash_completes_every_option_of_every_command(program: Command) -> None:
    for name, command in program.walk():
        flags = {flag for argument in command.arguments for flag in argument.flags if flag.startswith("--")}
        assert set(complete(program, *name.split(), "--")) == flags


def test_bash_completes_the_former_program_with_its_verbs_of_then_and_now(tmp_path: Path) -> None:
    former = manual.former_program(read(main.parser()))
    assert {"list", "install", "rollback", "ensure", "confirm", "back", "ready"} <= set(complete(former, ""))
    assert complete(former, "ready", "--c") == ["--config"]
    assert "--root" in complete(former, "--r")
    manual.write(tmp_path)
    written = (tmp_path / "completions/binarycop-bundle").read_text()
    assert "complete -o filenames -F _binarycop_bundle binarycop-bundle" in written


def test_bash_completes_the_values_of_an_option() -> None:
    program = read(main.parser())
    assert complete(program, "run", "--backend", "") == ["emulator", "overlay", "simulated-board", "simulated-rtl"]
    assert complete(program, "selftest", "--backend", "sim") == ["simulated-board", "simulated-rtl"]


def test_bash_completes_files_for_an_argument_that_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clip.avi").touch()
    monkeypatch.chdir(tmp_path)
    program = read(main.parser())
    assert complete(program, "replay", "cl") == ["clip.avi"]
    assert complete(program, "run", "--config", "cl") == ["clip.avi"]
    assert complete(program, "run", "--bundle", "cl") == []
