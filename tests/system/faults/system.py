"""Faults of what is around the daemon: its journal, its settings, clock, memory, processor and its own end."""

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
from tests.system.faults.film import Scene
from tests.system.faults.gate import PATIENCE_S, Broken, Gate
from tests.system.faults.row import LOOK_S, Outcome, Row, conclude, look, started_again

_DAY_S = 86_400
_PULSE_S = 2.0
_BROKEN = "gate: {pulse_s: 30}\n"
_HANG_S = 2


def _terminated(work: Path, limit_s: float) -> Outcome:
    with Gate(work) as gate:
        gate.permit()
        at_s = monotonic()
        gate.signal(signal.SIGTERM)
        released_s = gate.released(at_s, limit_s)
        code = gate.ended()
        if code:
            raise Broken(f"it ended with {code}")
        gate.reads(Event.STOPPED, at_s)
        back_s = started_again(gate)
        return Outcome("releases, ends with 0", released_s, Event.STOPPED, "a start", back_s, conclude(gate))


def _killed(work: Path, limit_s: float) -> Outcome:
    with Gate(work) as gate:
        gate.permit()
        at_s = monotonic()
        gate.kill()
        sleep(LOOK_S)
        if gate.relay_since(at_s):
            raise Broken("something else than gate-release released the coil, so this proves nothing")
        # systemd starts it at once; that it does is shown in tests/system/systemd.
        begun_s = monotonic()
        gate.stop_post()
        released_s = gate.released(begun_s, limit_s)
        back_s = started_again(gate)
        return Outcome(
            "the line stays as it was; gate-release releases",
            released_s,
            "systemd: killed, signal KILL",
            "Restart=",
            back_s,
            conclude(gate),
        )


def _disk_full(work: Path, limit_s: float) -> Outcome:
    gate = Gate(work, starts_ready=False)
    _system("mount", "-t", "tmpfs", "-o", "size=4k", "none", str(gate.run_folder))
    try:
        (gate.run_folder / "other").write_bytes(bytes(4096))
        with gate:
            code = gate.ended()
            if code != 6 or "No space left" not in gate.last_words():
                raise Broken(f"it ended with {code}: {gate.last_words()}")
            said = gate.last_words().replace(str(gate.run_folder), "/run/binarycop")
            (gate.run_folder / "other").unlink()
            at_s = monotonic()
            gate.start()
            back_s = gate.permit_again(at_s) - at_s
            counts = conclude(gate)
        return Outcome(
            "takes no line that could not be released after it; ends with 6",
            None,
            said,
            "Restart= once there is space",
            back_s,
            counts,
        )
    finally:
        _system("umount", str(gate.run_folder))


def _journal_gone(work: Path, limit_s: float) -> Outcome:
    with Gate(work) as gate:
        gate.permit()
        gate.deafen()
        at_s = monotonic()
        gate.film.scene = Scene.NOBODY
        released_s = gate.released(at_s, limit_s)
        sleep(LOOK_S)
        gate.film.scene = Scene.PEOPLE
        gate.until("permission is given again", lambda: gate.lines.level("gate-relay"))
        back_s = monotonic() - at_s
        gate.signal(signal.SIGTERM)
        code, said = gate.ended(), gate.summary()
        rises = sum(one.level for one in gate.lines.changes("gate-relay"))
        if code or said["permits"] != rises:
            raise Broken(f"it ended with {code}; {said['permits']} permissions, {rises} energised")
        return Outcome(
            "goes on; its summary has every count",
            released_s,
            "nothing, until there is a journal",
            "none needed",
            back_s,
            f"{said['permits']} permissions, {rises} energised",
        )


def _journal_stuck(work: Path, limit_s: float) -> Outcome:
    with Gate(work, {"service": {"hang_s": _HANG_S}}) as gate:
        gate.permit()
        gate.stuff()
        at_s = monotonic()
        gate.film.scene = Scene.NOBODY
        # The wires come before the words: the coil is released by the loop, and only then it hangs.
        released_s = gate.released(at_s, limit_s)
        code = gate.ended()
        if code != -signal.SIGALRM:
            raise Broken(f"it ended with {code}")
        back_s = started_again(gate)
        return Outcome(
            "releases, then hangs and is ended by the kernel",
            released_s,
            "systemd: killed, signal ALRM",
            "Restart=",
            back_s,
            conclude(gate),
        )


def _clock(step_s: int, work: Path, limit_s: float) -> Outcome:
    """A pulse that begins before the step must end when it is due."""
    with Gate(work, {"gate": {"contact": "pulse", "pulse_s": _PULSE_S}}) as gate:
        gate.permit()
        at_s = gate.relay_since(0.0)[0].at_s
        gate.step_clock(step_s)
        seen = subprocess.run(["date", "+%s"], env=gate.environment, capture_output=True, text=True, check=True)
        if abs(int(seen.stdout) - time() - step_s) > 60:
            raise Broken("the clock was not stepped, so this proves nothing")
        released_s = gate.released(at_s, limit_s)
        # The pulse is counted from the step's beginning, and its lines are driven at the end.
        if released_s < _PULSE_S - 0.2:
            raise Broken(f"the pulse was cut to {released_s:.2f} s")
        gate.film.scene = Scene.NOBODY
        gate.reads(Event.LEFT, at_s)
        over_s = monotonic()
        back_s = gate.permit_again(over_s) - over_s
        return Outcome(
            "nothing: its pulse ends when it is due", released_s, Event.PERMIT, "none needed", back_s, conclude(gate)
        )


def _no_memory(work: Path, limit_s: float) -> Outcome:
    """Not a byte more of address space; either it can do without, or it ends."""
    with Gate(work) as gate:
        gate.permit()
        at_s = monotonic()
        pages = int(Path(f"/proc/{gate.pid}/statm").read_text().split()[0])
        most = pages * resource.getpagesize()
        resource.prlimit(gate.pid, resource.RLIMIT_AS, (most, most))
        gate.film.scene = Scene.NOBODY
        released_s = gate.released(at_s, limit_s)
        look(gate, at_s)
        try:
            code = gate.ended(1.0)
        except Broken:
            over_s = monotonic()
            back_s = gate.permit_again(over_s) - over_s
            return Outcome("goes on with what it has", released_s, Event.LEFT, "none needed", back_s, conclude(gate))
        said, back_s = gate.last_words(), started_again(gate)
        return Outcome(f"ends with {code}", released_s, said, "Restart=", back_s, conclude(gate))


def _starved(work: Path, limit_s: float) -> Outcome:
    """A sixth of a processor: it stands still, again and again."""
    with Gate(work) as gate:
        gate.permit()
        over = Flag()
        thread = Thread(target=_stop_and_go, args=(gate, over), daemon=True)
        thread.start()
        sleep(3)
        at_s = monotonic()
        gate.film.scene = Scene.NOBODY
        released_s = gate.released(at_s, limit_s)
        over.set()
        thread.join()
        over_s = monotonic()
        back_s = gate.permit_again(over_s) - over_s
        return Outcome(
            "looks at fewer frames, the newest ones", released_s, Event.LEFT, "by itself", back_s, conclude(gate)
        )


def _stop_and_go(gate: Gate, over: Flag) -> None:
    while not over.wait(0.1):
        gate.signal(signal.SIGSTOP)
        sleep(0.5)
        gate.signal(signal.SIGCONT)


def _reload(spoil: Callable[[Path], None], word: str, work: Path, limit_s: float) -> Outcome:
    with Gate(work) as gate:
        gate.permit()
        at_s = monotonic()
        spoil(work / "gate.yaml")
        gate.signal(signal.SIGHUP)
        entry = gate.reads(Event.RELOAD_REFUSED, at_s, word)
        if gate.relay_since(at_s):
            raise Broken("the permission changed")
        gate.write_settings({})
        over_s = monotonic()
        gate.signal(signal.SIGHUP)
        back_s = gate.reads(Event.RELOADED, over_s).at_s - over_s
        did = f"goes on by the old ones, says so after {entry.at_s - at_s:.1f} s"
        return Outcome(did, None, Event.RELOAD_REFUSED, "a reload of mended ones", back_s, conclude(gate))


def _settings_broken(work: Path, limit_s: float) -> Outcome:
    with Gate(work, {"gate": {"pulse_s": 30}}, starts_ready=False) as gate:
        code = gate.ended()
        if code != 3:
            raise Broken(f"it ended with {code}: {gate.last_words()}")
        said = gate.last_words().replace(str(work), "/etc/binarycop")
        look(gate, 0.0)
        gate.write_settings({})
        at_s = monotonic()
        gate.start()
        back_s = gate.permit_again(at_s) - at_s
        return Outcome("does not start, ends with 3", None, said, "mended, and a start", back_s, conclude(gate))


def _manager_gone(work: Path, limit_s: float) -> Outcome:
    with Gate(work) as gate:
        gate.permit()
        (work / "notify").unlink()
        at_s = monotonic()
        gate.film.scene = Scene.NOBODY
        released_s = gate.released(at_s, limit_s)
        over_s = monotonic()
        back_s = gate.permit_again(over_s) - over_s
        return Outcome("goes on", released_s, Event.LEFT, "none needed", back_s, conclude(gate))


def _system(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if done.returncode:
        raise Broken(f"{command[0]}: {done.stderr.strip()} (root is needed)")


_row = partial(Row, "system")


_LOST = "faces.lost_s 1 and a second"
_PULSE = "gate.pulse_s 2 and a second"
ROWS = (
    _row("SIGTERM in a permission", "kill -TERM", 1.0, "a step", _terminated),
    _row(
        "SIGKILL in a permission",
        "kill -KILL, then gate-release as ExecStopPost= does",
        1.0,
        "from gate-release's start; how soon systemd starts it stands below",
        _killed,
    ),
    _row("disk full", "no space in the runtime directory, a tmpfs of one page", None, "", _disk_full),
    _row("journal gone", "nobody reads its standard error: EPIPE", 2.0, _LOST, _journal_gone),
    _row("journal stuck", "a full pipe that nobody reads", 2.0, _LOST, _journal_stuck),
    _row(
        "clock a day ahead",
        "its wall clock, by a preloaded library, within a pulse",
        _PULSE_S + 1,
        _PULSE,
        partial(_clock, _DAY_S),
    ),
    _row("clock a day back", "the same", _PULSE_S + 1, _PULSE, partial(_clock, -_DAY_S), is_slow=True),
    _row("no memory", "RLIMIT_AS at what it has", 2.5, _LOST, _no_memory, is_slow=True),
    _row(
        "processor starved",
        "stopped five sixths of the time",
        4.0,
        "lost_s 1, and the time that it stands still",
        _starved,
        is_slow=True,
    ),
    _row(
        "settings broken on reload",
        "pulse_s out of bounds, SIGHUP",
        None,
        "",
        partial(_reload, lambda file: _overwrite(file, _BROKEN), "pulse_s"),
    ),
    _row(
        "settings gone on reload",
        "the file deleted, SIGHUP",
        None,
        "",
        partial(_reload, Path.unlink, "gate.yaml"),
        is_slow=True,
    ),
    _row("settings broken at the start", "pulse_s out of bounds", None, "", _settings_broken, is_slow=True),
    _row("service manager gone", "its notify socket deleted", 2.0, _LOST, _manager_gone, is_slow=True),
)


def _overwrite(file: Path, text: str) -> None:
    file.write_text(text)
