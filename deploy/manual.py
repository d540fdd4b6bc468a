"""Manual pages and bash completion, from the same parsers as ``--help``: ``python -m deploy.manual OUT``.

The pages are in man(7)'s macros.
"""

import sys
from pathlib import Path

from binarycop import __version__
from binarycop.cli import bundle, main
from deploy.commands import Argument, Command, read
from deploy.completion import completion

_FILES = (
    ("/etc/binarycop/gate.yaml", "settings, with every default"),
    ("/etc/binarycop/gate.d/*.yaml", "more settings, read after it in the order of their names"),
    ("/var/lib/binarycop/bundles/", "the bundles in use"),
)
_OTHERS = ("binarycop(1)", "binarycop-bundle(8)", "gate-release(8)", "journalctl(1)")


def page(command: Command, section: int) -> str:
    """One program's page, as roff."""
    title = f"{command.name}({section})"
    lines = [
        f'.TH {_text(command.name.upper())} {section} "" "binarycop {__version__}"',
        ".SH NAME",
        f"{_text(command.name)} \\- {_text(_first_lower(command.about.rstrip('.')))}",
        ".SH SYNOPSIS",
        f".B {_text(command.name)}",
        '.RI [ OPTIONS ] " COMMAND " [ ARGUMENTS ]',
        ".SH OPTIONS",
        *_arguments(command, with_help=True),
        ".SH COMMANDS",
    ]
    for one in command.commands:
        lines += [f".SS {_text(_synopsis(one))}", _text(_sentence(one.about)), *_arguments(one)]
    lines += _notes(command.notes)
    lines.append(".SH FILES")
    for file, about in _FILES:
        lines += [".TP", f".I {_text(file)}", _text(about)]
    others = [f".BR {_text(one[:-3])} {one[-3:]}" for one in _OTHERS if one != title]
    lines += [".SH SEE ALSO", *(f"{one} ," for one in others[:-1]), others[-1]]
    return "\n".join(lines) + "\n"


def _arguments(command: Command, *, with_help: bool = False) -> list[str]:
    """What a command takes; its --help would only repeat what the page says already."""
    lines = []
    for argument in command.arguments:
        if "--help" in argument.flags and not with_help:
            continue
        about = argument.help or f"one of {', '.join(argument.choices)}"
        lines += [".TP", _head(argument), _text(about)]
    return lines


def _head(argument: Argument) -> str:
    value = f"\\fI{_text(argument.takes)}\\fR" if argument.takes else ""
    if not argument.flags:
        return value
    flags = ", ".join(f"\\fB{_text(flag)}\\fR" for flag in argument.flags)
    return f"{flags} {value}".rstrip()


def _synopsis(command: Command) -> str:
    parts = [command.name, *(one.takes for one in command.arguments if not one.flags)]
    parts += [f"{one.flags[-1]} {one.takes}" for one in command.arguments if one.flags and one.required]
    return " ".join(parts)


def _notes(notes: str) -> list[str]:
    """The epilog: a heading that ends in a colon, then lines of a code and its meaning."""
    lines: list[str] = []
    for line in notes.splitlines():
        if line.endswith(":"):
            lines.append(f".SH {_text(line[:-1].upper())}")
        elif line.strip():
            key, about = line.split(maxsplit=1)
            lines += [".TP", f".B {_text(key)}", _text(about)]
    return lines


def _first_lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _text(text: str) -> str:
    """Text that roff must not take for anything else."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped


def write(out: Path) -> None:
    """Write every page and the completion of every program below ``out``."""
    for parser, section in ((main.parser(), 1), (bundle.parser(), 8)):
        command = read(parser)
        for file, text in (
            (out / f"man{section}" / f"{command.name}.{section}", page(command, section)),
            (out / "completions" / command.name, completion(command)),
        ):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
