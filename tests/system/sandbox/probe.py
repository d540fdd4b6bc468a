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
import shutil
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

_CLONE_NEWUSER, _PTRACE_SEIZE, _PERSONALITY_SHORT_INODE = 0x10000000, 0x4206, 0x1000000
_NO_PROCESS = 4194304  # one more than the kernel's largest process id
_AT_FDCWD, _RENAME_NOREPLACE = -100, 1
_TEXT = b"x" * 4000  # as much of a picture as one link's target holds
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
    names = {name: partial(_in_folder, attempt) for name, attempt in NAMES.items()}
    return (
        attempts
        | names
        | {
            "journald": partial(_send, "/run/systemd/journal/socket", b"MESSAGE=x\n"),
            "a megabyte in a field of journald": partial(_send, "/run/systemd/journal/socket", b"X=" + bytes(1 << 17)),
            "/dev/log": partial(_send, "/dev/log", b"<6>x"),
            "journald's socket for output": partial(_connect, "/run/systemd/journal/stdout"),
            "systemd-resolved": partial(_connect, "/run/systemd/resolve/io.systemd.Resolve"),
            "snapd": partial(_connect, "/run/snapd.socket"),
            "journal's writer": partial(_send, "/run/binarycop-journal/socket", b"event=none"),
            "bus": partial(_connect, "/run/dbus/system_bus_socket"),
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
            "/dev/mem": lambda: os.open("/dev/mem", os.O_RDWR),
            "/dev/kmsg": lambda: os.open("/dev/kmsg", os.O_RDONLY),
        }
    )


NAMES: dict[str, Callable[[Path], object]] = {
    "symlink": lambda at: os.symlink(_TEXT, at / "made"),
    "symlinkat": lambda at: _call("symlinkat", _TEXT, _AT_FDCWD, bytes(at / "made")),
    "link": lambda at: os.link(at / "there", at / "made"),
    "linkat": lambda at: _call("linkat", _AT_FDCWD, bytes(at / "there"), _AT_FDCWD, bytes(at / "made"), 0),
    "rename": lambda at: os.rename(at / "there", at / "made"),
    "renameat2": lambda at: _call(
        "renameat2", _AT_FDCWD, bytes(at / "there"), _AT_FDCWD, bytes(at / "made"), _RENAME_NOREPLACE
    ),
    "mkdir": lambda at: os.mkdir(at / "made"),
    "mkdirat": lambda at: _call("mkdirat", _AT_FDCWD, bytes(at / "made"), 0o700),
    "rmdir": lambda at: os.rmdir(at / "folder"),
    "unlink": lambda at: os.unlink(at / "there"),
    "fifo": lambda at: os.mkfifo(at / "made"),
    "device node": lambda at: os.mknod(at / "made", 0o20600, os.makedev(1, 3)),
    "setxattr": lambda at: os.setxattr(at / "there", "user.x", _TEXT[:3000]),
    "lsetxattr": lambda at: os.setxattr(at / "there", "user.x", _TEXT[:3000], follow_symlinks=False),
    "removexattr": lambda at: os.removexattr(at / "there", "user.was"),
    "chmod": lambda at: os.chmod(at / "there", 0o123),
    "chown": lambda at: os.chown(at / "there", -1, -1),
    "truncate": lambda at: os.truncate(at / "there", 0),
    "utime": lambda at: os.utime(at / "there", (1, 1)),
    "a socket with a name": lambda at: socket.socket(socket.AF_UNIX).bind(str(at / "made")),
}
"""Each makes, changes or removes something that has a name: names, links' targets and attributes hold text."""


def _in_folder(attempt: Callable[[Path], object]) -> None:
    """Try it in the folder that is writable, if any is, and clean up."""
    at = _LINES / "probe"
    with suppress(OSError):
        at.mkdir()
        (at / "folder").mkdir()
        (at / "there").touch()
        os.setxattr(at / "there", "user.was", b"x")
    try:
        attempt(at)
    finally:
        shutil.rmtree(at, ignore_errors=True)


def _connect(address: str) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.connect(address)


def _send(address: str, data: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(data, address)


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
