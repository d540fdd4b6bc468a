"""The daemon's own filter of system calls: which ones it refuses, and the filter's instructions.

Once it runs, the daemon can start no program, and cannot create, rename, link or label anything: a name, a link's
target or an attribute can hold text as a file does (symlink(7), xattr(7)), and the limit on file sizes has no effect
there.

libseccomp would do the same, but a board's image may not have it. The numbers are those of Linux's system call tables;
a test compares them with libseccomp's.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass

_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_LEAST, _JUMP_IF_ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
_NUMBER_OFFSET, _ARCH_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16  # linux/seccomp.h: struct seccomp_data, 64 bits an argument
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_X32 = 0x40000000  # x86_64 has its calls once more from here on, for the same AUDIT_ARCH
_MAKES_FILE = 0o100 | 0o20000000  # O_CREAT, and the bit of O_TMPFILE that O_DIRECTORY does not have


@dataclass(frozen=True)
class SyscallNumbers:
    """One machine's system calls.

    audit_arch: its AUDIT_ARCH (linux/audit.h). seccomp: the number of that call. refused: the calls that the filter
    refuses. opens: calls that are refused if they make a file, with the index of the argument that has the flags.
    """

    audit_arch: int
    seccomp: int
    refused: Mapping[str, int]
    opens: Mapping[str, tuple[int, int]]


# The same on every machine. io_uring makes calls that no filter sees.
_SAME = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "openat2": 437, "memfd_secret": 447,
    "fchmodat2": 452, "setxattrat": 463, "removexattrat": 466, "file_setattr": 469,
}  # fmt: skip

SYSCALL_NUMBERS = {
    "x86_64": SyscallNumbers(
        0xC000003E,
        317,
        {
            "execve": 59, "execveat": 322, "symlink": 88, "symlinkat": 266, "link": 86, "linkat": 265, "rename": 82,
            "renameat": 264, "renameat2": 316, "mkdir": 83, "mkdirat": 258, "mknod": 133, "mknodat": 259, "creat": 85,
            "unlink": 87, "unlinkat": 263, "rmdir": 84, "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190,
            "removexattr": 197, "lremovexattr": 198, "fremovexattr": 199, "chmod": 90, "fchmod": 91, "fchmodat": 268,
            "chown": 92, "fchown": 93, "lchown": 94, "fchownat": 260, "truncate": 76, "ftruncate": 77,
            "fallocate": 285, "copy_file_range": 326, "utime": 132, "utimes": 235, "futimesat": 261, "utimensat": 280,
            "memfd_create": 319, "bind": 49, "add_key": 248, "request_key": 249, "keyctl": 250, **_SAME,
        },
        {"open": (2, 1), "openat": (257, 2)},
    ),
    "armv7l": SyscallNumbers(
        0x40000028,
        383,
        {
            "execve": 11, "execveat": 387, "symlink": 83, "symlinkat": 331, "link": 9, "linkat": 330, "rename": 38,
            "renameat": 329, "renameat2": 382, "mkdir": 39, "mkdirat": 323, "mknod": 14, "mknodat": 324, "creat": 8,
            "unlink": 10, "unlinkat": 328, "rmdir": 40, "setxattr": 226, "lsetxattr": 227, "fsetxattr": 228,
            "removexattr": 235, "lremovexattr": 236, "fremovexattr": 237, "chmod": 15, "fchmod": 94, "fchmodat": 333,
            "chown": 182, "fchown": 95, "lchown": 16, "fchownat": 325, "chown32": 212, "fchown32": 207,
            "lchown32": 198, "truncate": 92, "ftruncate": 93, "truncate64": 193, "ftruncate64": 194, "fallocate": 352,
            "copy_file_range": 391, "utimes": 269, "futimesat": 326, "utimensat": 348, "utimensat_time64": 412,
            "memfd_create": 385, "bind": 282, "add_key": 309, "request_key": 310, "keyctl": 311, **_SAME,
        },
        {"open": (5, 1), "openat": (322, 2)},
    ),
    "aarch64": SyscallNumbers(
        0xC00000B7,
        277,
        {
            "execve": 221, "execveat": 281, "symlinkat": 36, "linkat": 37, "renameat": 38, "renameat2": 276,
            "mkdirat": 34, "mknodat": 33, "unlinkat": 35, "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7,
            "removexattr": 14, "lremovexattr": 15, "fremovexattr": 16, "fchmod": 52, "fchmodat": 53, "fchown": 55,
            "fchownat": 54, "truncate": 45, "ftruncate": 46, "fallocate": 47, "copy_file_range": 285, "utimensat": 88,
            "memfd_create": 279, "bind": 200, "add_key": 217, "request_key": 218, "keyctl": 219, **_SAME,
        },
        {"openat": (56, 2)},
    ),
}  # fmt: skip


def seccomp_filter(numbers: SyscallNumbers) -> list[tuple[int, int, int, int]]:
    """The filter's instructions: code, jump if true, jump if false, value (linux/filter.h)."""
    refused = sorted({*numbers.refused.values()})
    # Jumps count the instructions that they skip; the last one refuses.
    count = 4 + len(refused) + 4 * len(numbers.opens) + 2
    steps: list[tuple[int, int, int, int]] = [(_LOAD, 0, 0, _ARCH_OFFSET)]

    def to_refuse() -> int:
        return count - len(steps) - 2

    steps.append((_JUMP_IF_EQUAL, 0, to_refuse(), numbers.audit_arch))  # a call of another architecture
    steps.append((_LOAD, 0, 0, _NUMBER_OFFSET))
    steps.append((_JUMP_IF_LEAST, to_refuse(), 0, _X32))
    for number in refused:
        steps.append((_JUMP_IF_EQUAL, to_refuse(), 0, number))
    for number, argument in numbers.opens.values():
        steps.append((_JUMP_IF_EQUAL, 0, 3, number))
        steps.append((_LOAD, 0, 0, _ARGUMENTS_OFFSET + 8 * argument))  # the lower half: all machines are little-endian
        steps.append((_JUMP_IF_ANY, to_refuse(), 0, _MAKES_FILE))
        steps.append((_RETURN, 0, 0, _ALLOW))
    steps.append((_RETURN, 0, 0, _ALLOW))
    steps.append((_RETURN, 0, 0, _REFUSE))
    return steps
