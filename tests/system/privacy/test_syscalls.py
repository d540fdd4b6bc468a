"""Lines of strace are parsed."""

import pytest

from tests.system.privacy.syscalls import parse


@pytest.mark.parametrize(
    ("line", "action"),
    [
        (
            'openat(AT_FDCWD</>, "/etc/x", O_RDONLY|O_CLOEXEC) = 3</etc/x>',
            "open to read /etc/x",
        ),
        (
            'openat(AT_FDCWD</>, "/tmp/x", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</tmp/x>',
            "open to write /tmp/x",
        ),
        ('openat(AT_FDCWD</>, "/tmp/link", O_RDWR) = 3</data/real>', "open to write /data/real"),
        ('openat(AT_FDCWD</>, "/no", O_RDONLY) = -1 ENOENT (No such file or directory)', "open to read /no refused"),
        ('write(1<pipe:[123]>, ""..., 76) = 76', "write pipe"),
        ('write(4</var/tmp/x>, ""..., 76) = 76', "write /var/tmp/x"),
        ('sendto(3<TCP:[10.0.0.1:5->10.0.0.2:80]>, ""..., 9, 0, NULL, 0) = 9', "sendto TCP:[10.0.0.1:5->10.0.0.2:80]"),
        (
            'sendto(3<UNIX-DGRAM:[77]>, ""..., 9, 0, {sa_family=AF_UNIX, sun_path="/run/n"}, 9) = 9',
            "sendto /run/n",
        ),
        (
            'accept4(3<UNIX-STREAM:[7,"/run/b/status"]>, {sa_family=AF_UNIX}, [110 => 2], SOCK_CLOEXEC) = 4<x>',
            "accept4 /run/b/status",
        ),
        (
            'sendto(4<UNIX-STREAM:[73->74,"/run/b/status"]>, ""..., 1818, 0, NULL, 0) = 1818',
            "sendto /run/b/status",
        ),
        ('sendto(4<UNIX-STREAM:[73->74]>, ""..., 18, 0, NULL, 0) = 18', "sendto UNIX-STREAM"),
        (
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3<TCP:[1]>",
            "socket AF_INET, SOCK_STREAM|SOCK_CLOEXEC",
        ),
        ('memfd_create("x", MFD_CLOEXEC) = 3</memfd:x>', "memfd_create x"),
        (
            "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 5</dev/shm/x>, 0) = 0x7f",
            "mmap shared /dev/shm/x written",
        ),
        (
            "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x7f",
            "mmap shared anonymous written",
        ),
        ('rename("/a", "/b") = 0', "rename /a /b"),
        ('execve("/bin/sh", [...], 0x7ff /* 3 vars */) = -1 EPERM (Operation not permitted)', "execve /bin/sh refused"),
        ("clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 7", "thread"),
        ("clone(child_stack=NULL, flags=SIGCHLD) = 7", "process"),
    ],
)
def test_a_line_becomes_a_call_with_its_target(line: str, action: str) -> None:
    assert str(parse(line)) == action


def test_private_memory_is_no_action() -> None:
    assert parse("mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f") is None


def test_a_line_that_strace_does_not_write_is_an_error() -> None:
    with pytest.raises(ValueError, match="not a line of strace"):
        parse("something else")
