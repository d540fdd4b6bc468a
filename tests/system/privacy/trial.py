"""The daemon as its unit starts it, but on a clip: a user of its own, a runtime directory, a manager that listens."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from types import TracebackType
from typing import IO, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.system.privacy import acts
from tests.system.privacy.rules import ROOT

USER = "nobody"
_LAST_WORDS_S = 10.0
_START = "import resource, sys; {cores}; {before}from binarycop.__main__ import main; sys.exit(main())"
# The daemon without the measures that are tried here, to show that the searches find what there is.
_UNSEALED = (
    "from binarycop.service import hardening; "
    "hardening.forbid_dumps = hardening.forbid_writing = hardening.forbid_programs = lambda: None; "
)
_CORES = "resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)"
_IMPORTS = "import binarycop, cv2, gpiozero, numpy, yaml"


class TrialError(RuntimeError):
    """A trial cannot be made here, or did not come to its end."""


class Daemon:
    """One run of it in ``work``. Raises TrialError.

    sealed: with the measures that the daemon takes itself. traced: under strace. Its core limit is the highest there
    is, so that nothing but its own measures keeps it from dumping; a core would lie in ``left``.
    """

    def __init__(self, work: Path, source: Path, finder: str, *, sealed: bool = True, traced: bool = False) -> None:
        self.work, self._traced = work, traced
        self.left = work / "core"
        work.chmod(0o755)
        for folder in (work / "run", self.left):
            folder.mkdir(exist_ok=True)
            shutil.chown(folder, USER)
        (work / "gate.yaml").write_text(f"frames: {{source: {source}}}\nfaces: {{finder: {finder}}}\n")
        self.journal: list[str] = []
        self.summary: list[str] = []
        self.notices: list[str] = []
        command = [python(), "-c", _START.format(cores=_CORES, before="" if sealed else _UNSEALED)]
        command += ["run", "--config", str(work / "gate.yaml")]
        if traced:
            logs = ["-o", str(work / "strace"), "-ff", "-yy", "-s", "0", "--seccomp-bpf", "-e", f"trace={acts.TRACED}"]
            command = ["strace", "-u", USER, *logs, *command]
        self._command = command

    def __enter__(self) -> "Daemon":
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(str(self.work / "notify"))
        (self.work / "notify").chmod(0o777)
        self._process = subprocess.Popen(
            self._command,
            cwd=self.left,
            env=_environment(self.work),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=None if self._traced else USER,
            group=None if self._traced else pwd.getpwnam(USER).pw_gid,
            extra_groups=None if self._traced else [],
        )
        self._ears = [
            Thread(target=_collect, args=(self._process.stdout, self.summary), daemon=True),
            Thread(target=_collect, args=(self._process.stderr, self.journal), daemon=True),
        ]
        for thread in (*self._ears, Thread(target=_listen, args=(self._manager, self.notices), daemon=True)):
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._manager.close()
        (self.work / "notify").unlink()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def wait_for(self, word: str, longest_s: float) -> None:
        """Until a line of its journal has the word."""
        end_s = monotonic() + longest_s
        while not any(word in line for line in list(self.journal)):
            if monotonic() > end_s or self._process.poll() is not None:
                raise TrialError(f"no '{word}' within {longest_s:.0f} s:\n" + "\n".join(self.journal[-20:]))
            sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        """Send it one."""
        self._process.send_signal(number)

    def wait(self, longest_s: float) -> int:
        """Until it has ended; its exit code."""
        try:
            code = self._process.wait(longest_s)
        except subprocess.TimeoutExpired as error:
            raise TrialError(f"it has not ended within {longest_s:.0f} s") from error
        for thread in self._ears:
            thread.join(_LAST_WORDS_S)
        return code

    def acts(self) -> Counter[acts.Act]:
        """What it did, once it has ended."""
        return acts.read(sorted(self.work.glob("strace.*")))

    def text(self) -> str:
        """All that it said, to whomever."""
        return "\n".join([*self.journal, *self.summary, *self.notices])


def write_clip(file: Path, frames: Iterable[NDArray[np.uint8]], rate_hz: float) -> None:
    """Motion JPEG, as a camera gives it."""
    writer = None
    for frame in frames:
        if writer is None:
            size = (frame.shape[1], frame.shape[0])
            # OpenCV's own writer, whose quality is constant: equal frames are then equal in every byte.
            writer = cv2.VideoWriter(str(file), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), rate_hz, size)
        writer.write(frame)
    if writer is not None:
        writer.release()
    file.chmod(0o644)


def python() -> str:
    """An interpreter that the daemon's user may run and that has what the daemon needs. Raises TrialError."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        command = ["/bin/sh", "-c", 'exec "$0" -c "$1"', candidate, _IMPORTS]
        tried = subprocess.run(command, env=_environment(Path()), user=USER, capture_output=True, check=False)
        if tried.returncode == 0:
            return candidate
    raise TrialError(f"user {USER} can run no Python here that has OpenCV, numpy, gpiozero and PyYAML")


def _environment(work: Path) -> dict[str, str]:
    packages = [path for path in sys.path if path.endswith("site-packages")]
    return {
        "HOME": "/nonexistent",
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join([*packages, str(ROOT / "daemon")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NOTIFY_SOCKET": str(work / "notify"),
        "RUNTIME_DIRECTORY": str(work / "run"),
    }


def _collect(stream: IO[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line.rstrip("\n"))


def _listen(manager: Any, notices: list[str]) -> None:
    while True:
        try:
            notices.append(manager.recv(4096).decode())
        except OSError:
            return
