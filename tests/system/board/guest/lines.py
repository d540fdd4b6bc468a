"""Outputs, inputs and names of lines on simulated chips. Each level is compared with the one in sysfs."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from types import MappingProxyType

from gpiozero import LED, Button, DigitalInputDevice, DigitalOutputDevice, OutputDevice

from binarycop.lines.gpiochip import GpioChipFactory
from binarycop.lines.lane_io import LaneIo
from binarycop.settings.lines import InputSettings, LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.signals import LampPattern
from tests.system.board.guest.simulator import SimLine, Simulator

WITHIN_S = 10.0

SCRIPT = """
from gpiozero import LED
from signal import pause
led = LED("lamp-2")
led.blink(on_time=0.1, off_time=0.1)
pause()
"""

# Reads the line until its standard input ends, and prints how often it was low.
SAMPLER = """
import os, select, sys
value, low, samples = os.open(sys.argv[1], os.O_RDONLY), 0, 0
print("sampling", flush=True)
while not select.select([0], [], [], 0)[0]:
    for _ in range(50):
        low += os.pread(value, 1, 0) == b"0"
        samples += 1
print(low, samples)
"""


def lane() -> LaneSettings:
    """The gate of these tests: an active-low relay, four lamps, three inputs."""
    lamps = {
        "correct": LineSettings("lamp-correct"),
        "nose": LineSettings("lamp-nose"),
        "nose_mouth": LineSettings("zynq_gpio:3"),
        "chin": LineSettings("lamp-chin", active_high=False),
    }
    return LaneSettings(
        lines=LinesSettings(
            factory="gpiochip",
            permission=LineSettings("gate-relay", active_high=False),
            lamps=MappingProxyType(lamps),
            passed=InputSettings("passed"),
            ready=InputSettings("ready"),
            fire=InputSettings("fire", active_high=False),
        )
    )


def wait_until(true: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    """Check every 10 ms. AssertionError if it does not become true in time."""
    for _ in range(int(within_s / 0.01)):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"not within {within_s:.0f} s: {what}")


def every_output(simulator: Simulator) -> str:
    """Drive each line of both chips high and low, under each of its names."""
    driven = 0
    with GpioChipFactory() as factory:
        for chip in simulator.chips:
            for offset, name in enumerate(chip.names):
                seen = chip.line(offset)
                names = [f"{chip.name}:{offset}", f"/dev/{chip.name}:{offset}", f"{chip.label}:{offset}"]
                for called in names + [name] * (name not in ("", "twin")):
                    with DigitalOutputDevice(called, pin_factory=factory) as device:
                        for level in (True, False, True, False):
                            device.value = level
                            assert seen.level() is level, f"{called} was set {level}"
                            assert bool(device.value) is level
                            driven += 1
    return f"{driven} levels read back from sysfs"


def no_glitch(simulator: Simulator) -> str:
    """An active-low output that starts inactive is never low; if it is set in two steps, the sampler sees it low."""
    line = simulator.line("gate-relay")
    line.drive(True)

    def in_one(factory: GpioChipFactory) -> None:
        DigitalOutputDevice("gate-relay", active_high=False, initial_value=False, pin_factory=factory).close()

    def in_two(factory: GpioChipFactory) -> None:
        with DigitalOutputDevice("gate-relay", initial_value=False, pin_factory=factory) as device:
            device.on()

    in_one_step, samples = _times_low(line, in_one)
    in_two_steps, _ = _times_low(line, in_two)
    assert in_one_step == 0, f"the line was seen low {in_one_step} times"
    assert in_two_steps > 0, "the sampler is too slow to see a glitch"
    return f"low in {in_one_step} of {samples} samples while opened 300 times; set in two steps: {in_two_steps}"


def _times_low(line: SimLine, open_and_close: Callable[[GpioChipFactory], None]) -> tuple[int, int]:
    command = [sys.executable, "-S", "-c", SAMPLER, str(line.place / "value")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sampler:
        assert sampler.stdout
        assert sampler.stdout.readline() == "sampling\n"
        with GpioChipFactory() as factory:
            for _ in range(300):
                open_and_close(factory)
        low, samples = sampler.communicate("\n", timeout=30)[0].split()
    return int(low), int(samples)


def level_as_found(simulator: Simulator) -> str:
    """``initial_value=None`` keeps the level that another program left behind."""
    line = simulator.line("relay-2")
    with GpioChipFactory() as factory:
        for level in (True, False):
            DigitalOutputDevice("relay-2", initial_value=level, pin_factory=factory).close()
            assert line.level() is level, "the simulator must keep the level of a released line"
            with OutputDevice("relay-2", initial_value=None, pin_factory=factory) as device:
                assert line.level() is level
                assert bool(device.value) is level
    return "high and low are kept while the line is open, and after it is released"


def inputs(simulator: Simulator) -> str:
    """Levels, waits and callbacks on lines that the lane drives."""
    line = simulator.line("ready")
    seen: list[str] = []
    with GpioChipFactory() as factory, DigitalInputDevice("ready", pin_factory=factory) as device:
        device.when_activated = lambda: seen.append("up")
        device.when_deactivated = lambda: seen.append("down")
        for level in (True, False, True, False):
            line.drive(level)
            (device.wait_for_active if level else device.wait_for_inactive)(WITHIN_S)
            assert bool(device.value) is level
        wait_until(lambda: len(seen) == 4, f"four calls, and not {seen}")
    assert seen == ["up", "down", "up", "down"]
    return "four levels, four calls, in order"


def button(simulator: Simulator) -> str:
    """``Button`` with a pull-up: ``wait_for_press``, ``when_pressed``, ``when_held``."""
    line = simulator.line("ready")
    held = threading.Event()
    with GpioChipFactory() as factory, Button("ready", hold_time=0.2, pin_factory=factory) as device:
        device.when_held = held.set
        assert not device.is_pressed
        threading.Timer(0.2, line.drive, [False]).start()
        device.wait_for_press(WITHIN_S)
        assert device.is_pressed
        assert held.wait(WITHIN_S), "when_held was not called"
        line.drive(True)
        device.wait_for_release(WITHIN_S)
        assert not device.is_pressed
    return "pressed, held and released"


def bias(simulator: Simulator) -> str:
    """The pull of a device is set in the chip."""
    line = simulator.line("ready")
    with GpioChipFactory() as factory:
        for pull_up, pull in ((True, "up"), (False, "down"), (True, "up")):
            with DigitalInputDevice("ready", pull_up=pull_up, pin_factory=factory) as device:
                assert line.pull() == pull
                assert device.pin.state == (pull == "up")
        # None changes nothing: the setting of the board stays.
        with DigitalInputDevice("ready", pull_up=None, active_state=True, pin_factory=factory):
            assert line.pull() == "up"
    return "up and down are set in the chip; none changes nothing"


def pull_then_debounce(simulator: Simulator) -> str:
    """With the pull set before the debounce the level is right at once; else only after the debounce time."""
    line = simulator.line("fire")
    with GpioChipFactory() as factory:
        line.drive(False)  # as found: an open contact, floating low
        with DigitalInputDevice("fire", pull_up=None, active_state=False, pin_factory=factory) as device:
            device.pin.pull = "up"
            device.pin.bounce = 0.5
            assert not device.is_active
            line.drive(False)
            assert device.wait_for_active(WITHIN_S)
        line.drive(False)
        with DigitalInputDevice(
            "fire", pull_up=None, active_state=False, bounce_time=0.5, pin_factory=factory
        ) as device:
            device.pin.pull = "up"
            assert device.is_active, "the kernel reports the old level until the new one is stable"
            assert device.wait_for_inactive(WITHIN_S)
    return "pull first: right at once; debounce first: the old level for the debounce's time"


def blink(simulator: Simulator) -> str:
    """``LED.blink`` in the background."""
    line = simulator.line("lamp-2")
    with GpioChipFactory() as factory, LED("lamp-2", pin_factory=factory) as led:
        led.blink(on_time=0.1, off_time=0.1, n=3)
        for _ in range(3):
            line.wait_for(True, WITHIN_S)
            line.wait_for(False, WITHIN_S)
    return "three times on and off"


def five_line_script(simulator: Simulator) -> str:
    """A script that knows only GPIOZERO_PIN_FACTORY=gpiochip works."""
    line = simulator.line("lamp-2")
    environment = {**os.environ, "GPIOZERO_PIN_FACTORY": "gpiochip"}
    with subprocess.Popen([sys.executable, "-c", SCRIPT], env=environment, stderr=subprocess.PIPE) as script:
        try:
            for _ in range(3):
                line.wait_for(True, 100)
                line.wait_for(False, 100)
        finally:
            script.kill()
    return "its lamp blinked three times"


def lane_io(simulator: Simulator) -> str:
    """The daemon's ``LaneIo`` drives every output in every state, and reads every input."""
    relay, fire = simulator.line("gate-relay"), simulator.line("fire")
    lamps = {name: simulator.line(f"lamp-{name}") for name in ("correct", "nose", "mouth", "chin")}
    fire.drive(True)
    simulator.line("ready").drive(False)
    simulator.line("passed").drive(False)
    with GpioChipFactory() as factory, LaneIo(lane(), factory) as connected:

        def levels() -> list[bool]:
            return [relay.level(), *(line.level() for line in lamps.values())]

        assert levels() == [True, False, False, False, True], "relay off; relay and chin are active low"
        connected.drive(True, {"nose_mouth": LampPattern.ON, "chin": LampPattern.ON}, 0.0)
        assert levels() == [False, False, False, True, False]
        connected.drive(False, {"correct": LampPattern.ON, "nose": LampPattern.ON}, 0.0)
        assert levels() == [True, True, True, False, True]
        state = connected.read(0.0)
        assert (state.passages, state.ready, state.fire) == (0, False, False)
        for _ in range(3):
            _pulse(simulator.line("passed"))
        simulator.line("ready").drive(True)
        fire.drive(False)
        wait_until(lambda: connected.read(0.0).ready and connected.read(0.0).fire, "ready and fire")
        connected.drive(True, {}, 0.0)
        assert connected.is_relay_on
    assert levels() == [True, False, True, False, True] or relay.level(), "closing switches the relay off"
    assert relay.level()
    return "5 outputs in 4 states, 3 inputs"


def _pulse(line: SimLine) -> None:
    for level in (True, False):
        line.drive(level)
        threading.Event().wait(0.05)


def passages(simulator: Simulator) -> str:
    """Pulses of ``passed`` between two reads are counted, each once."""
    with GpioChipFactory() as factory, LaneIo(lane(), factory) as connected:
        counted = 0
        for _ in range(5):
            _pulse(simulator.line("passed"))
        for _ in range(100):
            counted += connected.read(0.0).passages
            if counted == 5:
                break
            threading.Event().wait(0.02)
        assert counted == 5, f"{counted} of 5"
    return "5 pulses, 5 passages"


def nothing_left_behind(simulator: Simulator) -> str:
    """After a hundred devices no descriptor or thread is left."""
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        with GpioChipFactory() as factory:
            for _ in range(10):
                with DigitalInputDevice("ready", pin_factory=factory), LED("lamp-2", pin_factory=factory):
                    pass
    assert len(os.listdir("/proc/self/fd")) == before
    assert not [thread.name for thread in threading.enumerate() if thread.name == "gpio-edges"]
    return f"{before} descriptors before and after; no thread"


CHECKS: dict[str, Callable[[Simulator], str]] = {
    "every output by every name": every_output,
    "an active-low relay has no glitch": no_glitch,
    "level as found": level_as_found,
    "inputs": inputs,
    "button": button,
    "bias": bias,
    "pull, then debounce": pull_then_debounce,
    "blink": blink,
    "an unrelated five-line script": five_line_script,
    "the daemon's LaneIo": lane_io,
    "passages": passages,
    "nothing left behind": nothing_left_behind,
}
