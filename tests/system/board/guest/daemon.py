"""The daemon itself, as installed, on simulated lines."""

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
FRAME_S = 1.0  # the most that a frame may take here: permission begins and ends with one
SETTINGS = f"""
classifier: {{bundle: n-cnv}}
# With frames this far apart a person seems to leave and to come back as somebody new, which ends a pulse.
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
# Frames are few here, and which class a few frames give is the network's matter: every one opens.
signals:
  correct: {{permission: true}}
  nose: {{permission: true}}
  nose_mouth: {{permission: true}}
  chin: {{permission: true}}
"""
LAMPS = ("lamp-correct", "lamp-nose", "lamp-mouth", "lamp-chin")
BENCH = """
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
RUNTIME = Path("/tmp")


def _start() -> "subprocess.Popen[bytes]":
    """The daemon, on a relay that is released whatever was before."""
    subprocess.run(RELEASE, check=True, timeout=10)
    config = Path("/tmp/gate.yaml")
    config.write_text(SETTINGS)
    command = [sys.executable, "-m", "binarycop", "run", "--source", "demo", "--config", str(config)]
    # As systemd gives it one: the daemon leaves there what is to be released after it.
    environment = {**os.environ, "RUNTIME_DIRECTORY": str(RUNTIME)}
    return subprocess.Popen(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, env=environment)


def pulse(simulator: Simulator) -> str:
    """A person comes: the relay pulls for the pulse's time, and a class has its lamp, as sysfs saw it."""
    relay = simulator.line("gate-relay")
    with _start() as daemon:
        try:
            on_s = relay.wait_for(False, START_S, lambda: daemon.poll() is None)
            sleep(PULSE_S / 4)  # the lamps are driven after the coil
            lit = [name for name in LAMPS if simulator.line(name).level()]
            assert len(lit) == 1, f"one class has its lamp: {lit}"
            off_s = relay.wait_for(True, PULSE_S + 10)
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(20) == 0
        finally:
            daemon.kill()
    assert abs(off_s - on_s - PULSE_S) < FRAME_S, f"the pulse took {off_s - on_s:.2f} s"
    assert relay.level()
    return f"a pulse of {off_s - on_s:.2f} s (set: {PULSE_S} s), and released on SIGTERM"


def killed_in_a_pulse(simulator: Simulator) -> str:
    """kill -9 in the middle of a pulse: the relay stays energised, until the helper runs."""
    relay = simulator.line("gate-relay")
    with _start() as daemon:
        try:
            relay.wait_for(False, START_S, lambda: daemon.poll() is None)
            sleep(PULSE_S / 4)
        finally:
            daemon.kill()
        daemon.wait(10)
    sleep(PULSE_S + FRAME_S)
    assert relay.level() is False, "the relay was released by something"
    assert HELPER.exists(), "deploy/failsafe/gate-release.c was not built into the board"
    subprocess.run([HELPER, f"@{RUNTIME}/release"], check=True, timeout=10)
    assert relay.level()
    assert not any(simulator.line(name).level() for name in LAMPS)
    return f"energised {PULSE_S + FRAME_S:.0f} s later, long past its pulse; released by the daemon's list"


def bench(simulator: Simulator) -> str:
    """``binarycop lines`` says of each line how it is, and which one is missing or held, and pulses the relay."""
    config = Path("/tmp/bench.yaml")
    config.write_text(BENCH)
    simulator.line("ready").drive(True)
    command = [sys.executable, "-m", "binarycop", "lines", "--config", str(config)]
    with GpioChipFactory("other-program") as factory, LED("lamp-nose", pin_factory=factory):
        shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    assert shown.returncode == 6, "a line that cannot be had has an exit code of its own"
    said = {line.split()[2]: line for line in shown.stdout.splitlines()}
    assert said["permission"].endswith("inactive")
    assert said["ready"].endswith(" active")
    assert "in use by 'other-program'" in said["lamps.nose"]
    assert "similar names: lamp-mouth" in said["lamps.nose_mouth"]

    relay = simulator.line("gate-relay")
    with subprocess.Popen(
        [*command, "--pulse", "permission", "--for", "1", "--yes"], stdout=subprocess.DEVNULL
    ) as tool:
        on_s = relay.wait_for(False, 60, lambda: tool.poll() is None)
        off_s = relay.wait_for(True, 10)
    assert abs(off_s - on_s - 1) < 0.5, f"a pulse of {off_s - on_s:.2f} s"
    return f"a pulse of {off_s - on_s:.2f} s (asked for: 1 s); it shows\n{shown.stdout.strip()}"


CHECKS: dict[str, Callable[[Simulator], str]] = {
    "binarycop lines": bench,
    "the daemon's pulse": pulse,
    "the daemon killed in a pulse": killed_in_a_pulse,
}
