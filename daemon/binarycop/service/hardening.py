"""What the daemon forbids itself, in addition to its unit's sandbox: dumps, tracing, new programs, writing to files.

Python has no functions for these system calls, so they are made by number. The unit's own filter (systemd.exec(5))
cannot forbid execve, since systemd itself needs it to start the daemon. ``seccomp.py`` has the filter.
"""

import ctypes
import errno
import os
import resource
import sys
from collections.abc import Callable

from binarycop.service.seccomp import SYSCALL_NUMBERS, seccomp_filter

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38  # linux/prctl.h
_SET_MODE_FILTER, _FILTER_TSYNC = 1, 1  # linux/seccomp.h


class _Instruction(ctypes.Structure):
    """struct sock_filter."""

    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32))


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def forbid_dumps() -> None:
    """Forbid core dumps, and tracing by other processes of the same user. Raises OSError.

    The limit alone is not enough: it does not apply to a program that core dumps are piped to (core(5)).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _call(_libc().prctl, _PR_SET_DUMPABLE, 0, 0, 0, 0)


def forbid_writing() -> None:
    """Forbid to write to files and to shared memory, also to those of other users."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def close_output() -> None:
    """Point standard output and standard error to /dev/null.

    They are sockets of journald, which accepts lines of any length on them at any rate. The daemon's unit hides
    journald's other sockets, and a socket cannot be opened again through /proc. So after this the daemon has none.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def forbid_calls(machine: str | None = None) -> None:
    """Forbid all threads of this process to start programs, and to create or change file names. This cannot be undone.

    machine: as in ``uname -m``; None is this one. Raises OSError if the kernel has no seccomp filters, or if the
    machine is not in ``SYSCALL_NUMBERS``.
    """
    numbers = SYSCALL_NUMBERS.get(machine or os.uname().machine)
    if numbers is None:
        raise OSError(errno.ENOSYS, "the system call numbers of this machine are not known")
    steps = seccomp_filter(numbers)
    instructions = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    libc = _libc()
    _call(libc.prctl, _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    program = _Program(len(instructions), instructions)
    # TSYNC applies it to all threads, including those that a library has started already.
    _call(libc.syscall, numbers.seccomp, _SET_MODE_FILTER, _FILTER_TSYNC, ctypes.byref(program))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(function: Callable[..., int], *arguments: object) -> None:
    # prctl(2) and syscall(2) are variadic and take numbers as longs.
    longs = (ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments)
    if function(*longs):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
