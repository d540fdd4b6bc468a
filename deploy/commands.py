"""A program's commands and options as data, read from the argparse parser behind its ``--help``."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """An option, or a positional argument if ``flags`` is empty. value: its value's name; choices: allowed values."""

    flags: tuple[str, ...]
    value: str
    help: str
    choices: tuple[str, ...]
    required: bool


@dataclass(frozen=True)
class Command:
    """A program or one of its commands. description: first text of ``--help``; epilog: its last text."""

    name: str
    description: str
    arguments: tuple[Argument, ...]
    commands: tuple["Command", ...]
    epilog: str

    def walk(self) -> Iterator[tuple[str, "Command"]]:
        """Every command below this one with its full name, a command before its own commands."""
        for command in self.commands:
            yield command.name, command
            for name, nested in command.walk():
                yield f"{command.name} {name}", nested


def read(parser: argparse.ArgumentParser) -> Command:
    """The whole command line of a program."""
    return _command(parser, parser.prog, parser.description or "")


def _command(parser: argparse.ArgumentParser, name: str, description: str) -> Command:
    arguments, commands = [], []
    # argparse has no public way to list what was added.
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            commands += [_command(subparser, key, helps[key]) for key, subparser in action.choices.items()]
        else:
            arguments.append(_argument(action))
    return Command(name, description, tuple(arguments), tuple(commands), parser.epilog or "")


def _argument(action: argparse.Action) -> Argument:
    names = action.metavar if action.metavar is not None else action.dest.upper()
    value = " ".join(names) if isinstance(names, tuple) else names
    if action.nargs == 0:
        value = ""
    elif action.nargs in ("+", "*"):
        value += " ..."
    choices = tuple(str(getattr(choice, "value", choice)) for choice in action.choices or ())
    text = (action.help or "") % {"default": action.default, "prog": ""}
    return Argument(tuple(action.option_strings), value, text, choices, action.required)
