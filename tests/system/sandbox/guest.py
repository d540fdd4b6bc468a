"""The sandbox's checks in a booted container, which `make test-systemd` runs with its own."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

from tests.system.guest import UNIT, events, is_ready, run, shown, wait_for

_PROBE = Path(__file__).with_name("probe.py")
_OWN_LINES = ("ExecStart=", "ExecReload=", "ExecStopPost=", "Type=", "NotifyAccess=", "Watchdog", "Restart")
_USUAL_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts/", "char/", "stdin")
_NOTHING = "0" * 16


def the_sandbox_refuses_what_it_must() -> str:
    """The daemon's unit with another program in it: the same user, files, devices and limits."""
    service = Path(f"/usr/lib/systemd/system/{UNIT}").read_text().split("[Service]\n")[1].split("[Install]\n")[0]
    kept = [line for line in service.splitlines() if not line.startswith(_OWN_LINES)]
    lines = ["[Service]", "Type=oneshot", f"ExecStart=/usr/bin/python3 {_PROBE}", *kept]
    Path("/run/systemd/system/probe.service").write_text("\n".join(lines) + "\n")
    run("systemctl", "daemon-reload")
    subprocess.run(["systemctl", "start", "probe.service"], check=False)
    said = run("journalctl", "-q", "-b", "-u", "probe.service", "-o", "cat")
    assert shown("Result", "probe.service") == "success", said
    found = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    tried = {name: outcome for name, outcome in found.items() if isinstance(outcome, str)}
    through = sorted(name for name, outcome in tried.items() if outcome == "done")
    assert through == ["4 KiB to the runtime directory", "journald"], tried
    assert tried["socket AF_INET"] == tried["socket AF_INET6"] == "EAFNOSUPPORT", tried
    assert tried["more than that"] == "EFBIG", tried
    assert tried["start a program from there"] == "EACCES", tried
    assert found["writable"] == ["/run/binarycop"], found["writable"]
    assert found["networks"] == ["lo"], found["networks"]
    assert found["processes"] == [found["pid"]], found["processes"]
    assert found["status"] == {"CapEff": _NOTHING, "CapBnd": _NOTHING, "NoNewPrivs": "1", "Seccomp": "2"}, found
    devices = _who_holds_devices(found["devices"])
    return f"{len(tried) - len(through)} of {len(tried)} refused; meant to go through: {', '.join(through)}; {devices}"


def the_running_daemon_is_closed_to_its_own_user() -> str:
    """Its limits, and what another process of the user binarycop can read of it; then SIGABRT."""
    wait_for("ready", is_ready)
    pid = shown("MainPID")
    text = Path(f"/proc/{pid}/status").read_text()
    status = dict(line.split(":\t", 1) for line in text.splitlines())
    assert (status["CapEff"], status["NoNewPrivs"], status["Seccomp"]) == (_NOTHING, "1", "2"), status
    limits = Path(f"/proc/{pid}/limits").read_text()
    for name in ("Max file size", "Max core file size"):
        assert re.search(rf"^{name} +0 +0 ", limits, re.MULTILINE), limits
    assert shown("MemorySwapMax") == "0"
    assert not [one for one in events() if one["event"] == "not_sealed"], "it may start no program, either"
    looks = ("mem", "maps", "environ", "fd", "stack", "syscall")
    as_user = ("setpriv", "--reuid=binarycop", "--regid=binarycop", "--clear-groups", "/bin/sh", "-c")
    for name in looks:
        what = f"ls /proc/{pid}/{name}/" if name == "fd" else f"head -c1 /proc/{pid}/{name}"
        said = subprocess.run([*as_user, what], capture_output=True, text=True, check=False)
        assert said.returncode, (name, said.stdout)
        assert "denied" in said.stderr or "not permitted" in said.stderr, said.stderr
    os.kill(int(pid), signal.SIGABRT)
    wait_for("the next one", lambda: shown("MainPID") not in ("0", pid) and is_ready())
    ended = run("journalctl", "-q", "-b", "-u", UNIT, "-o", "cat", "--grep", "status=6/ABRT")
    assert "code=killed" in ended, ended
    return f"{', '.join(looks)} denied to its own user; after SIGABRT no core; it had {status['VmHWM'].strip()} at most"


def _who_holds_devices(opened: list[str]) -> str:
    """DevicePolicy= needs control groups that are ours, which those of version 1 are not in a container."""
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return "devices are not held here (control groups of version 1)"
    allowed = tuple(f"/dev/{name}" for name in _USUAL_DEVICES)
    assert all(one.startswith(allowed) for one in opened), opened
    return "no device but the usual"
