"""Checks of the sandbox in a booted container; `make test-systemd` runs them."""

import json
import os
import re
import signal
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any

from tests.system.guest import UNIT, events, is_ready, logged, message_ids, run, shown, wait_for
from tests.system.sandbox.probe import NAMES

_PROBE, _FLOOD = (Path(__file__).with_name(name) for name in ("probe.py", "flood.py"))
WRITER = "binarycop-journal.service"
_FLOOD_S = 10
# The limits of binarycop/journal/journal_writer.py.
_UNITS, _UNITS_PER_S, _TEXT_BYTES, _TEXT_BYTES_PER_S = 2000, 40.0, 2048, 4.0
_LEAST_UNITS = 6  # of one entry
# Sockets= would start the daemon beside the program, since its socket is bound to it.
_OWN_LINES = ("ExecStart=", "ExecReload=", "ExecStopPost=", "Type=", "NotifyAccess=", "Watchdog", "Restart", "Sockets=")
_USUAL_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts/", "char/", "stdin")
_NOTHING = "0" * 16


def the_sandbox_refuses_what_it_must() -> str:
    """Run the probe in the daemon's unit: with the same user, files, devices and limits."""
    with ExitStack() as opened:
        for path in (Path("/run/systemd/resolve/io.systemd.Resolve"), Path("/run/snapd.socket")):
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True)
            listening = opened.enter_context(socket.socket(socket.AF_UNIX))
            listening.bind(str(path))
            listening.listen()
            path.chmod(0o666)
        found = _run_in_the_daemons_unit("probe", str(_PROBE))
    tried = {name: outcome for name, outcome in found.items() if isinstance(outcome, str)}
    allowed = sorted(name for name, outcome in tried.items() if outcome == "done")
    assert allowed == ["journal's writer"], tried
    assert {tried[name] for name in NAMES} == {"EPERM"}, tried
    journald = {name: outcome for name, outcome in tried.items() if "journald" in name or name == "/dev/log"}
    assert len(journald) == 4, journald
    assert set(journald.values()) <= {"EACCES", "ENOENT", "ENOTDIR"}, journald
    assert tried["systemd-resolved"] == tried["snapd"] == "EACCES", tried
    assert tried["socket AF_INET"] == tried["socket AF_INET6"] == "EAFNOSUPPORT", tried
    denied = {tried[name] for name in ("4 KiB to the runtime directory", "start a program from there")}
    assert denied <= {"EACCES", "EPERM"}, tried
    assert found["writable"] == [], found["writable"]
    assert found["networks"] == ["lo"], found["networks"]
    assert found["processes"] == [found["pid"]], found["processes"]
    assert found["status"] == {"CapEff": _NOTHING, "CapBnd": _NOTHING, "NoNewPrivs": "1", "Seccomp": "2"}, found
    devices = _check_devices(found["devices"])
    return f"{len(tried) - len(allowed)} of {len(tried)} refused; allowed on purpose: {', '.join(allowed)}; {devices}"


def a_daemon_that_was_taken_over_gets_little_into_the_journal() -> str:
    """It sends a random picture as fast as it can for a while: what comes through is within the writer's limits."""
    run("systemctl", "stop", UNIT)
    try:
        return _flood()
    finally:
        # The next checks need the daemon, whatever this one finds.
        run("systemctl", "start", UNIT)
        wait_for("the gate", is_ready)


def _flood() -> str:
    run("systemctl", "restart", WRITER)
    begun, begun_s, pid = time(), monotonic(), shown("MainPID", WRITER)
    cpu_s = _cpu_s(pid)
    taken = _run_in_the_daemons_unit("flood", f"{_FLOOD} {_FLOOD_S}")
    cpu_s = _cpu_s(pid) - cpu_s
    peak = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())["VmHWM"].strip()
    # Its end tells what it left out since its last report.
    run("systemctl", "restart", WRITER)
    took_s = monotonic() - begun_s
    written = [
        one
        for one in entries_since(begun)
        # The writer before says at its end what it left out, and journald may take a while for that.
        if one.get("_SYSTEMD_UNIT") == WRITER
        and one.get("_PID") == pid
        and one.get("BINARYCOP_EVENT") in ("fault", "verdict", "unwritten")
    ]
    texts = [one["BINARYCOP_REASON"] for one in written if one["BINARYCOP_EVENT"] == "fault"]
    text_bytes = sum(len(text) for text in texts if text != "(left out)")
    decided = [one for one in written if one["BINARYCOP_EVENT"] != "unwritten"]
    told = sum(
        int(one["BINARYCOP_COUNT"])
        for one in written
        if one["BINARYCOP_EVENT"] == "unwritten" and not one["BINARYCOP_WHY"].startswith("texts")
    )
    assert 0.5 * _TEXT_BYTES < text_bytes <= _TEXT_BYTES + _TEXT_BYTES_PER_S * took_s, (text_bytes, len(written), taken)
    assert 20 < len(decided) <= (_UNITS + _UNITS_PER_S * took_s) / _LEAST_UNITS, len(decided)
    sent = sum(int(number) for name, number in taken.items() if isinstance(number, int))
    assert len(decided) + told == sent, (len(decided), told, taken)
    others = [one for one in entries_since(begun) if len(str(one)) > 4000]
    assert others == [], others
    each_us = cpu_s / sent * 1e6
    return (
        f"in {took_s:.0f} s the socket took {sent} datagrams ({taken}); written: {len(decided)} entries, "
        f"{text_bytes} bytes of text; {told} told as left out; the writer: {peak} at most, {each_us:.0f} µs a datagram"
    )


def what_others_write_into_the_journal_is_not_taken_for_the_gates() -> str:
    """nobody writes a permission with every field, and a line with escape sequences."""
    wait_for("ready", is_ready)
    [permit_id] = [message_id for name, message_id in message_ids() if name == "permit"]
    forged = {
        "MESSAGE": "gate: person 99: permission given\x1b[2K", "MESSAGE_ID": permit_id, "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "binarycop", "BINARYCOP_EVENT": "permit", "BINARYCOP_GATE": "gate",
        "BINARYCOP_PERSON": "99", "BINARYCOP_CLASS": "correct", "UNIT": WRITER, "BINARYCOP_TRUSTED": "true",
        "_SYSTEMD_UNIT": WRITER, "_UID": "0",
    }  # fmt: skip
    text = "".join(f"{name}={value}\n" for name, value in forged.items())
    as_nobody = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
    subprocess.run([*as_nobody, "logger", "--journald"], input=text, text=True, check=True)
    wait_for("the forged entry", lambda: [one for one in logged("permit") if one.get("BINARYCOP_PERSON") == "99"])
    assert not [one for one in events() if one.get("person") == 99]
    plain = subprocess.run(["binarycop", "events"], capture_output=True, text=True, check=True)
    assert "person 99:" not in plain.stdout
    assert re.search(r"binarycop: entries of other programs that are left out: \d+", plain.stderr), plain.stderr
    [shown_one] = [one for one in events("--untrusted") if one.get("person") == 99]
    assert shown_one["trusted"] is False, shown_one
    marked = run("binarycop", "events", "--untrusted")
    [line] = [line for line in marked.splitlines() if "person 99:" in line]
    assert "NOT FROM THE GATE" in line, line
    assert line.isprintable(), line
    assert all(one["trusted"] for one in events()), "the gate's own"
    return f"{plain.stderr.strip()}; shown with a mark: {line}"


def a_writer_that_is_killed_or_stopped_does_not_stop_the_gate() -> str:
    wait_for("ready", is_ready)
    pid, restarts, begun = shown("MainPID"), shown("NRestarts"), time()
    count = len(logged("reloaded"))
    os.kill(int(shown("MainPID", WRITER)), signal.SIGKILL)
    run("systemctl", "reload", UNIT)
    wait_for("the entry, from the next writer", lambda: len(logged("reloaded")) > count)
    os.kill(int(shown("MainPID", WRITER)), signal.SIGSTOP)
    stopped_s = monotonic()
    run("systemctl", "reload", UNIT)
    wait_for("the next writer", lambda: len(logged("reloaded")) > count + 1, 90)
    took_s = monotonic() - stopped_s
    sleep(1)
    assert (shown("MainPID"), shown("NRestarts")) == (pid, restarts)
    assert is_ready()
    assert not [one for one in entries_since(begun) if one.get("BINARYCOP_EVENT") == "unwritten"], "nothing was lost"
    return f"killed: the entry waited for the next one; stopped: its watchdog ended it, entry after {took_s:.0f} s"


def the_daemons_output_is_closed() -> str:
    """After its first frame it has two sockets: to the writer, and for those who ask. None leads to journald."""
    wait_for("ready", is_ready)
    folder = Path(f"/proc/{shown('MainPID')}/fd")
    opened = {path.name: os.readlink(path) for path in folder.iterdir()}
    assert opened["1"] == opened["2"] == "/dev/null", opened
    # systemd has made this one, in the network namespace that the checks see, too.
    table = Path("/proc/net/unix").read_text()
    status = {f"socket:[{inode}]" for inode in re.findall(r" (\d+) /run/binarycop/status$", table, re.MULTILINE)}
    sockets = [target for target in opened.values() if target.startswith("socket:")]
    assert len(sockets) == 2, opened
    assert len(status.intersection(sockets)) == 1, (opened, status)
    return "standard output and error are /dev/null; the sockets are the writer's, and the one on which it is asked"


def entries_since(begun: float) -> list[dict[str, Any]]:
    """All entries of the journal since then."""
    output = run("journalctl", "-q", "-o", "json", "-a", f"--since=@{begun:.0f}")
    return [json.loads(line) for line in output.splitlines()]


def _run_in_the_daemons_unit(name: str, program: str) -> dict[str, Any]:
    """Run a Python program with the user, files, devices and limits of the daemon; returns what it prints as JSON."""
    service = Path(f"/usr/lib/systemd/system/{UNIT}").read_text().split("[Service]\n")[1].split("[Install]\n")[0]
    kept = [line for line in service.splitlines() if not line.startswith(_OWN_LINES)]
    lines = ["[Service]", "Type=oneshot", f"ExecStart=/usr/bin/python3 {program}", *kept]
    Path(f"/run/systemd/system/{name}.service").write_text("\n".join(lines) + "\n")
    run("systemctl", "daemon-reload")
    subprocess.run(["systemctl", "start", f"{name}.service"], check=False)
    output = run("journalctl", "-q", "-b", "-u", f"{name}.service", "-o", "cat")
    assert shown("Result", f"{name}.service") == "success", output
    found: dict[str, Any] = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    return found


def _cpu_s(pid: str) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


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
