"""``memory``: the daemon's memory with one gate and with several, beside Python with the packages alone.

resident: all of its pages (RSS). proportional: those that other processes share count in part only (PSS). One gate is
also measured with JPEG pictures: they are decoded as a camera's are, without FFmpeg, which only clips need.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from binarycop.benchmarks.daemon_run import run_daemon
from binarycop.benchmarks.figures import Figure, Part, single
from binarycop.benchmarks.steps import OnProgress, silent, steps
from binarycop.errors import SourceError
from binarycop.frames.choose import open_recording

NAME, REFERENCE = "memory", "numpy and cv2 imported"
COUNTS = (1, 4, 16)
_PROGRAM = "{imports}; print(open('/proc/self/smaps_rollup').read())"
_KIB_PER_MIB = 1024
_LIMIT_S = 60.0
_PICTURES = 3  # of a clip, each of which is shown for a second


def measure_memory(counts: Sequence[int], clip: Path, on_progress: OnProgress = silent) -> Part:
    """Run each program once: memory hardly varies. Raises SourceError if one fails or does not end."""
    figures = [
        *_bare("Python alone", "import sys"),
        *_bare(REFERENCE, "import numpy, cv2"),
    ]
    with TemporaryDirectory() as folder:
        pictures = Path(folder)
        _write_pictures(clip, pictures)
        cases = [(f"{count} gate{'s' * (count > 1)}", count, clip) for count in counts]
        for case, count, source in steps([*cases, ("1 gate, JPEG pictures", 1, pictures)], on_progress):
            run = run_daemon(count, source, samples_pss=True)
            figures += _two(case, run.peak_mib, run.pss_mib)
    return Part(NAME, tuple(figures), REFERENCE)


def _write_pictures(clip: Path, folder: Path) -> None:
    """Write a few frames of the clip, spread over its length; if that is not known, the first ones."""
    source, written = open_recording(str(clip)), 0
    try:
        while written < _PICTURES and (frame := source.read()) is not None:
            if not source.share_read or source.share_read > (written + 1) / (_PICTURES + 1):
                cv2.imwrite(str(folder / f"{written}.jpg"), np.asarray(frame.picture, np.uint8))
                written += 1
    finally:
        source.close()


def _bare(case: str, imports: str) -> Iterator[Figure]:
    command = [sys.executable, "-c", _PROGRAM.format(imports=imports)]
    try:
        text = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=_LIMIT_S).stdout
    except subprocess.CalledProcessError as error:
        raise SourceError(case, f"ended with {error.returncode}") from None
    except subprocess.TimeoutExpired:
        raise SourceError(case, f"did not end within {_LIMIT_S:.0f} s") from None
    kib = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines() if line.endswith(" kB")}
    return _two(case, kib["Rss"] / _KIB_PER_MIB, kib["Pss"] / _KIB_PER_MIB)


def _two(case: str, resident_mib: float, proportional_mib: float) -> Iterator[Figure]:
    yield single("memory, most", case, "resident", "MiB", resident_mib)
    yield single("memory, most", case, "proportional", "MiB", proportional_mib)
