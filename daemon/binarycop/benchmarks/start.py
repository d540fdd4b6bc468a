"""``start``: how long the program takes for ``--version``, for its help, and until the service is ready."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from binarycop.benchmarks.daemon_process import daemon_process
from binarycop.benchmarks.daemon_run import settings_text
from binarycop.benchmarks.figures import Part, summary
from binarycop.benchmarks.steps import OnProgress, silent, steps
from binarycop.errors import SourceError

NAME, REFERENCE = "start", "Python alone"
_LIMIT_S = 60.0
_CHECK_S = 0.2


def measure_start(clip: Path, repeats: int, on_progress: OnProgress = silent) -> Part:
    """Start each program several times, in turns. ready: as systemd sees it, from the start to ``READY=1``.

    Raises SourceError if there is no such clip, or a program fails or does not end.
    """
    if not clip.exists():
        raise SourceError(str(clip), "does not exist; name a video file or a folder of pictures")
    binarycop = (sys.executable, "-m", "binarycop")
    cases: dict[str, Callable[[], float]] = {
        REFERENCE: lambda: _ended_s((sys.executable, "-c", "pass")),
        "import numpy and cv2": lambda: _ended_s((sys.executable, "-c", "import numpy, cv2")),
        "binarycop --version": lambda: _ended_s((*binarycop, "--version")),
        "binarycop --help": lambda: _ended_s((*binarycop, "--help")),
        "binarycop run until it is ready": lambda: _ready_s(clip),
    }
    times_s: dict[str, list[float]] = {case: [] for case in cases}
    for turn in steps(range(1 + repeats), on_progress):
        for case, measure in cases.items():
            took_s = measure()
            if turn:  # the first time, files are read from the disk
                times_s[case].append(took_s)
    return Part(NAME, tuple(summary("start", case, "time", "s", times) for case, times in times_s.items()), REFERENCE)


def _ended_s(command: Sequence[str]) -> float:
    started_s = time.perf_counter()
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LIMIT_S)
    except subprocess.TimeoutExpired:
        raise SourceError(command[-1], f"did not end within {_LIMIT_S:.0f} s") from None
    if ended.returncode:
        raise SourceError(command[-1], f"ended with {ended.returncode}: {(ended.stderr.splitlines() or [''])[-1]}")
    return time.perf_counter() - started_s


def _ready_s(clip: Path) -> float:
    """Start the daemon as a service manager does, and wait for its message."""
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        address = str(Path(folder) / "notify")
        manager.bind(address)
        config = Path(folder) / "gate.yaml"
        config.write_text(settings_text([str(clip.resolve())]), encoding="utf-8")
        started_s = time.perf_counter()
        with daemon_process(
            [sys.executable, "-m", "binarycop", "run", "--json", "--config", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "NOTIFY_SOCKET": address},
        ) as daemon:
            return _wait_until_ready(manager, daemon, started_s) - started_s


def _wait_until_ready(manager: socket.socket, daemon: "subprocess.Popen[bytes]", started_s: float) -> float:
    """The time of READY=1. Raises SourceError if it does not come, or if the daemon ends without it."""
    manager.settimeout(_CHECK_S)
    while time.perf_counter() < started_s + _LIMIT_S:
        try:
            message = manager.recv(4096)
        except TimeoutError:
            if daemon.poll() is None:
                continue
            raise SourceError("binarycop run", f"ended with {daemon.returncode} before it was ready") from None
        if b"READY=1" in message.split(b"\n"):
            return time.perf_counter()
    raise SourceError("binarycop run", f"was not ready within {_LIMIT_S:.0f} s")
