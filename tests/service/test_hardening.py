"""What the daemon forbids itself. Each test runs in a process of its own, since none of it can be undone."""

import ctypes
import os
import re
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from binarycop.service.hardening import forbid_calls
from binarycop.service.seccomp import SYSCALL_NUMBERS, seccomp_filter
from tests.patience import PATIENCE_S

PROGRAM = """
import os, signal, socket, subprocess, sys, threading
from pathlib import Path
from binarycop.service import hardening

{before}
try:
    {then}
except OSError as error:
    print(error.errno, error.strerror)
else:
    print("done")
"""
READ = 0
MAKES_FOLDER_OR_NAME = {
    "symlink": "os.symlink('x' * 4000, '{at}/made')",
    "link": "os.link('{at}/there', '{at}/made')",
    "rename": "os.rename('{at}/there', '{at}/made')",
    "mkdir": "os.mkdir('{at}/made')",
    "rmdir": "os.rmdir('{at}/folder')",
    "unlink": "os.unlink('{at}/there')",
    "mknod": "os.mknod('{at}/made')",
    "mkfifo": "os.mkfifo('{at}/made')",
    "setxattr": "os.setxattr('{at}/there', 'user.x', b'x' * 4000)",
    "chmod": "os.chmod('{at}/there', 0o123)",
    "fchmod": "os.fchmod(os.open('{at}/there', os.O_RDONLY), 0o123)",
    "chown": "os.chown('{at}/there', -1, -1)",
    "truncate": "os.truncate('{at}/there', 0)",
    "ftruncate": "os.ftruncate(os.open('{at}/there', os.O_RDWR), 0)",
    "fallocate": "os.posix_fallocate(os.open('{at}/there', os.O_RDWR), 0, 1)",
    "utime": "os.utime('{at}/there', (1, 1))",
    "open a new file": "os.open('{at}/made', os.O_WRONLY | os.O_CREAT)",
    "open a file without a name": "os.open('{at}', os.O_WRONLY | os.O_TMPFILE)",
    "bind": "socket.socket(socket.AF_UNIX).bind('{at}/made')",
    "memfd": "os.memfd_create('x')",
}


def run(before: str, then: str) -> str:
    command = [sys.executable, "-c", PROGRAM.format(before=before, then=then)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE_S).stdout.strip()


def is_allowed(machine: str, arch: int, number: int, *arguments: int) -> bool:
    """Whether the filter allows a system call: this runs its instructions."""
    steps, at, loaded = seccomp_filter(SYSCALL_NUMBERS[machine]), 0, 0
    data = {0: number, 4: arch, **{16 + 8 * index: value for index, value in enumerate(arguments)}}
    while True:
        code, yes, no, value = steps[at]
        at += 1
        if code == 0x06:
            return value == 0x7FFF0000
        if code == 0x20:
            loaded = data[value]
        else:
            at += yes if {0x15: loaded == value, 0x35: loaded >= value, 0x45: loaded & value}[code] else no


@pytest.mark.parametrize("start", ["os.execv('/bin/true', ['true'])", "subprocess.run(['/bin/true'], check=True)"])
def test_a_hardened_process_cannot_start_a_program(start: str) -> None:
    assert run("hardening.forbid_calls()", start) == "1 Operation not permitted"


def test_a_thread_that_was_there_before_cannot_start_a_program_either() -> None:
    before = "go = threading.Event()\n" + (
        "def late():\n    go.wait()\n    try:\n        subprocess.run(['/bin/true'])\n"
        "    except OSError as error:\n        print(error.errno)\n"
        "thread = threading.Thread(target=late)\nthread.start()\nhardening.forbid_calls()"
    )
    assert run(before, "go.set(); thread.join()") == "1\ndone"


def test_without_hardening_a_process_starts_a_program() -> None:
    assert run("", "subprocess.run(['/bin/true'], check=True)") == "done"


@pytest.mark.parametrize("machine", sorted(SYSCALL_NUMBERS))
def test_on_each_machine_only_what_is_listed_is_refused(machine: str) -> None:
    numbers = SYSCALL_NUMBERS[machine]
    opens = {number for number, _ in numbers.opens.values()}
    for number in set(range(500)) - opens:
        assert is_allowed(machine, numbers.audit_arch, number) == (number not in numbers.refused.values()), number
    assert not is_allowed(machine, 0x40000003, READ), "a call of another architecture, i386"
    assert not is_allowed(machine, numbers.audit_arch, 0x40000000 + READ), "the x32 calls of an x86_64 kernel"


@pytest.mark.parametrize("machine", sorted(SYSCALL_NUMBERS))
def test_on_each_machine_a_file_can_be_opened_but_not_made(machine: str) -> None:
    numbers = SYSCALL_NUMBERS[machine]
    for number, argument in numbers.opens.values():
        flags = [0] * argument
        assert is_allowed(machine, numbers.audit_arch, number, *flags, os.O_RDWR | os.O_NONBLOCK)
        assert not is_allowed(machine, numbers.audit_arch, number, *flags, os.O_RDWR | os.O_CREAT)
        assert not is_allowed(machine, numbers.audit_arch, number, *flags, os.O_RDWR | os.O_TMPFILE)


@pytest.mark.parametrize("machine", sorted(SYSCALL_NUMBERS))
def test_the_numbers_are_those_of_libseccomp(machine: str) -> None:
    try:
        resolve = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name_arch
    except OSError:
        pytest.skip("libseccomp is not installed")
    resolve.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    numbers = SYSCALL_NUMBERS[machine]
    named = {**numbers.refused, "seccomp": numbers.seccomp, **{name: at for name, (at, _) in numbers.opens.items()}}
    known = {name: resolve(numbers.audit_arch, name.encode()) for name in named}
    assert {name: number for name, number in known.items() if number >= 0} == {
        name: number for name, number in named.items() if known[name] >= 0
    }
    assert sum(number >= 0 for number in known.values()) > len(named) - 6, "newer calls may be unknown to it"


@pytest.mark.parametrize("attempt", MAKES_FOLDER_OR_NAME.values(), ids=MAKES_FOLDER_OR_NAME)
def test_a_hardened_process_makes_changes_and_removes_nothing_with_a_name(attempt: str, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    (tmp_path / "folder").mkdir()
    before = sorted((path.name, path.lstat().st_mode, path.lstat().st_mtime_ns) for path in tmp_path.iterdir())
    assert run("hardening.forbid_calls()", attempt.format(at=tmp_path)) == "1 Operation not permitted"
    after = sorted((path.name, path.lstat().st_mode, path.lstat().st_mtime_ns) for path in tmp_path.iterdir())
    assert after == before


@pytest.mark.parametrize("attempt", MAKES_FOLDER_OR_NAME.values(), ids=MAKES_FOLDER_OR_NAME)
def test_without_hardening_each_of_these_is_done(attempt: str, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    (tmp_path / "folder").mkdir()
    assert run("", attempt.format(at=tmp_path)) == "done"


def test_what_is_printed_after_the_output_is_closed_ends_nowhere() -> None:
    before = "print('before', flush=True); print('before', file=sys.stderr); hardening.close_output()"
    then = "print('after'); os.write(1, b'after'); os.write(2, b'after')"
    code = PROGRAM.format(before=before, then=then)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert (done.stdout, done.stderr) == ("before\n", "before\n")


def test_an_unknown_machine_is_an_error() -> None:
    with pytest.raises(OSError, match="not known"):
        forbid_calls("pdp11")


def test_a_hardened_process_cannot_write_a_file(tmp_path: Path) -> None:
    write = f"Path('{tmp_path}/one').write_text('x')"
    assert run("", write) == "done"
    assert run("hardening.forbid_writing()", write) == "27 File too large"


def test_a_hardened_process_cannot_write_shared_memory() -> None:
    write = "os.write(os.memfd_create('x'), b'x')"
    assert run("", write) == "done"
    assert run("hardening.forbid_writing()", write) == "27 File too large"


def test_a_hardened_process_leaves_no_core_dump(tmp_path: Path) -> None:
    """Without hardening, the same process leaves one, if its limit allows it and the kernel writes dumps to files."""
    abort = f"import os, resource, signal; os.chdir('{tmp_path}'); {{}}os.kill(os.getpid(), signal.SIGABRT)"
    limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
    allow = f"resource.setrlimit(resource.RLIMIT_CORE, ({limit}, {limit})); "
    hardened = "from binarycop.service import hardening; hardening.forbid_dumps(); "
    subprocess.run([sys.executable, "-c", abort.format(allow + hardened)], check=False, timeout=PATIENCE_S)
    assert list(tmp_path.iterdir()) == []
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if limit and not pattern.startswith("|") and "/" not in pattern:
        subprocess.run([sys.executable, "-c", abort.format(allow)], check=False, timeout=PATIENCE_S)
        assert len(list(tmp_path.iterdir())) == 1


def test_another_process_of_the_same_user_cannot_trace_a_hardened_one() -> None:
    """A process that is not dumpable cannot be traced, and its folder in /proc belongs to root (prctl(2))."""
    dumpable = "import ctypes; print(ctypes.CDLL(None).prctl(3))"
    assert run("", dumpable).split() == ["1", "done"]
    assert run("hardening.forbid_dumps()", dumpable).split() == ["0", "done"]


def test_under_a_service_manager_the_daemon_is_hardened_when_it_is_ready(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        command = [sys.executable, "-m", "binarycop", "run", "--source", "demo", "--finder", "fixed"]
        environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
            try:
                while b"READY=1" not in manager.recv(4096):
                    pass
                status = Path(f"/proc/{daemon.pid}/status").read_text()
                limits = Path(f"/proc/{daemon.pid}/limits").read_text()
            finally:
                daemon.kill()
    assert re.search(r"^Seccomp:\t2$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    for name in ("Max file size", "Max core file size"):
        assert re.search(rf"^{name} +0 +0 ", limits, re.MULTILINE), name
