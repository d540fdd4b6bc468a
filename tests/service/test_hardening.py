"""What the daemon forbids itself. Each test runs in a process of its own, since none of it can be undone."""

import os
import re
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from binarycop.service.hardening import SYSCALL_NUMBERS, forbid_programs, seccomp_filter

PROGRAM = """
import os, signal, subprocess, sys, threading
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
EXECVE, READ = 59, 0


def run(before: str, then: str) -> str:
    command = [sys.executable, "-c", PROGRAM.format(before=before, then=then)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout.strip()


def is_allowed(machine: str, arch: int, number: int) -> bool:
    """Whether the filter allows a system call: this runs its instructions."""
    steps, at, loaded = seccomp_filter(SYSCALL_NUMBERS[machine]), 0, 0
    while True:
        code, yes, no, value = steps[at]
        if code == 0x06:
            return value == 0x7FFF0000
        if code == 0x20:
            loaded = {0: number, 4: arch}[value]
            at += 1
        else:
            at += 1 + (yes if loaded == value else no)


@pytest.mark.parametrize("start", ["os.execv('/bin/true', ['true'])", "subprocess.run(['/bin/true'], check=True)"])
def test_a_hardened_process_cannot_start_a_program(start: str) -> None:
    assert run("hardening.forbid_programs()", start) == "1 Operation not permitted"


def test_a_thread_that_was_there_before_cannot_start_a_program_either() -> None:
    before = "go = threading.Event()\n" + (
        "def late():\n    go.wait()\n    try:\n        subprocess.run(['/bin/true'])\n"
        "    except OSError as error:\n        print(error.errno)\n"
        "thread = threading.Thread(target=late)\nthread.start()\nhardening.forbid_programs()"
    )
    assert run(before, "go.set(); thread.join()") == "1\ndone"


def test_without_hardening_a_process_starts_a_program() -> None:
    assert run("", "subprocess.run(['/bin/true'], check=True)") == "done"


@pytest.mark.parametrize("machine", sorted(SYSCALL_NUMBERS))
def test_on_each_machine_only_starting_programs_is_refused(machine: str) -> None:
    numbers = SYSCALL_NUMBERS[machine]
    assert not is_allowed(machine, numbers.audit_arch, numbers.execve)
    assert not is_allowed(machine, numbers.audit_arch, numbers.execveat)
    assert is_allowed(machine, numbers.audit_arch, READ)
    assert not is_allowed(machine, 0x40000003, READ), "a call of another architecture, i386"


def test_an_unknown_machine_is_an_error() -> None:
    with pytest.raises(OSError, match="not known"):
        forbid_programs("pdp11")


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
    subprocess.run([sys.executable, "-c", abort.format(allow + hardened)], check=False, timeout=60)
    assert list(tmp_path.iterdir()) == []
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if limit and not pattern.startswith("|") and "/" not in pattern:
        subprocess.run([sys.executable, "-c", abort.format(allow)], check=False, timeout=60)
        assert len(list(tmp_path.iterdir())) == 1


def test_another_process_of_the_same_user_cannot_trace_a_hardened_one() -> None:
    """A process that is not dumpable cannot be traced, and its folder in /proc belongs to root (prctl(2))."""
    dumpable = "import ctypes; print(ctypes.CDLL(None).prctl(3))"
    assert run("", dumpable).split() == ["1", "done"]
    assert run("hardening.forbid_dumps()", dumpable).split() == ["0", "done"]


def test_under_a_service_manager_the_daemon_is_hardened_when_it_is_ready(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
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
