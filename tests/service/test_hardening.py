"""What the daemon forbids itself, tried in processes of their own: none of it can be taken back."""

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


def judge(machine: str, audit: int, number: int) -> bool:
    """Whether the filter lets a call through: its steps, walked by hand."""
    steps, at, loaded = seccomp_filter(SYSCALL_NUMBERS[machine]), 0, 0
    while True:
        code, yes, no, value = steps[at]
        if code == 0x06:
            return value == 0x7FFF0000
        if code == 0x20:
            loaded = {0: number, 4: audit}[value]
            at += 1
        else:
            at += 1 + (yes if loaded == value else no)


@pytest.mark.parametrize("start", ["os.execv('/bin/true', ['true'])", "subprocess.run(['/bin/true'], check=True)"])
def test_a_sealed_process_starts_no_program(start: str) -> None:
    assert run("hardening.forbid_programs()", start) == "1 Operation not permitted"


def test_nor_does_a_thread_that_was_there_before() -> None:
    before = "go = threading.Event()\n" + (
        "def late():\n    go.wait()\n    try:\n        subprocess.run(['/bin/true'])\n"
        "    except OSError as error:\n        print(error.errno)\n"
        "thread = threading.Thread(target=late)\nthread.start()\nhardening.forbid_programs()"
    )
    assert run(before, "go.set(); thread.join()") == "1\ndone"


def test_an_unsealed_process_does() -> None:
    assert run("", "subprocess.run(['/bin/true'], check=True)") == "done"


@pytest.mark.parametrize("machine", sorted(SYSCALL_NUMBERS))
def test_on_every_machine_only_starting_programs_is_refused(machine: str) -> None:
    numbers = SYSCALL_NUMBERS[machine]
    assert not judge(machine, numbers.audit, numbers.execve)
    assert not judge(machine, numbers.audit, numbers.execveat)
    assert judge(machine, numbers.audit, READ)
    assert not judge(machine, 0x40000003, READ), "calls of another machine, i386"


def test_an_unknown_machine_is_an_error() -> None:
    with pytest.raises(OSError, match="not known here"):
        forbid_programs("pdp11")


def test_a_sealed_process_writes_no_file(tmp_path: Path) -> None:
    write = f"Path('{tmp_path}/one').write_text('x')"
    assert run("", write) == "done"
    assert run("hardening.forbid_writing()", write) == "27 File too large"


def test_a_sealed_process_fills_no_shared_memory() -> None:
    write = "os.write(os.memfd_create('x'), b'x')"
    assert run("", write) == "done"
    assert run("hardening.forbid_writing()", write) == "27 File too large"


def test_nothing_is_dumped_of_a_sealed_process(tmp_path: Path) -> None:
    """The same process, unsealed and with a limit that allows it, does dump where the kernel writes plain files."""
    raised = f"import os, resource, signal; os.chdir('{tmp_path}'); {{}}os.kill(os.getpid(), signal.SIGABRT)"
    limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
    allow = f"resource.setrlimit(resource.RLIMIT_CORE, ({limit}, {limit})); "
    sealed = "from binarycop.service import hardening; hardening.forbid_dumps(); "
    subprocess.run([sys.executable, "-c", raised.format(allow + sealed)], check=False, timeout=60)
    assert list(tmp_path.iterdir()) == []
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if limit and not pattern.startswith("|") and "/" not in pattern:
        subprocess.run([sys.executable, "-c", raised.format(allow)], check=False, timeout=60)
        assert len(list(tmp_path.iterdir())) == 1


def test_another_process_of_the_same_user_cannot_trace_a_sealed_one() -> None:
    """What is not dumpable cannot be traced, and its folder in /proc is root's (prctl(2), PR_SET_DUMPABLE)."""
    dumpable = "import ctypes; print(ctypes.CDLL(None).prctl(3))"
    assert run("", dumpable).split() == ["1", "done"]
    assert run("hardening.forbid_dumps()", dumpable).split() == ["0", "done"]


def test_under_a_service_manager_the_daemon_is_sealed_when_it_is_ready(tmp_path: Path) -> None:
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
