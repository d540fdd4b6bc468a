"""``instructions``: how many the processor executes for a frame, counted by callgrind; they hardly vary.

callgrind knows no AVX-512, so the packages compute with AVX2 at most.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from binarycop.benchmarks.figures import Part, single
from binarycop.benchmarks.steady import FEW, MANY, NOBODY, PERSON
from binarycop.errors import SourceError

NAME = "instructions"
_LIMIT_S = 600.0
_TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)
_CASES = {"person present": PERSON, "nobody there": NOBODY}


def measure_instructions() -> Part:
    """Count two runs of different length for each scene; without valgrind only a note. Raises SourceError."""
    if shutil.which("valgrind") is None:
        return Part(NAME, (), notes=("callgrind: valgrind is not installed; apt install valgrind",))
    figures = []
    for case, who in _CASES.items():
        per_frame = (_count(who, MANY) - _count(who, FEW)) / (MANY - FEW)
        figures.append(single("a frame of 640×480, in replay", case, "instructions", "millions", per_frame / 1e6))
    return Part(NAME, tuple(figures))


def _count(who: str, frames: int) -> int:
    """All instructions of a run."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", sys.executable]
        command += ["-m", "binarycop.benchmarks.steady", who, str(frames)]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=_LIMIT_S)
        total = _TOTAL.search(out.read_text()) if out.is_file() else None
        if ended.returncode or total is None:
            last = (ended.stderr.splitlines() or [f"ended with {ended.returncode}"])[-1]
            raise SourceError("callgrind", f"cannot count {frames} frames: {last}")
        return int(total[1])
