"""``gates``: frames processed, the age of the oldest one, and the processor's share, with several gates."""

from collections.abc import Sequence
from pathlib import Path

from binarycop.benchmarks.daemon_run import DaemonRun, run_daemon
from binarycop.benchmarks.drawn_clip import RATE_HZ
from binarycop.benchmarks.figures import Figure, Part, summary
from binarycop.benchmarks.steps import OnProgress, silent, steps

NAME = "gates"
COUNTS = (1, 2, 4, 8, 16)
"""The numbers of gates that are measured by default."""
_GROUP = "gates at 30 frames/s each"
_PERIOD_MS = 1000 / RATE_HZ


def measure_gates(
    counts: Sequence[int],
    clip: Path,
    repeats: int,
    options: Sequence[str] = (),
    on_progress: OnProgress = silent,
) -> Part:
    """Run a daemon for each number of gates, several times, in turns.

    All gates play the same clip, of 30 frames a second, at the same time, which is the worst case. options: of ``run``.
    Raises SourceError if there is no such clip, or a daemon fails.
    """
    turns = steps([count for _ in range(repeats) for count in counts], on_progress)
    runs = [run_daemon(count, clip, options) for count in turns]
    of_count = (runs[index :: len(counts)] for index in range(len(counts)))
    return Part(NAME, tuple(figure for some in of_count for figure in figures(some)))


def figures(runs: Sequence[DaemonRun]) -> list[Figure]:
    """The figures of daemons with the same number of gates.

    The age of a frame is the time from its capture until the lines were driven.
    """
    rows = [
        (
            ("frames processed", "%", 100 * run.processed / max(run.captured, 1)),
            ("age of the oldest frame", "periods", run.latency_ms["max"] / _PERIOD_MS),
            ("age, 99th percentile", "ms", run.latency_ms["p99"]),
            ("age, median", "ms", run.latency_ms["p50"]),
            ("processor time", "cores", run.cores),
            ("resident memory, most", "MiB", run.peak_mib),
            ("of it private, most", "MiB", run.private_mib),
            ("threads, most", "", run.threads),
        )
        for run in runs
    ]
    case = f"{runs[0].gates} gate{'s' * (runs[0].gates > 1)}"
    return [
        summary(_GROUP, case, columns[0][0], columns[0][1], [value for _, _, value in columns])
        for columns in zip(*rows)
    ]
