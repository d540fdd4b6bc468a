"""A program's commands and options as data, read from the argparse parser that its ``--help`` comes from."""

import argparse
from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """One option, or one positional argument where ``flags`` is empty. takes: its value's name; choices: its values."""

    flags: tuple[str, ...]
    takes: str
    help: str
    choices: tuple[str, ...]
    required: bool


@dataclass(frozen=True)
class Command:
    """A program or one of its commands; about: what ``--help`` says first, notes: what it says last."""

    name: str
    about: str
    arguments: tuple[Argument, ...]
    commands: tuple["Command", ...]
    notes: str


def read(parser: argparse.ArgumentParser) -> Command:
    """The whole of a command line."""
    return _command(parser, parser.prog, parser.description or "")


def _command(parser: argparse.ArgumentParser, name: str, about: str) -> Command:
    arguments, commands = [], []
    # argparse has no public way to list what was added.
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            abouts = {choice.dest: choice.help or "" for choice in action._choices_actions}
            commands += [_command(one, key, abouts[key]) for key, one in action.choices.items()]
        else:
            arguments.append(_argument(action))
    return Command(name, about, tuple(arguments), tuple(commands), parser.epilog or "")


def _argument(action: argparse.Action) -> Argument:
    names = action.metavar if action.metavar is not None else action.dest.upper()
    takes = " ".join(names) if isinstance(names, tuple) else names
    if action.nargs == 0:
        takes = ""
    elif action.nargs in ("+", "*"):
        takes += " ..."
    choices = tuple(str(getattr(one, "value", one)) for one in action.choices or ())
    about = (action.help or "") % {"default": action.default, "prog": ""}
    return Argument(tuple(action.option_strings), takes, about, choices, action.required)
