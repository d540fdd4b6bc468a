"""Writing a file so that it is either complete or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(file: Path) -> Iterator[Path]:
    """Give a temporary path next to ``file``. If the block ends without an error, it replaces ``file``.

    The name contains the process number, so two runs can write the same file at the same time.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}.part")
    yield partial
    partial.replace(file)
