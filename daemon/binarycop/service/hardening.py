"""What the daemon forbids itself, beyond what its unit does: to be dumped, to be traced, to start a program, to write.

Calls of Linux by number, since Python has none for them; the unit's own filter (systemd.exec(5)) cannot forbid execve,
as systemd itself needs it to start the daemon.
"""

import ctypes
import errno
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38  # linux/prctl.h
_SET_MODE_FILTER, _FILTER_TSYNC = 1, 1  # linux/seccomp.h
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h: BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
_NUMBER_AT, _MACHINE_AT = 0, 4  # linux/seccomp.h: struct seccomp_data
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM


@dataclass(frozen=True)
class SyscallNumbers:
    """audit: its AUDIT_ARCH (linux/audit.h); the others are its numbers of the system calls."""

    audit: int
    execve: int
    execveat: int
    seccomp: int


SYSCALL_NUMBERS = {
    "x86_64": SyscallNumbers(0xC000003E, 59, 322, 317),
    "armv7l": SyscallNumbers(0x40000028, 11, 387, 383),
    "aarch64": SyscallNumbers(0xC00000B7, 221, 281, 277),
}


class _Step(ctypes.Structure):
    """struct sock_filter."""

    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32))


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def forbid_dumps() -> None:
    """No core dump, not even to a handler (core(5): RLIMIT_CORE does not bind one), and no tracing by the same user.

    Raises OSError.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _call(_libc().prctl, _PR_SET_DUMPABLE, 0, 0, 0, 0)


def forbid_writing() -> None:
    """No file may grow any more, whoever owns it, nor shared memory."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def forbid_programs(machine: str | None = None) -> None:
    """No thread of this process may start a program any more; cannot be taken back.

    Raises OSError where the kernel has no seccomp filters, or the machine's numbers are not known here.
    """
    numbers = SYSCALL_NUMBERS.get(machine or os.uname().machine)
    if numbers is None:
        raise OSError(errno.ENOSYS, "the numbers of this machine's system calls are not known here")
    plan = seccomp_filter(numbers)
    steps = (_Step * len(plan))(*(_Step(*step) for step in plan))
    libc = _libc()
    _call(libc.prctl, _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    whole = _Program(len(steps), steps)
    # With the flag for all threads, since OpenBLAS and OpenCV have theirs already.
    _call(libc.syscall, numbers.seccomp, _SET_MODE_FILTER, _FILTER_TSYNC, ctypes.byref(whole))


def seccomp_filter(machine: SyscallNumbers) -> list[tuple[int, int, int, int]]:
    """The filter, as code, steps to skip if true, if false, and value (linux/filter.h)."""
    return [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IF_EQUAL, 0, 3, machine.audit),  # another machine's call is refused, too
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_EQUAL, 1, 0, machine.execve),
        (_IF_EQUAL, 0, 1, machine.execveat),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(function: Callable[..., int], *arguments: object) -> None:
    # Numbers go as longs: prctl(2) and syscall(2) take variable arguments of that width.
    if function(*(ctypes.c_long(one) if isinstance(one, int) else one for one in arguments)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
