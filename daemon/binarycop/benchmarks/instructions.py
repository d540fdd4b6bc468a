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
from binarycop.benchmarks.steady import NOBODY, PERSON, WARM_UP
from binarycop.errors import SourceError

NAME = "instructions"
_FRAMES = 64
_LIMIT_S = 1800.0
_TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)
_CASES = {"person present": PERSON, "nobody there": NOBODY}


def measure_instructions() -> Part:
    """Count each scene's frames; without valgrind there is only a note. Raises SourceError if it cannot count."""
    if shutil.which("valgrind") is None:
        return Part(NAME, (), notes=("callgrind: valgrind is not installed; apt install valgrind",))
    group = "a frame of 640×480, in replay"
    figures = [single(group, case, "instructions", "millions", _count(who) / 1e6) for case, who in _CASES.items()]
    return Part(NAME, tuple(figures))


def _count(who: str) -> float:
    """The instructions of a frame."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}", sys.executable]
        command += ["-m", "binarycop.benchmarks.steady", who, str(WARM_UP + _FRAMES), "callgrind"]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        try:
            ended = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False, timeout=_LIMIT_S
            )
        except subprocess.TimeoutExpired:
            raise SourceError("callgrind", f"did not end within {_LIMIT_S:.0f} s") from None
        total = _TOTAL.search(out.read_text()) if out.is_file() else None
    count = int(total[1]) if total is not None else 0
    if ended.returncode or not count:
        reason = next((line for line in ended.stderr.splitlines() if "rror" in line or "Illegal" in line), "")
        raise SourceError("callgrind", f"has counted nothing: {reason or 'callgrind_control could not reach it'}")
    return count / _FRAMES
