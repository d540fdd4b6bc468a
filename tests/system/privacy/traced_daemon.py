"""The daemon as its unit starts it, but on a clip, as another user and under strace.

It gets a socket for its notifications, a journal's writer, and the socket on which it says how it is.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from types import TracebackType
from typing import IO, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.system.journal_process import JournalProcess
from tests.system.privacy import syscalls
from tests.system.privacy.rules import ROOT

USER = "nobody"
_OUTPUT_S = 10.0
_START = "{socket}; import resource, sys; {cores}; {before}from binarycop.__main__ import main; sys.exit(main())"
# As systemd hands the socket of binarycop-status.socket over: descriptor 3, for this process.
_SOCKET = (
    "import os; os.dup2({given}, 3); "
    "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='status')"
)
_ASK_S = 0.2
# The daemon without its hardening, for the counter-tests: the searches must then find the canary.
_WITHOUT_HARDENING = (
    "from binarycop.service import hardening; "
    "hardening.forbid_dumps = hardening.forbid_writing = hardening.forbid_calls = lambda: None; "
)
_CORES = "resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)"
_IMPORTS = "import binarycop, cv2, gpiozero, numpy, yaml"


class RunError(RuntimeError):
    """The daemon cannot be run on this machine, or did not end in time."""


class Daemon:
    """One run of the daemon in ``work``. Raises RunError.

    hardened: with the daemon's own hardening. traced: under strace. The limit of core dumps is as high as possible, so
    that only the hardening prevents one; a core dump would be in ``core_folder``.
    """

    def __init__(self, work: Path, source: Path, finder: str, *, hardened: bool = True, traced: bool = False) -> None:
        self.work, self._traced = work, traced
        self.core_folder = work / "core"
        work.chmod(0o755)
        for folder in (work / "run", self.core_folder):
            folder.mkdir(exist_ok=True)
        shutil.chown(self.core_folder, USER)
        # Root's list for gate-release: it is empty for mock lines.
        (work / "run" / "release").write_bytes(b"")
        (work / "gate.yaml").write_text(f"frames: {{source: {source}}}\nfaces: {{finder: {finder}}}\n")
        self.output: list[str] = []
        self.writer = JournalProcess(work / "journal", USER, _environment(work))
        self.summary: list[str] = []
        self.notifications: list[str] = []
        self.answers: list[str] = []
        self._status = socket.socket(socket.AF_UNIX)
        self._status.bind(str(work / "status"))
        self._status.listen()
        start = _START.format(
            socket=_SOCKET.format(given=self._status.fileno()),
            cores=_CORES,
            before="" if hardened else _WITHOUT_HARDENING,
        )
        command = [python(), "-c", start]
        command += ["run", "--config", str(work / "gate.yaml")]
        if traced:
            logs = [
                "-o",
                str(work / "strace"),
                "-ff",
                "-yy",
                "-s",
                "0",
                "--seccomp-bpf",
                "-e",
                f"trace={syscalls.TRACED}",
            ]
            command = ["strace", "-u", USER, *logs, *command]
        self._command = command

    def __enter__(self) -> "Daemon":
        self._notify_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify_socket.bind(str(self.work / "notify"))
        (self.work / "notify").chmod(0o777)
        self.writer.start()
        self._process = subprocess.Popen(
            self._command,
            cwd=self.core_folder,
            env=_environment(self.work),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=(self._status.fileno(),),
            user=None if self._traced else USER,
            group=None if self._traced else pwd.getpwnam(USER).pw_gid,
            extra_groups=None if self._traced else [],
        )
        self._readers = [
            Thread(target=_collect, args=(self._process.stdout, self.summary), daemon=True),
            Thread(target=_collect, args=(self._process.stderr, self.output), daemon=True),
        ]
        for thread in (
            *self._readers,
            Thread(target=_listen, args=(self._notify_socket, self.notifications), daemon=True),
            Thread(target=self._ask, daemon=True),
        ):
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._notify_socket.close()
        self._status.close()
        self.writer.close()
        (self.work / "notify").unlink()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def journal(self) -> list[str]:
        """What journald got, one text for each entry."""
        return [datagram.decode(errors="replace") for datagram in list(self.writer.datagrams)]

    def wait_for(self, word: str, longest_s: float) -> None:
        """Wait until an entry of its journal has the word."""
        end_s = monotonic() + longest_s
        while not any(word in entry for entry in self.journal):
            if monotonic() > end_s or self._process.poll() is not None:
                said = "\n".join([*self.journal[-20:], *self.output[-20:]])
                raise RunError(f"no '{word}' within {longest_s:.0f} s:\n{said}")
            sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        """Send the daemon a signal."""
        self._process.send_signal(number)

    def wait(self, longest_s: float) -> int:
        """Wait until the daemon has ended. Returns its exit code."""
        try:
            code = self._process.wait(longest_s)
        except subprocess.TimeoutExpired as error:
            raise RunError(f"the daemon has not ended within {longest_s:.0f} s") from error
        for thread in self._readers:
            thread.join(_OUTPUT_S)
        # It hands on what the daemon wrote last.
        self.writer.stop()
        return code

    def actions(self) -> Counter[syscalls.Action]:
        """What the daemon did, after it has ended."""
        return syscalls.read(sorted(self.work.glob("strace.*")))

    def text(self) -> str:
        """All that the daemon wrote: journal, output, notifications, answers on the socket of its status."""
        return "\n".join([*self.journal, *self.output, *self.summary, *self.notifications, *self.answers])

    def _ask(self) -> None:
        """Ask the daemon how it is, again and again, while it runs."""
        while self._process.poll() is None:
            with suppress(OSError), socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(_OUTPUT_S)
                asking.connect(str(self.work / "status"))
                answer = b""
                while part := asking.recv(1 << 16):
                    answer += part
                self.answers.append(answer.decode(errors="replace"))
            sleep(_ASK_S)


def write_clip(file: Path, frames: Iterable[NDArray[np.uint8]], rate_hz: float) -> None:
    """Write a clip as Motion JPEG, as cameras send it."""
    writer = None
    for frame in frames:
        if writer is None:
            size = (frame.shape[1], frame.shape[0])
            # OpenCV's own writer has a constant quality: equal frames become equal bytes.
            writer = cv2.VideoWriter(str(file), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), rate_hz, size)
        writer.write(frame)
    if writer is not None:
        writer.release()
    file.chmod(0o644)


def python() -> str:
    """Find a Python that the daemon's user may run and that has the daemon's requirements. Raises RunError."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        command = ["/bin/sh", "-c", 'exec "$0" -c "$1"', candidate, _IMPORTS]
        tried = subprocess.run(command, env=_environment(Path()), user=USER, capture_output=True, check=False)
        if tried.returncode == 0:
            return candidate
    raise RunError(f"user {USER} cannot run any Python here that has OpenCV, numpy, gpiozero and PyYAML")


def _environment(work: Path) -> dict[str, str]:
    packages = [path for path in sys.path if path.endswith("site-packages")]
    return {
        "HOME": "/nonexistent",
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join([*packages, str(ROOT / "daemon")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NOTIFY_SOCKET": str(work / "notify"),
        "BINARYCOP_JOURNAL": str(work / "journal" / "socket"),
        "BINARYCOP_RELAY_OFF_LIST": str(work / "run" / "release"),
    }


def _collect(stream: IO[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line.rstrip("\n"))


def _listen(manager: Any, notifications: list[str]) -> None:
    while True:
        try:
            notifications.append(manager.recv(4096).decode())
        except OSError:
            return
