"""A million frames through the real feed, following, verdict, gate, lines and simulated board, with faults at random.

    python -m tests.system.endurance.soak [--frames 1000000] [--out work/soak]      (make soak SOAK_FRAMES=...)

Nothing waits: time is a number, and each frame advances it by a twentieth of a second. Every 10,000 frames the service
is closed and made again, as after a restart, in the same process. The figures are kept as CSV and SVG.

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
from tests.system.endurance.plot import plot
from tests.system.endurance.session import STEP_S, Row, Session

SESSION_FRAMES = 10_000
_WARM_SESSIONS = 3  # allocators and caches find their sizes
_COMPARED_SESSIONS = 3  # as many at the beginning and at the end
MIN_SESSIONS = _WARM_SESSIONS + 2 * _COMPARED_SESSIONS
_GROWTH_MOST = {"rss_mb": 16.0, "descriptors": 0.0, "threads": 0.0}


def grown(rows: list[Row]) -> list[str]:
    """Compare the last sessions with the first ones after the warm-up; latency as a ratio of the least medians.

    Returns a sentence for each figure that grew by more than it may. Raises ValueError if there are fewer than
    ``MIN_SESSIONS`` rows, since growth could not be seen then.
    """
    if len(rows) < MIN_SESSIONS:
        raise ValueError(f"{len(rows)} sessions are too few to see growth; {MIN_SESSIONS} are needed")
    early = rows[_WARM_SESSIONS:][:_COMPARED_SESSIONS]
    late = rows[-_COMPARED_SESSIONS:]
    complaints = []
    for name, most in _GROWTH_MOST.items():
        more = float(np.median([getattr(row, name) for row in late]) - np.median([getattr(row, name) for row in early]))
        if more > most:
            complaints.append(f"{name} grew by {more:g}")
    ratio = float(np.min([row.p50_ms for row in late]) / np.min([row.p50_ms for row in early]))
    if ratio > 2:
        complaints.append(f"the median latency is {ratio:.1f} times that of the beginning")
    return complaints


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print a line per session, keep the figures; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=1_000_000)
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
    rows: list[Row] = []
    complaints: list[str] = []
    begun_s = time.monotonic()
    try:
        for number in range(sessions):
            session = Session(number, pictures, options.seed)
            rows.append(session.run(SESSION_FRAMES))
            complaints += session.complaints
            print(", ".join(f"{name} {value}" for name, value in asdict(rows[-1]).items()), flush=True)
    except BinaryCoPError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 7
    took_s = time.monotonic() - begun_s
    complaints += grown(rows)
    _keep(rows, options.out)
    captured = sum(row.captured for row in rows)
    times = sessions * SESSION_FRAMES * STEP_S / took_s
    for complaint in complaints:
        print(f"soak: {complaint}", file=sys.stderr)
    print(f"soak: {captured} frames, {took_s:.0f} s, {times:.0f} times real speed, {len(complaints)} complaints")
    return 1 if complaints else 0


def _keep(rows: list[Row], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    columns = [asdict(row) for row in rows]
    with (folder / "soak.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(columns[0]))
        table.writeheader()
        table.writerows(columns)
    names = ("p50_ms", "p99_ms", "rss_mb", "descriptors", "threads", "permits", "unscored", "dropped")
    (folder / "soak.svg").write_text(
        plot({name: [float(row[name]) for row in columns] for name in names}, f"sessions of {SESSION_FRAMES:,} frames"),
        encoding="utf-8",
    )


if __name__ == "__main__":
    sys.exit(main())
