"""Manual pages and completion say what ``--help`` says, and are read by the programs that read such things."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from binarycop.cli import bundle, main
from deploy import manual
from deploy.commands import Command, read
from deploy.completion import completion

PROGRAMS = {"binarycop": main.parser, "binarycop-bundle": bundle.parser}


@pytest.fixture(params=sorted(PROGRAMS))
def program(request: pytest.FixtureRequest) -> Command:
    return read(PROGRAMS[request.param]())


def flags_of(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def test_the_page_names_every_command_and_option_of_the_help_and_no_other(program: Command) -> None:
    parser = PROGRAMS[program.name]()
    page = re.sub(r"\\f[BIR]", "", manual.page(program, 1)).replace("\\-", "-")
    helps = parser.format_help()
    for name, command in parser._subparsers._group_actions[0].choices.items():  # type: ignore[union-attr]
        helps += command.format_help()
        assert f".SS {name}" in page
    assert flags_of(page) == flags_of(helps)


def test_the_page_gives_the_exit_codes_of_the_help(program: Command) -> None:
    page = manual.page(program, 1)
    codes = re.findall(r"^  (\d)  (.+)$", program.notes, re.MULTILINE)
    assert len(codes) >= 5
    for code, meaning in codes:
        assert f".TP\n.B {code}\n{meaning}\n".replace("-", "\\-") in page


def test_a_line_that_roff_would_take_for_a_command_is_escaped() -> None:
    assert manual._text(".git stays") == "\\&.git stays"
    assert manual._text("a\\b --c") == "a\\eb \\-\\-c"


def test_groff_reads_every_page_without_a_warning(tmp_path: Path) -> None:
    if not shutil.which("groff"):
        pytest.skip("needs groff")
    manual.write(tmp_path)
    pages = [*tmp_path.glob("man*/*"), Path(manual.__file__).parent / "gate-release.8"]
    assert len(pages) == 3
    for page in pages:
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-z", str(page)], capture_output=True, text=True, check=True
        )
        assert done.stderr == "", page


def complete(program: Command, *words: str) -> list[str]:
    """What bash would offer for the last of the words."""
    function = "_" + program.name.replace("-", "_")
    script = f"""{completion(program)}
COMP_WORDS=({" ".join(f"'{word}'" for word in (program.name, *words))}); COMP_CWORD={len(words)}
{function}; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_every_command(program: Command) -> None:
    offered = complete(program, "")
    assert {command.name for command in program.commands} <= set(offered)


def test_bash_completes_every_option_of_every_command(program: Command) -> None:
    for command in program.commands:
        flags = {flag for argument in command.arguments for flag in argument.flags if flag.startswith("--")}
        assert set(complete(program, command.name, "--")) == flags


def test_bash_completes_the_values_of_an_option() -> None:
    program = read(main.parser())
    assert complete(program, "run", "--backend", "") == ["emulator", "overlay", "simulated-board"]
    assert complete(program, "selftest", "--backend", "sim") == ["simulated-board"]


def test_bash_completes_files_where_a_file_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clip.avi").touch()
    monkeypatch.chdir(tmp_path)
    program = read(main.parser())
    assert complete(program, "replay", "cl") == ["clip.avi"]
    assert complete(program, "run", "--config", "cl") == ["clip.avi"]
    assert complete(program, "run", "--bundle", "cl") == []
