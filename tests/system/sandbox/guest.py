"""Checks of the sandbox in a booted container; `make test-systemd` runs them."""

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
    """Run the probe in the daemon's unit: with the same user, files, devices and limits."""
    service = Path(f"/usr/lib/systemd/system/{UNIT}").read_text().split("[Service]\n")[1].split("[Install]\n")[0]
    kept = [line for line in service.splitlines() if not line.startswith(_OWN_LINES)]
    lines = ["[Service]", "Type=oneshot", f"ExecStart=/usr/bin/python3 {_PROBE}", *kept]
    Path("/run/systemd/system/probe.service").write_text("\n".join(lines) + "\n")
    run("systemctl", "daemon-reload")
    subprocess.run(["systemctl", "start", "probe.service"], check=False)
    output = run("journalctl", "-q", "-b", "-u", "probe.service", "-o", "cat")
    assert shown("Result", "probe.service") == "success", output
    found = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    tried = {name: outcome for name, outcome in found.items() if isinstance(outcome, str)}
    allowed = sorted(name for name, outcome in tried.items() if outcome == "done")
    assert allowed == ["journald"], tried
    assert tried["socket AF_INET"] == tried["socket AF_INET6"] == "EAFNOSUPPORT", tried
    assert tried["4 KiB to the runtime directory"] == tried["start a program from there"] == "EACCES", tried
    assert found["writable"] == [], found["writable"]
    assert found["networks"] == ["lo"], found["networks"]
    assert found["processes"] == [found["pid"]], found["processes"]
    assert found["status"] == {"CapEff": _NOTHING, "CapBnd": _NOTHING, "NoNewPrivs": "1", "Seccomp": "2"}, found
    devices = _check_devices(found["devices"])
    return f"{len(tried) - len(allowed)} of {len(tried)} refused; allowed on purpose: {', '.join(allowed)}; {devices}"


def the_running_daemon_is_closed_to_its_own_user() -> str:
    """Check its limits, what another process of its user can read of it, and that SIGABRT leaves no core dump."""
    wait_for("ready", is_ready)
    pid = shown("MainPID")
    text = Path(f"/proc/{pid}/status").read_text()
    status = dict(line.split(":\t", 1) for line in text.splitlines())
    assert (status["CapEff"], status["NoNewPrivs"], status["Seccomp"]) == (_NOTHING, "1", "2"), status
    limits = Path(f"/proc/{pid}/limits").read_text()
    for name in ("Max file size", "Max core file size"):
        assert re.search(rf"^{name} +0 +0 ", limits, re.MULTILINE), limits
    assert shown("MemorySwapMax") == "0"
    assert not [event for event in events() if event["event"] == "not_sealed"], "it must not be able to start programs"
    looks = ("mem", "maps", "environ", "fd", "stack", "syscall")
    as_user = ("setpriv", "--reuid=binarycop", "--regid=binarycop", "--clear-groups", "/bin/sh", "-c")
    for name in looks:
        what = f"ls /proc/{pid}/{name}/" if name == "fd" else f"head -c1 /proc/{pid}/{name}"
        done = subprocess.run([*as_user, what], capture_output=True, text=True, check=False)
        assert done.returncode, (name, done.stdout)
        assert "denied" in done.stderr or "not permitted" in done.stderr, done.stderr
    os.kill(int(pid), signal.SIGABRT)
    wait_for("the next one", lambda: shown("MainPID") not in ("0", pid) and is_ready())
    ended = run("journalctl", "-q", "-b", "-u", UNIT, "-o", "cat", "--grep", "status=6/ABRT")
    assert "code=killed" in ended, ended
    peak = status["VmHWM"].strip()
    return f"{', '.join(looks)} denied to its own user; no core dump after SIGABRT; peak memory {peak}"


def _check_devices(opened: list[str]) -> str:
    """DevicePolicy= needs control groups of version 2; those of version 1 do not work in a container."""
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return "devices are not limited here (control groups of version 1)"
    usual = tuple(f"/dev/{name}" for name in _USUAL_DEVICES)
    assert all(device.startswith(usual) for device in opened), opened
    return "only the usual devices"
