"""Arguments and output that read no settings: on a board, to import those takes longer than all the rest."""

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def print_json(value: Any) -> None:
    """Print one JSON object as one line of standard output."""
    # JSON escapes all control characters but this one.
    print(json.dumps(value).replace("\x7f", "\\u007f"), flush=True)
