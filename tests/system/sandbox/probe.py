"""Runs in the daemon's unit instead of the daemon: tries what the sandbox must refuse, and prints the results as JSON.

``probe.py [FOLDER]``: FOLDER is where it searches for writable folders, / by default. It needs only Python. Each
attempt has a name and a result: ``done``, or the error's name, such as EPERM. An attempt that is not refused does no
harm, since it uses what does not exist.
"""

import ctypes
import errno
import json
import mmap
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

_CLONE_NEWUSER, _PTRACE_SEIZE, _PERSONALITY_SHORT_INODE = 0x10000000, 0x4206, 0x1000000
_NO_PROCESS = 4194304  # one more than the kernel's largest process id
_NAME = "probe-of-the-sandbox"
_LINES = Path(os.environ.get("RUNTIME_DIRECTORY", "/run/binarycop"))


def main() -> int:
    """Try everything once. The exit code is always 0, since the caller checks the results."""
    found: dict[str, object] = {name: _outcome(attempt) for name, attempt in _attempts().items()}
    found["writable"] = _writable(sys.argv[1] if len(sys.argv) > 1 else "/")
    found["devices"] = _devices()
    found["processes"] = sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    found["pid"] = os.getpid()
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    found["networks"] = sorted(line.split(":")[0].strip() for line in lines)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    found["status"] = {name: status[name].strip() for name in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")}
    print(json.dumps(found))
    return 0


def _attempts() -> dict[str, Callable[[], object]]:
    families = ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_CAN", "AF_ALG")
    attempts: dict[str, Callable[[], object]] = {f"socket {name}": partial(_open_socket, name) for name in families}
    return attempts | {
        "journald": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect("/run/systemd/journal/socket"),
        "bus": lambda: socket.socket(socket.AF_UNIX).connect("/run/dbus/system_bus_socket"),
        "4 KiB to the runtime directory": lambda: _write(_LINES / _NAME, 4096),
        "more than that": lambda: _write(_LINES / _NAME, 4097),
        "start a program from there": _start_own_program,
        "memfd": lambda: os.memfd_create("probe"),
        "writable and executable memory": lambda: mmap.mmap(
            -1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
        ),
        "become root": lambda: os.setuid(0),
        "user namespace": lambda: _call("unshare", _CLONE_NEWUSER),
        "mount": lambda: _call("mount", b"none", b"/nowhere", b"tmpfs", 0, None),
        "chroot": lambda: os.chroot("/nowhere"),
        "trace a process": lambda: _call("ptrace", _PTRACE_SEIZE, _NO_PROCESS, None, None),
        "signal process 1": lambda: os.kill(1, 0),
        "personality": lambda: _call("personality", _PERSONALITY_SHORT_INODE),
        "device node": lambda: os.mknod(_LINES / "node", 0o20600, os.makedev(1, 3)),
        "/dev/mem": lambda: os.open("/dev/mem", os.O_RDWR),
        "/dev/kmsg": lambda: os.open("/dev/kmsg", os.O_RDONLY),
    }


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "done"


def _open_socket(family: str) -> None:
    socket.socket(getattr(socket, family), socket.SOCK_DGRAM).close()


def _write(file: Path, size: int) -> None:
    try:
        # Unbuffered, so that the error comes here.
        with file.open("wb", buffering=0) as opened:
            left = size
            while left:
                left -= opened.write(bytes(left))
    finally:
        file.unlink(missing_ok=True)


def _start_own_program() -> None:
    program = _LINES / _NAME
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    try:
        pid = os.posix_spawn(program, [_NAME], {})
        os.waitpid(pid, 0)
    finally:
        program.unlink()


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


def _writable(root: str) -> list[str]:
    """Every folder in which a file could be created; it creates one to find out."""
    found = []
    for folder, below, _ in os.walk(root):
        below[:] = [name for name in below if (folder, name) != ("/", "proc")]
        made = Path(folder) / _NAME
        with suppress(OSError):
            made.touch(exist_ok=False)
            made.unlink()
            found.append(folder)
    return found


def _devices() -> list[str]:
    """Every device node that could be opened for writing."""
    found = []
    for folder, _, names in os.walk("/dev"):
        for path in (Path(folder) / name for name in names):
            with suppress(OSError):
                if path.is_char_device() or path.is_block_device():
                    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY))
                    found.append(str(path))
    return sorted(found)


if __name__ == "__main__":
    sys.exit(main())
