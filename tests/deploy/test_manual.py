"""Manual page and completion agree with ``--help``; groff reads the page and bash runs the completion."""

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from binarycop.cli import main
from binarycop.settings.dump import to_dict
from binarycop.settings.load import load
from binarycop.settings.schema import Settings
from deploy import manual
from deploy.commands import Command, read
from deploy.completion import completion
from deploy.roff import text
from deploy.settings_manual import _EXAMPLE, settings_page


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
    assert text(".git stays") == "\\&.git stays"
    assert text("a\\b --c") == "a\\eb \\-\\-c"


def test_the_page_of_the_settings_has_every_key_with_its_default_and_its_text() -> None:
    page = re.sub(r"\\f[BIR]", "", settings_page()).replace("\\-", "-")
    heads = dict(re.findall(r"^\.TP\n([\w.]+) \((.+)\)\n", page, re.MULTILINE))
    [gate] = to_dict(Settings())["gates"]
    keys = {**to_dict(Settings()), **gate}
    sections = {key for key, value in flat(keys) if isinstance(value, dict) and not key.startswith("lines.")}
    assert {key for key, _ in flat(keys)} - {"gates", "name"} - sections <= set(heads)
    assert heads["gate.pulse_s"] == "number from 0.05 to 10; default 0.5; reload"
    assert heads["classifier.overlay.fallback"] == "none, emulator; default none"
    assert heads["lines.feedback"].endswith("or null; default null")
    assert "``" not in page
    assert "A pulse cannot be taken back".lower() in page.lower()


def flat(section: dict[str, Any], key: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in section.items():
        yield f"{key}{name}", value
        if isinstance(value, dict) and name not in ("lamps", "permission"):
            yield from flat(value, f"{key}{name}.")


def test_the_example_of_the_settings_page_is_right(tmp_path: Path) -> None:
    (tmp_path / "gate.yaml").write_text(_EXAMPLE)
    assert load(tmp_path / "gate.yaml").settings.gates[0].name == "north"


def test_groff_reads_every_page_without_a_warning(tmp_path: Path) -> None:
    if not shutil.which("groff"):
        pytest.skip("needs groff")
    manual.write(tmp_path)
    pages = sorted(tmp_path.glob("man*/*"))
    assert len(pages) == 4
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
