"""Writes manual pages, and bash completion from the parser behind ``--help``: ``python -m deploy.manual OUT``.

The page uses the macros of man(7).
"""

import sys
from dataclasses import replace
from pathlib import Path

from binarycop import __version__
from binarycop.cli import main
from deploy.commands import Argument, Command, read
from deploy.completion import completion
from deploy.roff import text as _text
from deploy.settings_manual import settings_page

_FILES = (
    ("/etc/binarycop/gate.yaml", "settings, with every default"),
    ("/etc/binarycop/gate.d/*.yaml", "more settings, read afterwards in the order of their names"),
    ("/var/lib/binarycop/bundles/", "the bundles in use"),
)
_RENAMED = (("rollback", "back"), ("ensure", "ready"))  # as in launch/binarycop-bundle
# gate-release has no parser: its page is written by hand, all but the version.
_HELPER_PAGE = Path(__file__).parent / "gate-release" / "gate-release.8"
_SEE_ALSO = ("gate.yaml(5)", "gate-release(8)", "journalctl(1)")


def page(program: Command, section: int) -> str:
    """The manual page of one program, as roff text."""
    description = program.description.rstrip(".")
    lines = [
        f'.TH {_text(program.name.upper())} {section} "" "binarycop {__version__}"',
        ".SH NAME",
        f"{_text(program.name)} \\- {_text(description[:1].lower() + description[1:])}",
        ".SH SYNOPSIS",
        f".B {_text(program.name)}",
        '.RI [ OPTIONS ] " COMMAND " [ ARGUMENTS ]',
        ".SH OPTIONS",
        *_arguments(program, with_help=True),
        ".SH COMMANDS",
    ]
    for name, command in program.walk():
        lines += [f".SS {_text(_synopsis(name, command))}", _text(_sentence(command.description)), *_arguments(command)]
        lines += _examples(command.epilog)
    lines += _epilog(program.epilog)
    lines.append(".SH FILES")
    for file, text in _FILES:
        lines += [".TP", f".I {_text(file)}", _text(text)]
    others = [f".BR {_text(other[:-3])} {other[-3:]}" for other in _SEE_ALSO]
    lines += [".SH SEE ALSO", *(f"{other} ," for other in others[:-1]), others[-1]]
    return "\n".join(lines) + "\n"


def write(out: Path) -> None:
    """Write the manual pages and the completion below the folder ``out``."""
    program = read(main.parser())
    for file, text in (
        (out / "man1/binarycop.1", page(program, 1)),
        (out / "man5/gate.yaml.5", settings_page()),
        # The name that `binarycop bundle` had before.
        (out / "man8/binarycop-bundle.8", ".so man1/binarycop.1\n"),
        (out / "man8/gate-release.8", _HELPER_PAGE.read_text(encoding="utf-8").replace("@VERSION@", __version__)),
        (out / "completions/binarycop", completion(program)),
        (out / "completions/binarycop-bundle", completion(former_program(program))),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def former_program(program: Command) -> Command:
    """``binarycop-bundle``, the former name of ``binarycop bundle``, whose verbs it takes by their former names too."""
    bundle = next(command for command in program.commands if command.name == "bundle")
    renamed = [(command, former) for command in bundle.commands for new, former in _RENAMED if command.name == new]
    commands = (*bundle.commands, *(replace(command, name=former) for command, former in renamed))
    return replace(bundle, name="binarycop-bundle", commands=commands)


def _arguments(command: Command, *, with_help: bool = False) -> list[str]:
    """The arguments of a command. Its own --help is left out: the page says the same."""
    lines = []
    for argument in command.arguments:
        if "--help" in argument.flags and not with_help:
            continue
        text = argument.help or f"one of {', '.join(argument.choices)}"
        lines += [".TP", _head(argument), _text(text)]
    return lines


def _head(argument: Argument) -> str:
    value = f"\\fI{_text(argument.value)}\\fR" if argument.value else ""
    if not argument.flags:
        return value
    flags = ", ".join(f"\\fB{_text(flag)}\\fR" for flag in argument.flags)
    return f"{flags} {value}".rstrip()


def _synopsis(name: str, command: Command) -> str:
    positional = [argument.value for argument in command.arguments if not argument.flags]
    required = [f"{item.flags[-1]} {item.value}" for item in command.arguments if item.flags and item.required]
    return " ".join([name, *positional, *required])


def _epilog(epilog: str) -> list[str]:
    """The last text of --help: headings that end in a colon, and lines of a code and its meaning."""
    lines: list[str] = []
    for line in epilog.splitlines():
        if line.endswith(":"):
            lines.append(f".SH {_text(line[:-1].upper())}")
        elif line.strip():
            code, meaning = line.split(maxsplit=1)
            lines += [".TP", f".B {_text(code)}", _text(meaning)]
    return lines


def _examples(epilog: str) -> list[str]:
    """The last text of a command's --help: its examples as they are, and its exit codes by number."""
    title, examples, codes = "", list[str](), list[str]()
    for line in epilog.splitlines():
        if line.endswith(":"):
            title = line
        elif line.strip() and title.startswith("example"):
            examples.append(_text(line.strip()))
        elif line.strip():
            codes.append(line.split()[0])
    if not examples:
        return []
    title = "Example:" if len(examples) == 1 else "Examples:"
    return [".PP", title, ".PP", ".nf", ".RS", *examples, ".RE", ".fi", ".PP", f"Exit codes: {', '.join(codes)}."]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


if __name__ == "__main__":
    write(Path(sys.argv[1]))
