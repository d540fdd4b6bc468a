"""Runs ``binarycop bench all``, and writes docs/benchmarks.md with its plots.

python -m tests.system.benchmarks.run [--write] [JSON …]

JSON: the files of earlier runs instead of a new one; a part of a later file replaces that of an earlier one, and the
machine is that of the first. --write: write the page, the plots and docs/benchmarks.json.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from binarycop.benchmarks import read
from binarycop.benchmarks.figures import Report
from tests.docs.pages import ROOT
from tests.system.benchmarks.page import page, plots

DOCS = ROOT / "docs"
PAGE, RUN = DOCS / "benchmarks.md", DOCS / "benchmarks.json"
_ORDER = ("kernel", "finders", "faces", "frame", "gates", "start", "memory", "modes", "instructions")


def main() -> int:
    """See the module; returns the exit code of the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("runs", nargs="*", type=Path, metavar="JSON")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        new, code = Path(folder) / "run.json", 0
        if not arguments.runs:
            command = [sys.executable, "-m", "binarycop", "bench", "all", "--json", str(new)]
            code = subprocess.run(command, check=False).returncode
        if arguments.write and not code:
            write(merged([read.report(file) for file in arguments.runs or [new]]))
    return code


def merged(reports: Sequence[Report]) -> Report:
    """One run of several, with the parts in the page's order."""
    parts = {part.name: part for report in reports for part in report.parts}
    return Report(reports[0].machine, tuple(parts[name] for name in _ORDER if name in parts))


def write(report: Report) -> None:
    """Write the page, the plots and the run."""
    PAGE.write_text(page(report), encoding="utf-8")
    RUN.write_text(json.dumps(report.row, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, text in plots(report).items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
