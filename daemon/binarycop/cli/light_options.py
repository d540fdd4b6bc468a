"""Arguments and output that need no settings: on a board, importing those takes longer than everything else."""

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from binarycop.cli.exit_codes import WRONG_ARGUMENTS
from binarycop.cli.terminal import print_error
from binarycop.printable import printable
from binarycop.settings.files import SYSTEM_FILE

_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
_MAX_DIGITS = 16


def add_config(parser: argparse.ArgumentParser) -> None:
    """``--config``."""
    words = f"settings file (default: {SYSTEM_FILE}, if it exists); for x.yaml, then x.d/*.yaml"
    parser.add_argument("--config", type=Path, metavar="FILE", help=words)


def add_json(parser: argparse._ActionsContainer) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON only")


def seconds(high: float) -> Callable[[str], float]:
    """The type of an argument that is a time: a number of seconds from 0 to ``high``."""

    def parse(text: str) -> float:
        if len(text) <= _MAX_DIGITS and _NUMBER.fullmatch(text) and float(text) <= high:
            return float(text)
        raise argparse.ArgumentTypeError(f"{text[:_MAX_DIGITS]!a} is not a number of seconds from 0 to {high:g}")

    return parse


def refuse(problem: str, options: argparse.Namespace) -> int:
    """Say what is wrong with arguments that only the command itself can check, as JSON too if that is asked for.

    Returns the exit code.
    """
    print_error(problem)
    if options.json:
        print_json({"event": "error", "error": printable(problem), "exit_code": WRONG_ARGUMENTS})
    return WRONG_ARGUMENTS


def print_json(value: Any) -> None:
    """Print one JSON object as one line of standard output."""
    # JSON escapes all control characters but this one.
    print(json.dumps(value).replace("\x7f", "\\u007f"), flush=True)
