"""argparse as the program uses it: a mistake is reported by the command that it was made in, texts wrap by line."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

from binarycop.cli.exit_codes import WRONG_ARGUMENTS
from binarycop.cli.terminal import Terminal
from binarycop.cli.wrapping import wrap


class WrongArguments(SystemExit):
    """Ends the program with exit code 2, after usage and message. message: what is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__(WRONG_ARGUMENTS)
        self.message = message


class ArgumentParser(argparse.ArgumentParser):
    """The parser of the program, and of each command below it."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"formatter_class": _HelpFormatter, **given})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """argparse hands unknown arguments of a command to the program, whose usage would then be shown."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            what = "argument" if len(unknown) == 1 else "arguments"
            self.error(f"unknown {what}: {' '.join(unknown)}; {self.prog} --help lists those that it takes")
        return parsed, unknown

    def error(self, message: str) -> NoReturn:
        """Print usage and message. Raises WrongArguments."""
        self.print_usage(sys.stderr)
        print(Terminal(sys.stderr).wrapped(f"{self.prog}: error: {message}"), file=sys.stderr)
        raise WrongArguments(message)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """The choices in the words that are typed; Python's versions show them in different ways."""
        if action.choices is not None and value not in action.choices:
            choices = ", ".join(str(getattr(choice, "value", choice)) for choice in action.choices)
            raise argparse.ArgumentError(action, f"{value!a} is not one of {choices}")


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of a text, and wraps each that is longer than the terminal is wide."""

    def __init__(self, prog: str, **given: Any) -> None:
        # argparse makes one for each argument, and imports shutil with all its archives for the width.
        super().__init__(prog, **{"width": Terminal().size[0] - 2, **given})

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = (wrap(line, width, indent=_indent(line)) or [""] for line in text.splitlines())
        return "\n".join(f"{indent}{part}" for wrapped in lines for part in wrapped)


def _indent(line: str) -> str:
    return "      " if line.startswith(" ") else ""


def commands_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """The commands right below a parser: name, what it does, and parser."""
    # argparse has no public way to list what was added.
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            words = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                yield name, words[name], command
