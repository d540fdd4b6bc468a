"""``make fuzz MINUTES=…``: fuzzes longer than the tests do, guided by coverage if atheris is installed.

An input that crashes is written to build/fuzz/, to become a test. The exit code is 1 if there was one.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import traceback
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from time import monotonic

from tests.system.fuzz.mutate import inputs
from tests.system.fuzz.targets import TARGETS, attempt, seeds

FOUND = Path(__file__).resolve().parents[3] / "build" / "fuzz"
_AT_ONCE = 50


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    parser.add_argument("--minutes", type=float, default=1.0, help="for all of them together")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    # Discard what libjpeg, libpng and OpenCV print about damaged pictures.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    FOUND.mkdir(parents=True, exist_ok=True)
    each_s = arguments.minutes * 60 / len(arguments.targets)
    failed = [name for name in arguments.targets if not _guided(name, each_s, arguments.seed)]
    print(f"{len(arguments.targets)} targets, crashes in {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def _guided(name: str, for_s: float, seed: int) -> bool:
    """Whether the target had no crash. With atheris it is guided by coverage, else the changes are random."""
    if find_spec("atheris") is None:
        return _at_random(name, for_s, seed)
    begun_s, command = monotonic(), [sys.executable, "-m", "tests.system.fuzz.guided", name]
    libfuzzer = [f"-max_total_time={for_s:.0f}", f"-seed={seed}", f"-artifact_prefix={FOUND}/{name}-", "-timeout=20"]
    done = subprocess.run([*command, *libfuzzer], capture_output=True, text=True, errors="replace", check=False)
    last = [line for line in done.stderr.splitlines() if "cov:" in line or "Exception" in line][-1:]
    print(f"{name}: {monotonic() - begun_s:.0f} s, atheris; {''.join(last)}", flush=True)
    if done.returncode:
        print(done.stderr[-3000:])
    return done.returncode == 0


def _at_random(name: str, for_s: float, seed: int) -> bool:
    count, crashes, end_s = 0, set(), monotonic() + for_s
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        stream = inputs(seeds(name, work), seed)
        while monotonic() < end_s:
            for data in islice(stream, _AT_ONCE):
                count += 1
                try:
                    attempt(name, data, work)
                except Exception as error:  # noqa: BLE001 - every such error is a crash
                    place = traceback.extract_tb(error.__traceback__)[-1]
                    what = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
                    if what not in crashes:
                        crashes.add(what)
                        file = FOUND / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
                        file.write_bytes(data)
                        print(f"{name}: {what} ({file})", flush=True)
    print(f"{name}: {count} inputs, {len(crashes)} crashes", flush=True)
    return not crashes


if __name__ == "__main__":
    sys.exit(main())
