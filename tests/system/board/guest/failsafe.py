"""What the relay does after its process is killed, and how soon gate-release switches it off.

The helper gate-release (deploy/gate-release/gate-release.c) is started as systemd starts ExecStopPost=: by the parent
process, with fork and exec, without an interpreter.
"""

import os
import signal
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from binarycop.lines.gpiochip import GpioChipFactory
from binarycop.lines.lane_io import LaneIo
from binarycop.service.hang_timer import HangTimer
from tests.system.board.guest.lines import lane
from tests.system.board.guest.simulator import SimLine, Simulator

HELPER = Path("/board/gate-release")
RELEASE = [str(HELPER), "gate-relay=1"]  # the relay of lane() is active low
KILLS, HANGS = 100, 10
HANG_S = 1.0
MAX_S = 0.05


def stays_latched(simulator: Simulator) -> str:
    """After kill -9 the relay keeps its level: this is why gate-release exists."""
    relay = simulator.line("gate-relay")
    holder = _hold_permission()
    assert relay.level() is False, "permission is on"
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    sleep(0.3)
    assert relay.level() is False, "this chip resets lines when they are released, so this proves nothing"
    return "relay still on 300 ms after its process was killed"


def hundred_kills(simulator: Simulator) -> str:
    """Measure the time from kill -9 during a permission until gate-release has switched the relay off."""
    assert HELPER.exists(), "deploy/gate-release/gate-release.c was not built into the board"
    relay = simulator.line("gate-relay")
    deaths_ms, took_ms = zip(*(_kill_and_switch_off(relay) for _ in range(KILLS)))
    median_ms, most_ms = statistics.median(took_ms), max(took_ms)
    # A busy machine makes many of them slow, a slow helper all.
    tenth_ms = statistics.quantiles(took_ms, n=10)[0]
    assert tenth_ms <= 1000 * MAX_S, f"one in ten took at most {tenth_ms:.1f} ms, the median {median_ms:.1f} ms"
    death_ms = statistics.median(deaths_ms)
    return (
        f"{KILLS} kills: median {median_ms:.1f} ms, most {most_ms:.1f} ms, least {min(took_ms):.1f} ms"
        f" (of the median, {death_ms:.1f} ms until the process was gone)"
    )


def _kill_and_switch_off(relay: SimLine) -> tuple[float, float]:
    """Milliseconds from the kill until the parent knew, and until the relay was off."""
    holder = _hold_permission()
    assert relay.level() is False
    killed_s = monotonic()
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    dead_s = monotonic()
    helper = os.posix_spawn(RELEASE[0], RELEASE, {})
    relay_off_s = relay.wait_for(True, 10)
    _, status = os.waitpid(helper, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return 1000 * (dead_s - killed_s), 1000 * (relay_off_s - killed_s)


def hangs(simulator: Simulator) -> str:
    """Measure the time from the last step of a loop that hangs in compiled code until the relay is off."""
    relay = simulator.line("gate-relay")
    took_ms = []
    for _ in range(HANGS):
        holder = _hold_permission(_hang)
        assert relay.level() is False
        begun_s = monotonic()  # the last step was just before
        _, status = os.waitpid(holder, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGALRM
        helper = os.posix_spawn(RELEASE[0], RELEASE, {})
        took_ms.append(1000 * (relay.wait_for(True, 10) - begun_s))
        os.waitpid(helper, 0)
    median_ms, most_ms = statistics.median(took_ms), max(took_ms)
    assert most_ms <= 1000 * (HANG_S + 1.0)
    return (
        f"{HANGS} hangs, limit {1000 * HANG_S:.0f} ms: relay off after median {median_ms:.0f} ms, most {most_ms:.0f} ms"
    )


def exceptions(simulator: Simulator) -> str:
    """An exception in the loop switches the relay off without gate-release."""
    relay = simulator.line("gate-relay")
    took_ms = []
    for _ in range(HANGS):
        holder = _hold_permission(_raise)
        begun_s = monotonic()
        took_ms.append(1000 * (relay.wait_for(True, 10) - begun_s))
        os.waitpid(holder, 0)
    return f"{HANGS} exceptions: relay off after median {statistics.median(took_ms):.1f} ms, most {max(took_ms):.1f} ms"


def _hang() -> None:
    with HangTimer(HANG_S):
        sum(range(10**12))  # one call into C, during which no Python signal handler runs


def _raise() -> None:
    raise ZeroDivisionError


def _wait_for_ever() -> None:
    while True:
        signal.pause()


def _hold_permission(then: Callable[[], None] = _wait_for_ever) -> int:
    """Fork a process that holds the permission with the daemon's LaneIo. A fork avoids a start of Python."""
    ready, signal_ready = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with LaneIo(lane(), GpioChipFactory("binarycop")) as lane_io:
                lane_io.drive(True, {}, 0.0)
                os.write(signal_ready, b"!")
                then()
        finally:
            os._exit(1)
    os.close(signal_ready)
    try:
        assert os.read(ready, 1) == b"!", "the process with the permission died early"
    finally:
        os.close(ready)
    return child


def helper_alone(simulator: Simulator) -> str:
    """gate-release as installers would call it: with a name, with chip:offset, and with a line that does not exist."""
    assert HELPER.exists(), "deploy/gate-release/gate-release.c was not built into the board"
    relay = simulator.line("gate-relay")
    chip = simulator.chips[0]
    for line in ("gate-relay", f"{chip.name}:0", f"{chip.label}:0"):
        for level in (0, 1, 0, 1):
            subprocess.run([HELPER, f"{line}={level}"], check=True, timeout=10)
            assert relay.level() is bool(level), line
    wrong = subprocess.run(
        [HELPER, "no-such-line=0", "gate-relay=0"], stderr=subprocess.PIPE, text=True, timeout=10, check=False
    )
    assert wrong.returncode == 1
    assert "no-such-line" in wrong.stderr
    assert relay.level() is False, "an error of one line must not stop it from driving the others"
    subprocess.run(RELEASE, check=True, timeout=10)
    return wrong.stderr.strip().splitlines()[0]


CHECKS: dict[str, Callable[[Simulator], str]] = {
    "kill -9 leaves the relay as it was": stays_latched,
    "the fail-safe helper": helper_alone,
    "kill -9, and the helper": hundred_kills,
    "a hang, and the helper": hangs,
    "an exception": exceptions,
}
