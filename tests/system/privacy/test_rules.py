"""The table allows what it lists, and nothing that could carry a picture away."""

from collections import Counter
from pathlib import Path

import pytest

from tests.system.privacy.rules import check, rules
from tests.system.privacy.syscalls import Action

WORK, CLIP = Path("/var/tmp/w"), Path("/var/tmp/w/people.avi")


def is_allowed(action: Action) -> bool:
    return not check(Counter({action: 1}), rules(WORK, CLIP)).unlisted


@pytest.mark.parametrize(
    "action",
    [
        Action("write", "pipe"),
        Action("open to read", "/var/tmp/w/people.avi"),
        Action("open to read", "/usr/lib/python3/x.py", "refused"),
        Action("open to read", "/var/tmp/w/run/release"),
        Action("sendto", "/var/tmp/w/notify"),
        Action("sendto", "/var/tmp/w/journal/socket"),
        Action("accept4", "/var/tmp/w/status"),
        Action("sendto", "/var/tmp/w/status"),
        Action("open to write", "/dev/null"),
        Action("write", "/dev/null<char 1:3>"),
    ],
)
def test_what_the_daemon_needs_is_allowed(action: Action) -> None:
    assert is_allowed(action)


@pytest.mark.parametrize(
    "action",
    [
        Action("open to write", "/tmp/frame.jpg"),
        Action("open to write", "/usr/lib/python3/x.py"),
        Action("open to write", "/dev/shm/x"),
        Action("write", "/var/tmp/w/people.avi"),
        Action("write", "/var/tmp/w/run/other"),
        Action("open to write", "/var/tmp/w/run/release"),
        Action("open to write", "/var/tmp/w/run/.release.new"),
        Action("rename", "/var/tmp/w/run/.release.new /var/tmp/w/run/release"),
        Action("rename", "/var/tmp/w/run/.release.new /srv/release"),
        Action("socket", "AF_INET, SOCK_STREAM"),
        Action("socket", "AF_UNIX, SOCK_STREAM"),
        Action("connect", "/run/dbus/system_bus_socket"),
        Action("accept4", "/run/other"),
        Action("sendmsg", "/var/tmp/w/status"),
        Action("bind", "/var/tmp/w/status"),
        Action("sendto", "/run/other"),
        Action("sendto", "/run/systemd/journal/socket"),
        Action("sendto", "/var/tmp/w/journal/journald"),
        Action("sendto", "/dev/log"),
        Action("connect", "/run/systemd/journal/stdout"),
        Action("symlink", "x /var/tmp/w/run/x"),
        Action("symlink", "x /var/tmp/w/run/x", "refused"),
        Action("setxattr", "/var/tmp/w/run/release user.x x"),
        Action("mkdir", "/var/tmp/w/run/x"),
        Action("bind", "/var/tmp/w/run/x"),
        Action("memfd_create", "x"),
        Action("mmap shared", "anonymous", "written"),
        Action("mmap shared", "/usr/lib/gconv-modules.cache", "written"),
        Action("process", ""),
        Action("execve", "/bin/sh"),
        Action("process_vm_readv", "7"),
        Action("open to read", "/home/somebody/x"),
        Action("open to read", "/proc/1/mem"),
        Action("open to read", "/etc/shadow"),
        Action("open to read", "/var/log/journal/x"),
    ],
)
def test_what_could_carry_a_picture_away_is_not(action: Action) -> None:
    assert not is_allowed(action)


def test_every_act_is_counted_once() -> None:
    actions = Counter({Action("write", "pipe"): 3, Action("memfd_create", "x"): 2})
    result = check(actions, rules(WORK, CLIP))
    assert sum(sum(allowed.values()) for _, allowed in result.rows) == 3
    assert result.unlisted == Counter({Action("memfd_create", "x"): 2})
