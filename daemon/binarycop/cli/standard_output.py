"""The program's input and two outputs: always open; those able to write any file's name, and named in an error."""

import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any

NAME = "the standard output"


class _NamedFile(FileIO):
    """A file that the program was started with. The kernel's error for it has no name otherwise."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = NAME
            raise


def prepare() -> None:
    """Make input and outputs ready. One of another kind, such as a test's, stays as it is."""
    # The first files that a program with closed outputs opened would get its texts.
    if sys.stdin is None:
        sys.stdin = _opened(0, "r")
    if sys.stdout is None:
        sys.stdout = _opened(1, "w")
    if sys.stderr is None:
        sys.stderr = _opened(2, "w")
    if type(sys.stdout) is TextIOWrapper:
        sys.stdout.flush()
        sys.stdout = TextIOWrapper(
            BufferedWriter(_NamedFile(sys.stdout.fileno(), "wb", closefd=False)),
            encoding=sys.stdout.encoding,
            errors="backslashreplace",  # as standard error: a file's name may have letters that it cannot write
            line_buffering=sys.stdout.line_buffering,
        )


def _opened(descriptor: int, mode: str) -> TextIOWrapper:
    null = os.open(os.devnull, os.O_RDONLY if mode == "r" else os.O_WRONLY)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)
    return TextIOWrapper(open(descriptor, f"{mode}b", closefd=False), encoding="utf-8")
