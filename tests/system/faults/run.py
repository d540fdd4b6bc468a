"""Injects every fault of the table into a running daemon, and prints what the gate does.

``python -m tests.system.faults.run [WORD] [--write]``. WORD: run only the rows whose group or fault contains it;
``brief`` leaves out the slow ones. --write: write docs/faults.md from the last result of each row on this machine. The
row with a full file system needs root. The exit code is 1 if a row fails.
"""

import argparse
import pickle
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.system.faults import camera, lines, outputs, overlay, stages, system, table
from tests.system.faults.fault_row import FaultResult, FaultRow
from tests.system.faults.gate_process import ROOT, CheckFailed

ROWS: tuple[FaultRow, ...] = (*camera.ROWS, *overlay.ROWS, *lines.ROWS, *outputs.ROWS, *stages.ROWS, *system.ROWS)
BRIEF = "brief"
SAVED = ROOT / "build" / "faults" / "results"
PAGE = ROOT / "docs" / "faults.md"
_PRELOADED = ("tests/system/faults/fake_gpio.c", "tests/frames/fake_v4l2.c", "tests/system/faults/fake_clock.c")


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument(
        "--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)} from the last result of each row"
    )
    arguments = parser.parse_args()
    rows = chosen(arguments.word)
    if not rows:
        parser.error(
            f"no row contains {arguments.word}; the groups are {', '.join(sorted({row.group for row in ROWS}))}"
        )
    build()
    results = []
    for row in rows:
        results.append((row, attempt(row)))
        print(table.line(*results[-1]), flush=True)
        save(*results[-1])
    failed = [row for row, result in results if isinstance(result, str)]
    print(f"{len(results)} rows, {len(failed)} failed")
    if arguments.write:
        saved = [(row, result) for row in ROWS if (result := saved_result(row)) is not None]
        PAGE.write_text(table.page(saved, missing=[row.fault for row in ROWS if saved_result(row) is None]))
    return 1 if failed else 0


def save(row: FaultRow, result: FaultResult | str) -> None:
    """Save a result for the page, so that the page can be made from several runs."""
    SAVED.mkdir(parents=True, exist_ok=True)
    file = SAVED / f"{row.fault}.pickle"
    file.unlink(missing_ok=True)
    if isinstance(result, FaultResult):
        file.write_bytes(pickle.dumps(result))


def saved_result(row: FaultRow) -> FaultResult | None:
    """The row's last result; None if it failed or was never run on this machine, or before an event changed."""
    file = SAVED / f"{row.fault}.pickle"
    if not file.exists():
        return None
    try:
        result: FaultResult = pickle.loads(file.read_bytes())
    except (ValueError, AttributeError, TypeError):
        return None
    return result


def chosen(word: str) -> tuple[FaultRow, ...]:
    """The rows that the word selects."""
    if word == BRIEF:
        return tuple(row for row in ROWS if not row.is_slow)
    return tuple(row for row in ROWS if word in row.group or word in row.fault)


def build() -> None:
    """Build the libraries that replace camera, chip and clock, and gate-release. Needs a C compiler."""
    compiler = shutil.which("cc") or "gcc"
    folder = ROOT / "build" / "faults"
    folder.mkdir(parents=True, exist_ok=True)
    for source in (ROOT / name for name in _PRELOADED):
        library = folder / f"{source.stem}.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-o", library, source, "-ldl"], check=True)
    subprocess.run(["make", "-s", "gate-release"], cwd=ROOT, check=True)


def attempt(row: FaultRow) -> FaultResult | str:
    """Run a row. Returns its result, or why it failed."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        try:
            return row.inject(Path(folder), row.limit_s or 0.0)
        except CheckFailed as failure:
            return str(failure)


if __name__ == "__main__":
    sys.exit(main())
