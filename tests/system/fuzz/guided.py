"""Runs one target under atheris, in a process of its own.

``python -m tests.system.fuzz.guided TARGET [libFuzzer's options]``
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["binarycop", "yaml"]):
    from tests.system.fuzz.targets import attempt, seeds


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    name, options = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        work, corpus = Path(folder) / "work", Path(folder) / "corpus"
        for created in (work, corpus):
            created.mkdir()
        for index, data in enumerate(seeds(name, work)):
            (corpus / str(index)).write_bytes(data)
        atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: attempt(name, data, work))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
