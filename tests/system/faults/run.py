"""The fault matrix: every fault injected into a daemon that runs.

``python -m tests.system.faults.run [WORD] [--write]``. WORD: rows whose room or fault has it; ``brief`` leaves out the
slow ones. --write: docs/faults.md, of each row's last try on this machine. Root, for a file system that is full. Exit
code 1 when any row fails.
"""

import argparse
import pickle
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.system.faults import camera, overlay, stages, system, table, wires
from tests.system.faults.gate import ROOT, Broken
from tests.system.faults.row import Outcome, Row

ROWS: tuple[Row, ...] = (*camera.ROWS, *overlay.ROWS, *wires.ROWS, *stages.ROWS, *system.ROWS)
BRIEF = "brief"
KEPT = ROOT / "build" / "faults" / "outcomes"
PAGE = ROOT / "docs" / "faults.md"
_PRELOADED = ("tests/system/faults/fake_gpio.c", "tests/frames/fake_v4l2.c", "tests/system/faults/fake_clock.c")


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--write", action="store_true", help=f"{PAGE.relative_to(ROOT)}, of each row's last try")
    arguments = parser.parse_args()
    rows = chosen(arguments.word)
    if not rows:
        parser.error(f"no row has the word {arguments.word}; rooms are {', '.join(sorted({row.room for row in ROWS}))}")
    build()
    results = []
    for row in rows:
        results.append((row, attempt(row)))
        print(table.line(*results[-1]), flush=True)
        keep(*results[-1])
    failed = [row for row, outcome in results if isinstance(outcome, str)]
    print(f"{len(results)} rows, {len(failed)} failed")
    if arguments.write:
        kept = [(row, found) for row in ROWS if (found := kept_of(row)) is not None]
        PAGE.write_text(table.page(kept, missing=[row.fault for row in ROWS if kept_of(row) is None]))
    return 1 if failed else 0


def keep(row: Row, outcome: Outcome | str) -> None:
    """For the page, which a run of some rows may complete."""
    KEPT.mkdir(parents=True, exist_ok=True)
    file = KEPT / f"{row.fault}.pickle"
    file.unlink(missing_ok=True)
    if isinstance(outcome, Outcome):
        file.write_bytes(pickle.dumps(outcome))


def kept_of(row: Row) -> Outcome | None:
    """What the row's last try brought about; None where it failed, or was never tried here."""
    file = KEPT / f"{row.fault}.pickle"
    if not file.exists():
        return None
    outcome: Outcome = pickle.loads(file.read_bytes())
    return outcome


def chosen(word: str) -> tuple[Row, ...]:
    """The rows that a word picks."""
    if word == BRIEF:
        return tuple(row for row in ROWS if not row.is_slow)
    return tuple(row for row in ROWS if word in row.room or word in row.fault)


def build() -> None:
    """The libraries that play camera, chip and clock, and the fail-safe helper. Needs a C compiler."""
    compiler = shutil.which("cc") or "gcc"
    folder = ROOT / "build" / "faults"
    folder.mkdir(parents=True, exist_ok=True)
    for source in (ROOT / name for name in _PRELOADED):
        library = folder / f"{source.stem}.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-o", library, source, "-ldl"], check=True)
    subprocess.run(["make", "-s", "gate-release"], cwd=ROOT, check=True)


def attempt(row: Row) -> Outcome | str:
    """Carry a row out; why it failed, where it did."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        try:
            return row.carry_out(Path(folder), row.limit_s or 0.0)
        except Broken as failure:
            return str(failure)


if __name__ == "__main__":
    sys.exit(main())
