"""``gates``: frames processed, the age of the oldest one, and the processor's share, with several gates."""

from collections.abc import Sequence
from pathlib import Path

from binarycop.benchmarks.daemon_run import DaemonRun, run_daemon
from binarycop.benchmarks.drawn_clip import RATE_HZ
from binarycop.benchmarks.figures import Figure, Part, single

NAME = "gates"
COUNTS = (1, 2, 4, 8, 16)
"""The numbers of gates that are measured by default."""
_PERIOD_MS = 1000 / RATE_HZ


def measure_gates(counts: Sequence[int], clip: Path, options: Sequence[str] = ()) -> Part:
    """Run a daemon for each number of gates; all of them play the same clip at the same time, which is the worst case.

    clip: 30 frames a second. options: of ``run``. Raises SourceError if there is no such clip, or a daemon fails.
    """
    return Part(NAME, tuple(figure for count in counts for figure in figures(run_daemon(count, clip, options))))


def figures(run: DaemonRun) -> list[Figure]:
    """The figures of one daemon. An age is that of a frame when the lines were driven, since its capture."""
    values = (
        ("frames processed", "%", 100 * run.processed / max(run.captured, 1)),
        ("age of the oldest frame", "periods", run.latency_ms["max"] / _PERIOD_MS),
        ("age, 99th percentile", "ms", run.latency_ms["p99"]),
        ("age, median", "ms", run.latency_ms["p50"]),
        ("processor time", "cores", run.cores),
        ("resident memory, most", "MiB", run.peak_mib),
        ("of it private, most", "MiB", run.private_mib),
        ("threads, most", "", run.threads),
    )
    case = f"{run.gates} gate{'s' * (run.gates > 1)}"
    return [single("gates at 30 frames/s each", case, name, unit, value) for name, unit, value in values]
