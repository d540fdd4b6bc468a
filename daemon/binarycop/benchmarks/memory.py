"""``memory``: the daemon's memory with one gate and with several, beside Python with the packages alone.

resident: all of its pages (RSS). proportional: those that other processes share count in part only (PSS).
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from binarycop.benchmarks.daemon_run import run_daemon
from binarycop.benchmarks.figures import Figure, Part, single
from binarycop.benchmarks.steps import OnProgress, silent, steps

NAME, REFERENCE = "memory", "numpy and cv2 imported"
COUNTS = (1, 4, 16)
_PROGRAM = "{imports}; print(open('/proc/self/smaps_rollup').read())"
_KIB_PER_MIB = 1024
_LIMIT_S = 60.0


def measure_memory(counts: Sequence[int], clip: Path, on_progress: OnProgress = silent) -> Part:
    """Run each program once: memory hardly varies. Raises SourceError if a daemon fails."""
    figures = [
        *_bare("Python alone", "import sys"),
        *_bare(REFERENCE, "import numpy, cv2"),
    ]
    for count in steps(counts, on_progress):
        run = run_daemon(count, clip, samples_pss=True)
        figures += _two(f"{count} gate{'s' * (count > 1)}", run.peak_mib, run.pss_mib)
    return Part(NAME, tuple(figures), REFERENCE)


def _bare(case: str, imports: str) -> Iterator[Figure]:
    command = [sys.executable, "-c", _PROGRAM.format(imports=imports)]
    text = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=_LIMIT_S).stdout
    kib = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines() if line.endswith(" kB")}
    return _two(case, kib["Rss"] / _KIB_PER_MIB, kib["Pss"] / _KIB_PER_MIB)


def _two(case: str, resident_mib: float, proportional_mib: float) -> Iterator[Figure]:
    yield single("memory, most", case, "resident", "MiB", resident_mib)
    yield single("memory, most", case, "proportional", "MiB", proportional_mib)
