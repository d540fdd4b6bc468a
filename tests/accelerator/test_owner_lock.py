"""The lock of the accelerator, against real processes and the kernel's own list of locks."""

import fcntl
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from binarycop.accelerator.fpga_manager import SysfsFpgaManager
from binarycop.accelerator.owner_lock import OwnerLock
from binarycop.clock import ManualClock
from binarycop.errors import OverlayError, OverlayInUse, OverlayMissing

HOLD = """
import subprocess, sys
from pathlib import Path
from binarycop.accelerator.owner_lock import OwnerLock
lock = OwnerLock(Path(sys.argv[1]))
lock.take()
child = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL) if "child" in sys.argv else None
print(child.pid if child else 0, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run" / "lock"


class Waiting:
    """A lock whose sleeps only advance its clock."""

    def __init__(self, file: Path, proc: Path = Path("/proc")) -> None:
        self.clock, self.sleeps = ManualClock(), 0
        self.at_sleep: dict[int, subprocess.Popen[str]] = {}
        self.lock = OwnerLock(file, proc, self.clock, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        self.clock.advance_to(self.clock.now_s() + seconds)
        if self.sleeps in self.at_sleep:
            self.at_sleep[self.sleeps].kill()
            self.at_sleep[self.sleeps].wait()


@contextmanager
def other_process(file: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that has the lock, and the process that it started, 0 for none."""
    command = [sys.executable, "-c", HOLD, str(file), *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            yield process, child
        finally:
            process.kill()
            if child:
                os.kill(child, signal.SIGKILL)


def test_the_file_is_made_and_only_its_owner_and_group_may_open_it(file: Path) -> None:
    old = os.umask(0)
    try:
        OwnerLock(file).take()
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.read_bytes() == b""


def test_a_file_that_is_there_is_locked_without_the_right_to_write(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon's unit has a read-only file system."""
    file.parent.mkdir()
    file.touch()
    opened: list[int] = []
    real = os.open

    def watch(path: Path, flags: int, mode: int) -> int:
        opened.append(flags)
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", watch)
    OwnerLock(file).take()
    assert [flags & (os.O_ACCMODE | os.O_CREAT | os.O_TRUNC) for flags in opened] == [os.O_RDONLY]


def test_one_owner_at_a_time_and_the_other_is_named(file: Path) -> None:
    waiting = Waiting(file)
    with other_process(file) as (process, _):
        name = Path(f"/proc/{process.pid}/comm").read_text().strip()
        expected = f"overlay: {name}, process {process.pid}, is using it; end that first"
        with pytest.raises(OverlayInUse, match=f"^{expected}$"):
            waiting.lock.take()
        assert 3.0 <= waiting.clock.now_s() < 3.1
        assert OwnerLock(file).why_taken() in expected


def test_it_is_waited_for_a_short_user(file: Path) -> None:
    waiting = Waiting(file)
    with other_process(file) as (process, _):
        waiting.at_sleep[2] = process
        waiting.lock.take()
    assert waiting.sleeps == 2
    assert OwnerLock(file).why_taken() == "this process is using it already; close that classifier first"


def test_the_kernel_releases_it_when_its_owner_is_killed_and_a_started_program_does_not_keep_it(file: Path) -> None:
    with other_process(file, "child") as (process, child):
        assert OwnerLock(file).why_taken() != ""
        process.kill()
        process.wait()
        os.kill(child, 0)  # still there
        assert OwnerLock(file).why_taken() == ""


def test_a_second_user_in_the_same_process_is_refused_at_once(file: Path) -> None:
    first, second = OwnerLock(file), Waiting(file)
    first.take()
    with pytest.raises(OverlayInUse, match="this process is using it already"):
        second.lock.take()
    assert second.sleeps == 0
    first.release()
    second.lock.take()


def test_it_is_taken_and_released_any_number_of_times(file: Path) -> None:
    lock = OwnerLock(file)
    lock.release()
    for _ in range(2):
        lock.take()
        lock.take()
        assert OwnerLock(file).why_taken() != ""
        lock.release()
        lock.release()
        assert OwnerLock(file).why_taken() == ""


def test_a_lock_that_nobody_refers_to_any_more_is_free(file: Path) -> None:
    lock = OwnerLock(file)
    lock.take()
    with pytest.warns(ResourceWarning):
        del lock
    assert OwnerLock(file).why_taken() == ""


def test_a_forked_process_does_not_release_the_lock_of_its_parent(file: Path) -> None:
    lock = OwnerLock(file)
    lock.take()
    child = os.fork()
    if not child:
        lock.release()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert OwnerLock(file).why_taken() != ""


def test_to_release_it_is_enough_if_a_forked_process_still_has_the_file_open(file: Path) -> None:
    lock = OwnerLock(file)
    lock.take()
    child = os.fork()
    if not child:
        signal.pause()
    try:
        lock.release()
        assert OwnerLock(file).why_taken() == ""
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@pytest.mark.parametrize(
    ("cgroup", "comm", "words"),
    [
        (
            "0::/system.slice/binarycop.service\n",
            "binarycop\n",
            "the gate's service is using it (process {}); stop it first: systemctl stop binarycop",
        ),
        (
            "1:name=systemd:/system.slice/binarycop.service\n0::/\n",
            "binarycop\n",
            "the gate's service is using it (process {}); stop it first: systemctl stop binarycop",
        ),
        (
            "0::/user.slice/binarycop.service.d\n",
            "jupyter\x1b[2J\n",
            "jupyter\\x1b[2J, process {}, is using it; end that first",
        ),
        (None, None, "process {} is using it; end that first"),
    ],
    ids=["gate", "gate, control groups 1", "notebook", "hidden"],
)
def test_the_gate_is_known_by_its_unit(
    file: Path, tmp_path: Path, cgroup: str | None, comm: str | None, words: str
) -> None:
    with other_process(file) as (process, _):
        proc = tmp_path / "proc"
        (proc / str(process.pid)).mkdir(parents=True)
        (proc / "locks").write_text(Path("/proc/locks").read_text())
        if cgroup is not None and comm is not None:
            (proc / str(process.pid) / "cgroup").write_text(cgroup)
            (proc / str(process.pid) / "comm").write_text(comm)
        assert OwnerLock(file, proc).why_taken() == words.format(process.pid)


@pytest.mark.parametrize(
    "locks", [None, "", "1: FLOCK  ADVISORY  WRITE x {} 0 EOF\n", "1: FLOCK  ADVISORY  WRITE 1 0:0:0 0 EOF\n"]
)
def test_a_kernel_that_does_not_show_the_owner_changes_only_the_words(
    file: Path, tmp_path: Path, locks: str | None
) -> None:
    with other_process(file):
        proc, at = tmp_path / "proc", file.stat()
        proc.mkdir()
        if locks is not None:
            place = f"{os.major(at.st_dev):02x}:{os.minor(at.st_dev):02x}:{at.st_ino}"
            (proc / "locks").write_text(locks.format(place))
        with pytest.raises(
            OverlayInUse, match="another program is using it; end that first, the gate by systemctl stop"
        ):
            Waiting(file, proc).lock.take()


def test_without_a_folder_that_this_process_may_make_nothing_is_loaded() -> None:
    with pytest.raises(OverlayMissing, match="none is loaded; run binarycop load-overlay"):
        OwnerLock(Path("/proc/none/lock")).take()  # not even root can make a folder there


def test_a_lock_that_is_a_link_or_a_folder_is_not_followed(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    (tmp_path / "elsewhere").touch()
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OverlayError, match="only root and the group binarycop may use the accelerator"):
        OwnerLock(file).take()


def test_the_boards_manager_has_the_lock_beside_its_record(tmp_path: Path) -> None:
    record = tmp_path / "run" / "sha256"
    first, second = (SysfsFpgaManager(tmp_path, tmp_path, record) for _ in range(2))
    first.claim()
    assert second.why_in_use() != ""
    with record.with_name("lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    first.release()
    assert second.why_in_use() == ""
