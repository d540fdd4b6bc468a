"""Parts that the commands of this folder share: the parser, common options, progress lines."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from binarycop.cli.progress import Progress
from binarycop.cli.terminal import Terminal
from binarycop.clock import MonotonicClock

T = TypeVar("T")


def make_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser whose help shows a module's docstring with its line breaks."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--data``, the folder with the pictures. A missing folder is refused here: workers would end silently."""
    parser.add_argument(
        "--data", type=_folder, required=True, help="folder with the pictures, for example ../shared/data"
    )


def add_patches_option(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add ``--patches``, the file with the faces. A missing file is refused here."""
    text = "file with faces that can be dressed, written by overlays.synthesis.patches"
    parser.add_argument("--patches", type=_patches, required=required, help=text)


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return Path(text)


def _patches(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"{text} is not a file; python -m overlays.synthesis.patches writes it")
    return Path(text)


def print_progress(line: str) -> None:
    """Print a line without buffering: the output of a long run often goes to a file that somebody follows."""
    Terminal(sys.stderr).clear_line()  # of a bar that ``with_progress`` shows
    print(line, flush=True)


def with_progress(items: Sequence[T], what: str) -> Iterator[T]:
    """The items of a long loop; a terminal shows a bar and the time that is left.

    what: the loop's work, such as ``reading photographs``. Nothing is shown if the loop ends within a second.
    """
    progress = Progress(what, MonotonicClock())
    try:
        for done, item in enumerate(items):
            progress.update(done / len(items))
            yield item
    finally:
        progress.clear()
