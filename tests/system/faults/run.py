"""Injects every fault of the table into a running daemon, and prints what the gate does.

``python -m tests.system.faults.run [WORD] [--write]``. WORD: run only the rows whose group or fault contains it;
``brief`` leaves out the slow ones, and runs four at once. --write: write docs/faults.md from the last result of each
row on this machine, without those of ``brief``. A row that fails is tried again at the end, alone, since each measures
times; a fault fails both times. The row with a full file system needs root. The exit code is 1 if a row fails twice.
"""

import argparse
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.system.faults import camera, lines, outputs, overlay, stages, system, table
from tests.system.faults.fault_row import FaultResult, FaultRow
from tests.system.faults.gate_process import ROOT, CheckFailed

ROWS: tuple[FaultRow, ...] = (*camera.ROWS, *overlay.ROWS, *lines.ROWS, *outputs.ROWS, *stages.ROWS, *system.ROWS)
BRIEF = "brief"
BRIEF_AT_ONCE = 4  # a row waits for three quarters of its time
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
    is_alone, failed = arguments.word != BRIEF, []
    for row, result in results(rows, 1 if is_alone else BRIEF_AT_ONCE):
        print(table.line(row, result), flush=True)
        if isinstance(result, str):
            failed.append(row)
        elif row in failed:
            failed.remove(row)
        if is_alone:
            save(row, result)
    print(f"{len(rows)} rows, {len(failed)} failed")
    if arguments.write:
        saved = [(row, kept) for row in ROWS if (kept := saved_result(row)) is not None]
        PAGE.write_text(table.page(saved, missing=[row.fault for row in ROWS if saved_result(row) is None]))
    return 1 if failed else 0


def results(rows: Sequence[FaultRow], at_once: int) -> Iterator[tuple[FaultRow, FaultResult | str]]:
    """Run the rows, ``at_once`` at a time, and at the end those that failed once more, one at a time."""
    again = []
    with ThreadPoolExecutor(at_once) as pool:
        for row, result in zip(rows, pool.map(attempt, rows)):
            yield row, result
            if isinstance(result, str):
                again.append(row)
    yield from ((row, attempt(row)) for row in again)


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
