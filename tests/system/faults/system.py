"""Faults around the daemon: signals, journal, settings, clock, memory, processor and service manager."""

import os
import re
import resource
import signal
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from time import monotonic, sleep, time

from binarycop.journal.events import Event
from binarycop.journal.fields import LossReason
from tests.system.faults.fake_camera import Scene
from tests.system.faults.fault_row import QUIET_S, FaultResult, FaultRow, check_no_permission, restart, stop_and_count
from tests.system.faults.gate_process import PATIENCE_S, CheckFailed, GateProcess

_DAY_S = 86_400
_PULSE_S = 2.0
_BROKEN = "gate: {pulse_s: 30}\n"
_PILE = ["x0: &a0 [1, 2]", *(f"x{level}: &a{level} [*a{level - 1}, *a{level - 1}]" for level in range(1, 31))]
_MOST_MEMORY_KB = 32 * 1024  # that a reload of wrong settings may take
_HANG_S = 2


def _terminated(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        gate.signal(signal.SIGTERM)
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        code = gate.wait_for_exit()
        if code:
            raise CheckFailed(f"the exit code is {code}")
        gate.wait_for_event(Event.STOPPED, at_s)
        back_s = restart(gate)
        return FaultResult(
            "switches the relay off, ends with exit code 0",
            relay_off_s,
            Event.STOPPED,
            "a start",
            back_s,
            stop_and_count(gate),
        )


def _killed(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        gate.kill()
        sleep(QUIET_S)
        if gate.relay_since(at_s):
            raise CheckFailed("something else than gate-release switched the relay off, so this proves nothing")
        # systemd starts it at once; tests/system/systemd tests that.
        begun_s = monotonic()
        gate.run_gate_release()
        relay_off_s = gate.relay_off_after(begun_s, limit_s)
        back_s = restart(gate)
        return FaultResult(
            "the line keeps its level; gate-release switches the relay off",
            relay_off_s,
            "systemd: killed, signal KILL",
            "Restart=",
            back_s,
            stop_and_count(gate),
        )


def _disk_full(work: Path, limit_s: float) -> FaultResult:
    gate = GateProcess(work, starts_ready=False)
    _system("mount", "-t", "tmpfs", "-o", "size=4k,mode=0755", "none", str(gate.run_folder))
    try:
        (gate.run_folder / "other").write_bytes(bytes(4096))
        with gate:
            code = gate.wait_for_exit()
            if code != 6 or "No space left" not in gate.list_problem or "cannot be read" not in gate.last_line():
                raise CheckFailed(f"the exit code is {code}: {gate.list_problem}; {gate.last_line()}")
            message = gate.list_problem.replace(str(gate.run_folder), "/run/binarycop")
            (gate.run_folder / "other").unlink()
            at_s = monotonic()
            gate.start()
            back_s = gate.wait_for_next_permit(at_s) - at_s
            counts = stop_and_count(gate)
        return FaultResult(
            "opens no line that gate-release could not switch off later; exit code 6",
            None,
            message,
            "Restart=, once there is space",
            back_s,
            counts,
        )
    finally:
        _system("umount", str(gate.run_folder))


def _killed_then_broken(work: Path, limit_s: float) -> FaultResult:
    """Exit code 3, after which there is no restart: the list of the last good settings must still be there."""
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        gate.kill()
        gate.write_settings({"gate": {"pulse_s": 30}})
        gate.start(waits=False)
        code = gate.wait_for_exit()
        if code != 3 or not gate.list_problem or not gate.chip.level("gate-relay"):
            raise CheckFailed(f"the exit code is {code}, the list: {gate.list_problem!r}; or the relay is off already")
        message = gate.last_line().replace(str(work), "/etc/binarycop")
        at_s = monotonic()
        gate.run_gate_release()
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        gate.write_settings({})
        back_s = restart(gate)
        return FaultResult(
            "exit code 3; gate-release has the list of the last good settings, and switches the relay off",
            relay_off_s,
            message,
            "correct settings, and a start",
            back_s,
            stop_and_count(gate),
        )


def _other_list(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        gate.signal(signal.SIGTERM)
        gate.wait_for_exit()
        at_s = monotonic()
        list_before = gate.relay_off_list.read_bytes()
        gate.write_settings({"lines": {"permission": {"pin": "gate-relay", "active_high": False}}})
        gate.start(waits=False, writes_list=False)
        code = gate.wait_for_exit()
        if code != 6 or gate.relay_off_list.read_bytes() != list_before:
            raise CheckFailed(f"the exit code is {code}: {gate.last_line()}")
        check_no_permission(gate, at_s)
        message = gate.last_line().replace(str(gate.run_folder), "/run/binarycop")
        gate.write_settings({})
        back_s = restart(gate)
        return FaultResult(
            "opens no line that gate-release could not switch off later; exit code 6",
            None,
            message,
            "Restart=, which writes the list again",
            back_s,
            stop_and_count(gate),
        )


def _journal_gone(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        gate.close_journal()
        at_s = monotonic()
        gate.camera.scene = Scene.NOBODY
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        sleep(QUIET_S)
        gate.camera.scene = Scene.PEOPLE
        gate.wait_until("permission is given again", lambda: gate.chip.level("gate-relay"))
        back_s = monotonic() - at_s
        gate.signal(signal.SIGTERM)
        code, summary = gate.wait_for_exit(), gate.summary()
        rises = sum(change.level for change in gate.chip.changes("gate-relay"))
        if code or summary["permits"] != rises:
            raise CheckFailed(f"exit code {code}; permissions: {summary['permits']}, relay on: {rises}")
        return FaultResult(
            "continues; its summary has all counts",
            relay_off_s,
            "nothing, until there is a journal again",
            "none needed",
            back_s,
            f"permissions: {summary['permits']}, relay on: {rises}",
        )


def _journal_stuck(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work, {"service": {"hang_s": _HANG_S}}) as gate:
        gate.wait_for_permit()
        gate.block_journal()
        at_s = monotonic()
        gate.camera.scene = Scene.NOBODY
        # The line that the person is gone blocks the loop, before the permission's time is over. The journal's writer
        # cannot block it: see its rows.
        code = gate.wait_for_exit()
        if code != -signal.SIGALRM:
            raise CheckFailed(f"the exit code is {code}")
        gate.run_gate_release()
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        back_s = restart(gate)
        return FaultResult(
            "hangs until the hang timer ends it; gate-release switches the relay off",
            relay_off_s,
            "systemd: killed, signal ALRM",
            "Restart=",
            back_s,
            stop_and_count(gate),
        )


def _writer_away(
    begin: Callable[[GateProcess], None], end: Callable[[GateProcess], None], work: Path, limit_s: float
) -> FaultResult:
    """The journal's writer takes nothing for a while: the gate goes on, and the entries come later, in their order."""
    with GateProcess(work, has_writer=True, starts_ready=False) as gate:
        gate.writer.start()
        gate.wait_for_permit()
        begin(gate)
        count, at_s = len(gate.journal), monotonic()
        gate.camera.scene = Scene.NOBODY
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        sleep(QUIET_S)
        if len(gate.journal) != count:
            raise CheckFailed("an entry came through, so this proves nothing")
        over_s = monotonic()
        end(gate)
        gate.wait_for_event(Event.LEFT, over_s)
        back_s = gate.wait_for_next_permit(over_s) - over_s
        counts = stop_and_count(gate)
        if gate.count(Event.UNWRITTEN):
            raise CheckFailed("entries were lost")
        return FaultResult(
            "continues; the entries wait in the daemon",
            relay_off_s,
            Event.LEFT,
            "by itself: none is lost",
            back_s,
            counts,
        )


def _writer_absent(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work, has_writer=True, starts_ready=False) as gate:
        gate.camera.scene = Scene.PEOPLE
        gate.wait_until("permission is given", lambda: gate.chip.level("gate-relay"))
        at_s = monotonic()
        gate.camera.scene = Scene.NOBODY
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        over_s = monotonic()
        gate.writer.start()
        for event in (Event.STARTED, Event.READY, Event.PERMIT, Event.LEFT):
            gate.wait_for_event(event, over_s)
        back_s = gate.wait_for_next_permit(over_s) - over_s
        return FaultResult(
            "starts and works; the entries wait in the daemon",
            relay_off_s,
            Event.LEFT,
            "the writer's start: none is lost",
            back_s,
            stop_and_count(gate),
        )


def _journald_gone(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work, has_writer=True, starts_ready=False) as gate:
        gate.writer.start()
        gate.wait_for_permit()
        gate.writer.lose_journald()
        at_s = monotonic()
        gate.camera.scene = Scene.NOBODY
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        sleep(QUIET_S)
        gate.writer.find_journald()
        over_s = monotonic()
        # Otherwise the writer tells it within a minute.
        gate.writer.stop()
        told = gate.wait_for_event(Event.UNWRITTEN, over_s, LossReason.NO_JOURNAL.value)
        gate.writer.start()
        back_s = gate.wait_for_next_permit(over_s) - over_s
        gate.signal(signal.SIGTERM)
        code = gate.wait_for_exit()
        if code:
            raise CheckFailed(f"the exit code is {code}")
        return FaultResult(
            f"continues; the writer counts: {told.text.removeprefix('not in the journal: ')}",
            relay_off_s,
            Event.UNWRITTEN,
            "by itself, when journald is back",
            back_s,
            gate.check_permits(),
        )


def _clock(step_s: int, work: Path, limit_s: float) -> FaultResult:
    """A pulse that began before the clock was stepped must end on time."""
    with GateProcess(work, {"gate": {"contact": "pulse", "pulse_s": _PULSE_S}}) as gate:
        gate.wait_for_permit()
        at_s = gate.relay_since(0.0)[0].at_s
        gate.step_clock(step_s)
        seen = subprocess.run(["date", "+%s"], env=gate.environment, capture_output=True, text=True, check=True)
        if abs(int(seen.stdout) - time() - step_s) > 60:
            raise CheckFailed("the clock was not stepped, so this proves nothing")
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        # The pulse counts from the start of a step of the loop; the lines are driven at its end.
        if relay_off_s < _PULSE_S - 0.2:
            raise CheckFailed(f"the pulse was shortened to {relay_off_s:.2f} s")
        gate.camera.scene = Scene.NOBODY
        gate.wait_for_event(Event.LEFT, at_s)
        over_s = monotonic()
        back_s = gate.wait_for_next_permit(over_s) - over_s
        return FaultResult(
            "nothing changes: the pulse ends on time",
            relay_off_s,
            Event.PERMIT,
            "none needed",
            back_s,
            stop_and_count(gate),
        )


def _no_memory(work: Path, limit_s: float) -> FaultResult:
    """Allow no more address space; the daemon either continues without it, or ends."""
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        pages = int(Path(f"/proc/{gate.pid}/statm").read_text().split()[0])
        most = pages * resource.getpagesize()
        resource.prlimit(gate.pid, resource.RLIMIT_AS, (most, most))
        gate.camera.scene = Scene.NOBODY
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        check_no_permission(gate, at_s)
        try:
            code = gate.wait_for_exit(1.0)
        except CheckFailed:
            over_s = monotonic()
            back_s = gate.wait_for_next_permit(over_s) - over_s
            return FaultResult(
                "continues with the memory that it has",
                relay_off_s,
                Event.LEFT,
                "none needed",
                back_s,
                stop_and_count(gate),
            )
        message, back_s = gate.last_line(), restart(gate)
        return FaultResult(f"ends with {code}", relay_off_s, message, "Restart=", back_s, stop_and_count(gate))


def _starved(work: Path, limit_s: float) -> FaultResult:
    """Stop the process again and again, so that it gets a sixth of a processor."""
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        over = Flag()
        thread = Thread(target=_stop_and_go, args=(gate, over), daemon=True)
        thread.start()
        sleep(3)
        at_s = monotonic()
        gate.camera.scene = Scene.NOBODY
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        over.set()
        thread.join()
        over_s = monotonic()
        back_s = gate.wait_for_next_permit(over_s) - over_s
        return FaultResult(
            "processes fewer frames, the newest ones",
            relay_off_s,
            Event.LEFT,
            "by itself",
            back_s,
            stop_and_count(gate),
        )


def _stop_and_go(gate: GateProcess, over: Flag) -> None:
    while not over.wait(0.1):
        gate.signal(signal.SIGSTOP)
        sleep(0.5)
        gate.signal(signal.SIGCONT)


def _reload(damage: Callable[[Path], None], word: str, work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        before_kb = _peak_kb(gate)
        at_s = monotonic()
        damage(work / "gate.yaml")
        gate.signal(signal.SIGHUP)
        entry = gate.wait_for_event(Event.RELOAD_REFUSED, at_s, word)
        if gate.relay_since(at_s):
            raise CheckFailed("the permission changed")
        took_kb = _peak_kb(gate) - before_kb
        if took_kb > _MOST_MEMORY_KB:
            raise CheckFailed(f"the reload took {took_kb} KiB of memory")
        (work / "gate.yaml").unlink(missing_ok=True)  # it may be a pipe
        gate.write_settings({})
        over_s = monotonic()
        gate.signal(signal.SIGHUP)
        back_s = gate.wait_for_event(Event.RELOADED, over_s).at_s - over_s
        reaction = f"keeps the old settings, reports that after {entry.at_s - at_s:.1f} s"
        return FaultResult(
            reaction, None, Event.RELOAD_REFUSED, "a reload with correct settings", back_s, stop_and_count(gate)
        )


def _peak_kb(gate: GateProcess) -> int:
    """The most memory that the daemon has had."""
    status = Path(f"/proc/{gate.pid}/status").read_text()
    return int(re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[0])


def _make_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _settings_broken(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work, {"gate": {"pulse_s": 30}}, starts_ready=False) as gate:
        code = gate.wait_for_exit()
        if code != 3:
            raise CheckFailed(f"the exit code is {code}: {gate.last_line()}")
        message = gate.last_line().replace(str(work), "/etc/binarycop")
        check_no_permission(gate, 0.0)
        gate.write_settings({})
        at_s = monotonic()
        gate.start()
        back_s = gate.wait_for_next_permit(at_s) - at_s
        return FaultResult(
            "does not start, exit code 3", None, message, "correct settings, and a start", back_s, stop_and_count(gate)
        )


def _manager_gone(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        (work / "notify").unlink()
        at_s = monotonic()
        gate.camera.scene = Scene.NOBODY
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        over_s = monotonic()
        back_s = gate.wait_for_next_permit(over_s) - over_s
        return FaultResult("continues", relay_off_s, Event.LEFT, "none needed", back_s, stop_and_count(gate))


def _system(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if done.returncode:
        raise CheckFailed(f"{command[0]}: {done.stderr.strip()} (root is needed)")


_row = partial(FaultRow, "system")


_LOST = "gate.grace_s 2, plus 1 s"
_PULSE = "gate.pulse_s 2, plus 1 s"
ROWS = (
    _row("SIGTERM during a permission", "kill -TERM", 1.0, "one step of the loop", _terminated),
    _row(
        "SIGKILL during a permission",
        "kill -KILL; then gate-release, as ExecStopPost= starts it",
        1.0,
        "counted from gate-release's start; docs/wiring.md has systemd's part",
        _killed,
    ),
    _row("disk full", "/run/binarycop, a tmpfs of one page, is full", None, "", _disk_full),
    _row(
        "wrong settings after kill -9",
        "kill -KILL during a permission, then gate.pulse_s out of range; gate-release runs after the failed start",
        1.0,
        "counted from gate-release's start",
        _killed_then_broken,
    ),
    _row(
        "list of another wiring",
        "another pin as the relay, and the list for gate-release is not written again",
        None,
        "",
        _other_list,
    ),
    _row("journal closed", "nobody reads the daemon's standard error: EPIPE", 3.0, _LOST, _journal_gone),
    _row(
        "journal blocked",
        "journal.target stderr, and a full pipe that nobody reads",
        5.0,
        "faces.lost_s 1, then service.hang_s 2; plus 2 s for gate-release",
        _journal_stuck,
    ),
    _row(
        "journal's writer killed",
        "kill -KILL; a new one after a while, as Restart= starts it",
        3.0,
        _LOST,
        partial(_writer_away, lambda gate: gate.writer.stop(signal.SIGKILL), lambda gate: gate.writer.start()),
    ),
    _row(
        "journal's writer hangs",
        "the writer is stopped for a while (SIGSTOP); its WatchdogSec= would end it",
        3.0,
        _LOST,
        partial(
            _writer_away,
            lambda gate: gate.writer.signal(signal.SIGSTOP),
            lambda gate: gate.writer.signal(signal.SIGCONT),
        ),
        is_slow=True,
    ),
    _row("no journal's writer", "it is not started before the daemon", 3.0, _LOST, _writer_absent, is_slow=True),
    _row("journald gone", "its socket, as the writer sees it, is gone for a while", 3.0, _LOST, _journald_gone),
    _row(
        "clock stepped a day ahead",
        "a preloaded library steps the wall clock during a pulse",
        _PULSE_S + 1,
        _PULSE,
        partial(_clock, _DAY_S),
    ),
    _row(
        "clock stepped a day back", "the same, backwards", _PULSE_S + 1, _PULSE, partial(_clock, -_DAY_S), is_slow=True
    ),
    _row("no memory", "RLIMIT_AS is set to the memory in use", 2.5, _LOST, _no_memory, is_slow=True),
    _row(
        "too little processor time",
        "the process is stopped five sixths of the time",
        4.0,
        "gate.grace_s 2, plus the time that the process is stopped",
        _starved,
        is_slow=True,
    ),
    _row(
        "settings broken on reload",
        "gate.pulse_s out of range, then SIGHUP",
        None,
        "",
        partial(_reload, lambda file: _overwrite(file, _BROKEN), "pulse_s"),
    ),
    _row(
        "settings file missing on reload",
        "the file is deleted, then SIGHUP",
        None,
        "",
        partial(_reload, Path.unlink, "gate.yaml"),
        is_slow=True,
    ),
    _row(
        "settings with a pile of aliases on reload",
        "31 lines that stand for 2 thousand million values, then SIGHUP; at most 32 MiB of memory",
        None,
        "",
        partial(_reload, lambda file: _overwrite(file, "\n".join(_PILE)), "anchor"),
    ),
    _row(
        "settings file is a pipe on reload",
        "a FIFO that nobody writes to, then SIGHUP",
        None,
        "",
        partial(_reload, _make_pipe, "not a regular file"),
    ),
    _row("settings broken at the start", "gate.pulse_s out of range", None, "", _settings_broken, is_slow=True),
    _row("service manager not reachable", "the notify socket is deleted", 3.0, _LOST, _manager_gone, is_slow=True),
)


def _overwrite(file: Path, text: str) -> None:
    file.write_text(text)
