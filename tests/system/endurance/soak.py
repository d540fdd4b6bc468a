"""The soak test: a million frames through the service, with the simulated board and random faults.

    python -m tests.system.endurance.soak [--frames 1080000] [--out work/soak]      (make soak SOAK_FRAMES=...)

The clock is simulated: each frame advances it by 1/20 s, and nothing waits. After every 10,000 frames the service is
closed and made again in the same process, as after a restart. The results are written as CSV and SVG.

Exit code 1 if a count does not add up, the relay was on without a cause, or memory, descriptors, threads or latency
grew; 2 if the frames are too few to see any growth; 7 if the simulated board is missing.
"""

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from binarycop.errors import BinaryCoPError
from binarycop.frames.demo import Demo
from tests.system.endurance.plot import plot_rows
from tests.system.endurance.session import STEP_S, Session, SessionRow

SESSION_FRAMES = 10_000
_WARM_UP_SESSIONS = 3  # allocators and caches reach their sizes
_COMPARED_SESSIONS = 3  # this many at the start and at the end
MIN_SESSIONS = _WARM_UP_SESSIONS + 2 * _COMPARED_SESSIONS
_MAX_GROWTH = {"rss_mb": 16.0, "descriptors": 0.0, "threads": 0.0}


def find_growth(rows: list[SessionRow]) -> list[str]:
    """Compare the last sessions with the first ones after the warm-up. For latency, compare the smallest medians.

    Returns a sentence for each value that grew by more than its limit. Raises ValueError if there are fewer than
    ``MIN_SESSIONS`` rows, since growth could not be seen then.
    """
    if len(rows) < MIN_SESSIONS:
        raise ValueError(f"{len(rows)} sessions are too few to see growth; {MIN_SESSIONS} are needed")
    early = rows[_WARM_UP_SESSIONS:][:_COMPARED_SESSIONS]
    late = rows[-_COMPARED_SESSIONS:]
    violations = []
    for name, most in _MAX_GROWTH.items():
        more = float(np.median([getattr(row, name) for row in late]) - np.median([getattr(row, name) for row in early]))
        if more > most:
            violations.append(f"{name} grew by {more:g}")
    ratio = float(np.min([row.p50_ms for row in late]) / np.min([row.p50_ms for row in early]))
    if ratio > 2:
        violations.append(f"the median latency is {ratio:.1f} times that of the start")
    return violations


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all sessions, print a line for each, and write the results. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=1_080_000, help="steps of 1/20 s; some bring no frame")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("work/soak"))
    options = parser.parse_args(arguments)
    sessions = options.frames // SESSION_FRAMES
    if sessions < MIN_SESSIONS:
        parser.error(
            f"{options.frames:,} frames are too few to see growth; at least {MIN_SESSIONS * SESSION_FRAMES:,} are "
            f"needed, {MIN_SESSIONS} sessions of {SESSION_FRAMES:,}"
        )
    cv2.setNumThreads(1)
    demo = Demo()
    pictures = [frame.pixels for frame in iter(demo.read, None)]
    rows: list[SessionRow] = []
    violations: list[str] = []
    started_s = time.monotonic()
    try:
        for number in range(sessions):
            session = Session(number, pictures, options.seed)
            rows.append(session.run(SESSION_FRAMES))
            violations += session.violations
            print(", ".join(f"{name} {value}" for name, value in asdict(rows[-1]).items()), flush=True)
    except BinaryCoPError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 7
    duration_s = time.monotonic() - started_s
    violations += find_growth(rows)
    _save(rows, options.out)
    captured = sum(row.captured for row in rows)
    times = sessions * SESSION_FRAMES * STEP_S / duration_s
    for violation in violations:
        print(f"soak: {violation}", file=sys.stderr)
    print(f"soak: {captured} frames, {duration_s:.0f} s, {times:.0f} times real speed, {len(violations)} violations")
    return 1 if violations else 0


def _save(rows: list[SessionRow], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    columns = [asdict(row) for row in rows]
    with (folder / "soak.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(columns[0]))
        table.writeheader()
        table.writerows(columns)
    (folder / "soak.svg").write_text(plot_rows(columns), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
