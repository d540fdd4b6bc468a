"""The lock that gives the accelerator one owner at a time: flock(2) on a file in /run.

The kernel releases it when its owner ends, however it ends. A program that its owner starts does not get it. It needs
no write access, so the daemon can take it on a read-only file system. It is advisory: programs outside this project
ignore it.
"""

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from binarycop.clock import Clock, MonotonicClock
from binarycop.errors import OverlayError, OverlayInUse, OverlayMissing
from binarycop.printable import printable

PROC = Path("/proc")
GATE_UNIT = "binarycop.service"
WAIT_S = 3.0
"""How long ``take`` waits: a self-test or the doctor has finished by then. The watchdog allows 8 s."""
_POLL_S = 0.05
_STOP_GATE = "systemctl stop binarycop"


class OwnerLock:
    """A lock on a file. The file is created if it is missing, for root and its group only (mode 0640).

    proc: where the kernel shows its locks and processes. sleep: sleeps for a number of seconds. wait_s: how long
    ``take`` waits for another process at most.
    """

    def __init__(
        self,
        file: Path,
        proc: Path = PROC,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
        wait_s: float = WAIT_S,
    ) -> None:
        self._file, self._proc = file, proc
        self._clock, self._sleep, self._wait_s = clock or MonotonicClock(), sleep, wait_s
        self._held: BinaryIO | None = None
        self._taken_by = 0

    def take(self) -> None:
        """Become the owner, if this object is not already.

        Raises OverlayInUse if another owner keeps it for ``wait_s``, OverlayMissing if there is no file and this
        process may not create one, OverlayError if it may not open the file.
        """
        if self._held is not None:
            return
        file = self._open()
        end_s = self._clock.now_s() + self._wait_s
        while not _try(file, fcntl.LOCK_EX):
            # Nobody but this process could release its own lock while it waits.
            if self._clock.now_s() >= end_s or self._owner(file) == os.getpid():
                reason = self._describe(file)
                file.close()
                raise OverlayInUse(reason)
            self._sleep(_POLL_S)
        self._held, self._taken_by = file, os.getpid()

    def release(self) -> None:
        """Give it up, if this object has it."""
        if self._held is None:
            return
        # Explicitly, since a process that was forked still has the file open. Such a process leaves the lock alone.
        if self._taken_by == os.getpid():
            fcntl.flock(self._held, fcntl.LOCK_UN)
        self._held.close()
        self._held = None

    def why_taken(self) -> str:
        """Who has it, and what to do; empty if it is free. Raises as ``take``, and does not wait."""
        with self._open() as file:
            return "" if _try(file, fcntl.LOCK_SH) else self._describe(file)

    def _open(self) -> BinaryIO:
        with suppress(FileNotFoundError):
            return self._open_as(os.O_RDONLY)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            return self._open_as(os.O_RDONLY | os.O_CREAT)
        except OSError as error:
            # The process that loads an overlay creates the file.
            raise OverlayMissing("none is loaded") from error

    def _open_as(self, flags: int) -> BinaryIO:
        try:
            # The descriptor is closed when a program is started (PEP 446), or when the last reference is gone.
            return open(os.open(self._file, flags | os.O_NOFOLLOW, 0o640), "rb", buffering=0)
        except FileNotFoundError:
            raise
        except OSError as error:
            who = "only root and the group binarycop may use the accelerator (systemd-tmpfiles --create binarycop.conf)"
            raise OverlayError(f"{self._file}: {error.strerror}; {who}") from error

    def _describe(self, file: BinaryIO) -> str:
        owner = self._owner(file)
        if owner == 0:
            return f"another program is using it; end that first, the gate by {_STOP_GATE}"
        if owner == os.getpid():
            return "this process is using it already; close that classifier first"
        if self._is_gate(owner):
            return f"the gate's service is using it (process {owner}); stop it first: {_STOP_GATE}"
        name = ""
        with suppress(OSError):
            name = (self._proc / str(owner) / "comm").read_text(encoding="utf-8", errors="replace").strip()
        program = f"{printable(name)}, process {owner}," if name else f"process {owner}"
        return f"{program} is using it; end that first"

    def _owner(self, file: BinaryIO) -> int:
        """The process that took the lock; 0 if the kernel does not show it here. Format: proc(5), /proc/locks."""
        status = os.fstat(file.fileno())
        place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        with suppress(OSError, ValueError):
            for line in (self._proc / "locks").read_text(encoding="ascii").splitlines():
                words = line.split()
                if len(words) > 5 and words[1] == "FLOCK" and words[3] == "WRITE" and words[5] == place:
                    return max(int(words[4]), 0)
        return 0

    def _is_gate(self, process: int) -> bool:
        with suppress(OSError):
            groups = (self._proc / str(process) / "cgroup").read_text(encoding="utf-8", errors="replace")
            return any(GATE_UNIT in group.split("/") for group in groups.splitlines())
        return False


def _try(file: BinaryIO, kind: int) -> bool:
    """Take a lock of this kind on an open file, if it is free."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
