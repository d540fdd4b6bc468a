"""The program's input and outputs: always open. The outputs can write any file's name, and an error names them."""

import os
import sys
from contextlib import suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any

NAMES = ("the standard output", "the standard error")


class _NamedFile(FileIO):
    """An output that the program was started with. The kernel's error for it has no name otherwise."""

    def __init__(self, descriptor: int, name: str) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._name = name

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = self._name
            raise


def prepare() -> None:
    """Make input and outputs ready. One of another kind, such as a test's, stays as it is."""
    # If the outputs were closed, the first files that the program opens would get its texts.
    if sys.stdin is None:
        sys.stdin = _opened(0, "r")
    if sys.stdout is None:
        sys.stdout = _opened(1, "w")
    if sys.stderr is None:
        sys.stderr = _opened(2, "w")
    if type(sys.stdout) is TextIOWrapper:
        sys.stdout.flush()
        sys.stdout = _text_on(
            BufferedWriter(_NamedFile(sys.stdout.fileno(), NAMES[0])), sys.stdout, by_line=sys.stdout.line_buffering
        )
    if type(sys.stderr) is TextIOWrapper:
        with suppress(OSError):
            sys.stderr.flush()
        # Without a buffer: what cannot be written must not be tried again at the end, which would be exit code 120.
        sys.stderr = _text_on(_NamedFile(sys.stderr.fileno(), NAMES[1]), sys.stderr, by_line=True)


def _text_on(file: Any, output: TextIOWrapper, *, by_line: bool) -> TextIOWrapper:
    """Text in the encoding of ``output``."""
    return TextIOWrapper(
        file,
        encoding=output.encoding,
        errors="backslashreplace",  # a file's name may have letters that it cannot write
        line_buffering=by_line,
    )


def _opened(descriptor: int, mode: str) -> TextIOWrapper:
    null = os.open(os.devnull, os.O_RDONLY if mode == "r" else os.O_WRONLY)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)
    return TextIOWrapper(open(descriptor, f"{mode}b", closefd=False), encoding="utf-8")
