"""Runs the tests of other people's input with each supported OpenCV.

``python -m tests.system.compatibility.run [--write] PYTHON …``. PYTHON: the interpreter of an environment, one for
each OpenCV. --write: write docs/compatibility.md. The exit code is 1 if a test fails, or a row was skipped everywhere.
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.system.compatibility.page import page
from tests.system.compatibility.row import Outcome, Row

PAGE = ROOT / "docs" / "compatibility.md"
_IMPORT = re.compile(r"^from tests\.tried import\b", re.MULTILINE)


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("pythons", nargs="+", metavar="PYTHON")
    arguments = parser.parse_args()
    rows: dict[Row, None] = {}  # in the order of the tests
    outcomes: dict[str, dict[Row, Outcome]] = {}
    has_failed = False
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = list(threads.map(results, arguments.pythons))
    for version, of_rows in found:
        rows |= dict.fromkeys(of_rows)
        outcomes[version] = {row: outcome for row, outcome in of_rows.items() if outcome is not None}
        has_failed |= Outcome.FAILED in outcomes[version].values()
    unproven = [row for row in rows if all(Outcome.PASSED is not of_rows.get(row) for of_rows in outcomes.values())]
    for row in unproven:
        print(f"not shown with any OpenCV: {row.kind.value}: {row.what}")
    print(f"{len(rows)} rows with OpenCV {', '.join(outcomes)}; {len(unproven)} not shown")
    if arguments.write:
        PAGE.write_text(page(list(rows), outcomes), encoding="utf-8")
    return 1 if has_failed or unproven else 0


def files() -> list[str]:
    """The files with such tests. To collect all others as well takes longer than to run some of them."""
    found = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(file) for file in found if _IMPORT.search(file.read_text(encoding="utf-8"))]


def results(python: str, *options: str) -> tuple[str, dict[Row, Outcome | None]]:
    """The version of OpenCV, and the rows with their outcomes (none with ``--collect-only``)."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results.json"
        command: Sequence[str] = (
            *(python, "-m", "pytest", "-q", "-m", "tried", "-p", "tests.system.compatibility.results"),
            *("--results", str(file), *options, *files()),
        )
        ended = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
        print(ended.stdout, end="")
        if ended.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            raise RuntimeError(f"pytest of {python} ended with exit code {ended.returncode}")
        found = json.loads(file.read_text(encoding="utf-8"))
    rows = {Row.from_json(row): Outcome(row["outcome"]) if row["outcome"] else None for row in found["rows"]}
    return found["opencv"], rows


if __name__ == "__main__":
    raise SystemExit(main())
