"""The probe must show what is possible: outside the unit it may do what its user may do."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PROBE = Path(__file__).with_name("probe.py")


def probe(folder: Path) -> dict[str, Any]:
    environment = {"RUNTIME_DIRECTORY": str(folder)}
    command = ["timeout", "100", sys.executable, str(PROBE), str(folder)]
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(output)
    return found


def test_without_a_sandbox_the_attempts_succeed(tmp_path: Path) -> None:
    found = probe(tmp_path)
    for name in ("socket AF_INET", "4 KiB to the runtime directory", "more than that", "memfd"):
        assert found[name] == "done", name
    assert found["start a program from there"] == "done"
    assert found["writable and executable memory"] == "done"
    names = (
        "symlink",
        "symlinkat",
        "link",
        "linkat",
        "rename",
        "renameat2",
        "mkdir",
        "mkdirat",
        "rmdir",
        "unlink",
        "fifo",
    )
    for name in (*names, "setxattr", "lsetxattr", "removexattr", "chmod", "chown", "truncate", "utime"):
        assert found[name] == "done", name
    assert found["a socket with a name"] == "done"
    assert found["writable"] == [str(tmp_path)]
    assert found["mount"] in ("ENOENT", "EPERM"), "which depends on who runs the test"
    assert found["trace a process"] == "ESRCH"
    assert "/dev/null" in found["devices"]
    assert found["pid"] in found["processes"]
    assert found["status"]["Seccomp"] == "0"
    assert list(tmp_path.iterdir()) == [], "it must clean up"
