"""The daemon itself, as installed, on simulated lines."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep

from gpiozero import LED

from binarycop.lines.gpiochip import GpioChipFactory
from tests.system.board.guest.failsafe import HELPER, RELEASE
from tests.system.board.guest.simulator import Simulator

PULSE_S = 3.0
FRAME_S = 1.0  # the longest time between two frames here: a permission begins and ends with a frame
SETTINGS = f"""
classifier: {{bundle: n-cnv}}
# With frames so far apart the camera would count as silent and a person as lost, and both end a pulse.
frames: {{stale_s: 10}}
faces: {{lost_s: 10}}
verdict: {{votes: 2, window: 3, within_s: 5.0}}
gate: {{pulse_s: {PULSE_S}, fresh_s: 5.0}}
lines:
  factory: gpiochip
  permission: {{pin: gate-relay, active_high: false}}
  lamps:
    correct: {{pin: lamp-correct}}
    nose: {{pin: lamp-nose}}
    nose_mouth: {{pin: "zynq_gpio:3"}}
    chin: {{pin: lamp-chin}}
# There are few frames here, and their class does not matter: every class gives the permission.
signals:
  correct: {{permission: true}}
  nose: {{permission: true}}
  nose_mouth: {{permission: true}}
  chin: {{permission: true}}
"""
LAMPS = ("lamp-correct", "lamp-nose", "lamp-mouth", "lamp-chin")
WIRING_TEST = """
lines:
  factory: gpiochip
  permission: {pin: gate-relay, active_high: false}
  lamps:
    correct: {pin: lamp-correct}
    nose: {pin: lamp-nose}
    nose_mouth: {pin: lamp-mout}
    chin: {pin: "zynq_gpio:4"}
  ready: {pin: ready}
  fire: {pin: fire, active_high: false, bias: up}
"""
START_S = 100.0
RUNTIME = Path("/run/binarycop")
LIST = RUNTIME / "release"


def _start() -> "subprocess.Popen[bytes]":
    """Start the daemon, with the relay switched off before."""
    subprocess.run(RELEASE, check=True, timeout=10)
    config = Path("/tmp/gate.yaml")
    config.write_text(SETTINGS)
    command = [sys.executable, "-m", "binarycop", "run", "--source", "demo", "--config", str(config)]
    RUNTIME.mkdir(mode=0o755, parents=True, exist_ok=True)
    # As binarycop-relay-off-list.service does before each start.
    writes = [sys.executable, "-m", "binarycop", "relay-off-list", "--config", str(config), str(LIST)]
    subprocess.run(writes, check=True, timeout=START_S, stdout=sys.stderr)
    environment = {**os.environ, "BINARYCOP_RELAY_OFF_LIST": str(LIST)}
    return subprocess.Popen(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, env=environment)


def pulse(simulator: Simulator) -> str:
    """A person comes: sysfs shows the relay on for the pulse's time, and one lamp for the class."""
    relay = simulator.line("gate-relay")
    with _start() as daemon:
        try:
            on_s = relay.wait_for(False, START_S, lambda: daemon.poll() is None)
            sleep(PULSE_S / 4)  # the lamps are driven after the relay
            lit = [name for name in LAMPS if simulator.line(name).level()]
            assert len(lit) == 1, f"one lamp must be on: {lit}"
            off_s = relay.wait_for(True, PULSE_S + 10)
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(60) == 0
        finally:
            daemon.kill()
    assert abs(off_s - on_s - PULSE_S) < FRAME_S, f"the pulse took {off_s - on_s:.2f} s"
    assert relay.level()
    return f"a pulse of {off_s - on_s:.2f} s (set: {PULSE_S} s), and relay off after SIGTERM"


def killed_during_a_pulse(simulator: Simulator) -> str:
    """kill -9 during a pulse: the relay stays on until gate-release runs."""
    relay = simulator.line("gate-relay")
    with _start() as daemon:
        try:
            relay.wait_for(False, START_S, lambda: daemon.poll() is None)
            sleep(PULSE_S / 4)
        finally:
            daemon.kill()
        daemon.wait(10)
    sleep(PULSE_S + FRAME_S)
    assert relay.level() is False, "something has switched the relay off"
    assert HELPER.exists(), "deploy/gate-release/gate-release.c was not built into the board"
    subprocess.run([HELPER, f"@{LIST}"], check=True, timeout=10)
    assert relay.level()
    assert not any(simulator.line(name).level() for name in LAMPS)
    late_s = PULSE_S + FRAME_S
    return (
        f"relay still on {late_s:.0f} s later, after the end of its pulse; switched off by gate-release with its list"
    )


def wiring_test(simulator: Simulator) -> str:
    """``binarycop lines`` shows the level of each line, which line is missing or in use, and pulses the relay."""
    config = Path("/tmp/wiring-test.yaml")
    config.write_text(WIRING_TEST)
    simulator.line("ready").drive(True)
    command = [sys.executable, "-m", "binarycop", "lines", "--config", str(config)]
    with GpioChipFactory("other-program") as factory, LED("lamp-nose", pin_factory=factory):
        shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    assert shown.returncode == 6, "exit code 6 is for a line that cannot be opened"
    shown_lines = {line.split()[2]: line for line in shown.stdout.splitlines()}
    assert shown_lines["permission"].endswith(" off")
    assert shown_lines["ready"].endswith(" active")
    assert "in use by 'other-program'" in shown_lines["lamps.nose"]
    assert "similar names: lamp-mouth" in shown_lines["lamps.nose_mouth"]

    relay = simulator.line("gate-relay")
    with subprocess.Popen(
        [*command, "--pulse", "permission", "--for", "1", "--yes"], stdout=subprocess.DEVNULL
    ) as process:
        on_s = relay.wait_for(False, 60, lambda: process.poll() is None)
        off_s = relay.wait_for(True, 10)
    assert abs(off_s - on_s - 1) < 0.5, f"a pulse of {off_s - on_s:.2f} s"
    walked = subprocess.run(
        [*command, "--walk", "--yes", "--json"], stdout=subprocess.PIPE, text=True, timeout=60, check=False
    )
    # The inputs have no result, since nobody was asked to work them.
    shown_results = [json.loads(line) for line in walked.stdout.splitlines()]
    results = [result for result in shown_results if result.get("passed") is not None]
    failed = [result["name"] for result in results if not result["passed"]]
    assert (len(results), failed, walked.returncode) == (5, ["lamps.nose_mouth"], 6), results
    return (
        f"a pulse of {off_s - on_s:.2f} s (set: 1 s); the walk finds the missing line; it shows\n{shown.stdout.strip()}"
    )


CHECKS: dict[str, Callable[[Simulator], str]] = {
    "binarycop lines": wiring_test,
    "the daemon's pulse": pulse,
    "the daemon killed during a pulse": killed_during_a_pulse,
}
