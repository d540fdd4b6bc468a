"""The table allows what it lists, and nothing that could carry a picture away."""

from collections import Counter
from pathlib import Path

import pytest

from tests.system.privacy.acts import Act
from tests.system.privacy.rules import judge, rules

WORK, CLIP = Path("/var/tmp/w"), Path("/var/tmp/w/people.avi")


def is_allowed(act: Act) -> bool:
    return not judge(Counter({act: 1}), rules(WORK, CLIP)).unlisted


@pytest.mark.parametrize(
    "act",
    [
        Act("write", "pipe"),
        Act("open to read", "/var/tmp/w/people.avi"),
        Act("open to read", "/usr/lib/python3/x.py", "refused"),
        Act("open to write", "/var/tmp/w/run/.release.new"),
        Act("fchmod", "/var/tmp/w/run/.release.new"),
        Act("open to read", "/var/tmp/w/run"),
        Act("rename", "/var/tmp/w/run/.release.new /var/tmp/w/run/release"),
        Act("sendto", "/var/tmp/w/notify"),
    ],
)
def test_what_the_daemon_needs_is_allowed(act: Act) -> None:
    assert is_allowed(act)


@pytest.mark.parametrize(
    "act",
    [
        Act("open to write", "/tmp/frame.jpg"),
        Act("open to write", "/usr/lib/python3/x.py"),
        Act("open to write", "/dev/shm/x"),
        Act("write", "/var/tmp/w/people.avi"),
        Act("write", "/var/tmp/w/run/other"),
        Act("rename", "/var/tmp/w/run/.release.new /srv/release"),
        Act("socket", "AF_INET, SOCK_STREAM"),
        Act("socket", "AF_UNIX, SOCK_STREAM"),
        Act("connect", "/run/dbus/system_bus_socket"),
        Act("sendto", "/run/other"),
        Act("memfd_create", "x"),
        Act("mmap shared", "anonymous", "written"),
        Act("mmap shared", "/usr/lib/gconv-modules.cache", "written"),
        Act("process", ""),
        Act("execve", "/bin/sh"),
        Act("process_vm_readv", "7"),
        Act("open to read", "/home/somebody/x"),
        Act("open to read", "/proc/1/mem"),
        Act("open to read", "/etc/shadow"),
        Act("open to read", "/var/log/journal/x"),
    ],
)
def test_what_could_carry_a_picture_away_is_not(act: Act) -> None:
    assert not is_allowed(act)


def test_every_act_is_counted_once() -> None:
    acts = Counter({Act("write", "pipe"): 3, Act("memfd_create", "x"): 2})
    verdict = judge(acts, rules(WORK, CLIP))
    assert sum(sum(allowed.values()) for _, allowed in verdict.rows) == 3
    assert verdict.unlisted == Counter({Act("memfd_create", "x"): 2})
