"""Edges of inputs: none is lost, or the loss is counted; bounces are filtered."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from gpiozero import LED, DigitalInputDevice

from binarycop.lines.gpiochip import GpioChipFactory
from tests.system.board.guest.lines import WITHIN_S, wait_until
from tests.system.board.guest.simulator import SimLine, Simulator

EDGES = 10_000
BURST = 500  # the kernel keeps 1024

# The lane: another process. Each line of its standard input says how often it toggles the line, without a pause.
LANE = """
import os, sys
os.sched_setaffinity(0, {0})
pull, level = os.open(sys.argv[1], os.O_WRONLY), 0
for line in sys.stdin:
    for _ in range(int(line)):
        level = not level
        os.pwrite(pull, b"pull-up" if level else b"pull-down", 0)
    print("done", flush=True)
"""


class Lane:
    """The process that toggles the line. The line is low at first."""

    def __init__(self, line: SimLine) -> None:
        line.drive(False)
        command = [sys.executable, "-S", "-c", LANE, str(line.place / "pull")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Lane":
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            process.kill()

    def toggle(self, count: int) -> None:
        """Make so many edges, one after the other."""
        _pin_interrupts()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


def _pin_interrupts() -> None:
    """Handle the simulator's interrupts on the lane's processor.

    The simulator keeps only one pending interrupt per line; a real chip has a register and its own clock. The kernel's
    interrupt thread has priority over the lane, so on one processor each edge is handled before the next one.
    """
    for name in Path("/proc").glob("[0-9]*/comm"):
        if name.read_text().startswith("irq/"):
            os.sched_setaffinity(int(name.parent.name), {0})


def ten_thousand(simulator: Simulator) -> str:
    """Each edge from another process gives one call, alternately up and down, with the kernel's time."""
    calls: list[tuple[float, int]] = []
    with (
        Lane(simulator.line("passed")) as lane,
        GpioChipFactory() as factory,
        DigitalInputDevice("passed", pin_factory=factory) as device,
    ):
        inner = device.pin.when_changed

        def count(ticks: float, state: int) -> None:
            calls.append((ticks, state))
            inner(ticks, state)

        device.pin.when_changed = count
        for sent in range(BURST, EDGES + 1, BURST):
            lane.toggle(BURST)
            wait_until(lambda sent=sent: len(calls) >= sent, f"{sent} edges")  # type: ignore[misc]
        assert device.pin.edges_lost == 0
        assert len(calls) == EDGES
    assert [state for _, state in calls] == [1, 0] * (EDGES // 2)
    times = [ticks for ticks, _ in calls]
    assert times == sorted(times)
    assert 0 < monotonic() - times[-1] < 60, "the kernel's times must be on the monotonic clock"
    rate_hz = BURST / (times[BURST - 1] - times[0])
    return f"{EDGES} of {EDGES} edges, none lost, in bursts of {BURST} at {rate_hz:.0f} Hz"


def losses_are_known(simulator: Simulator) -> str:
    """With a handler that blocks, edges are lost and counted, and the last level is still reported."""
    go = threading.Event()
    states: list[int] = []

    def slow(_: float, state: int) -> None:
        states.append(state)
        go.wait(60)

    with (
        Lane(simulator.line("passed")) as lane,
        GpioChipFactory() as factory,
        DigitalInputDevice("passed", pin_factory=factory) as device,
    ):
        device.pin.when_changed = slow
        lane.toggle(3001)
        go.set()
        wait_until(lambda: len(states) + device.pin.edges_lost >= 3001, "3001 edges reported or counted as lost")
        assert len(states) + device.pin.edges_lost == 3001
        assert device.pin.edges_lost > 0
        assert states[-1] == 1
        return f"{len(states)} reported + {device.pin.edges_lost} counted as lost = 3001"


def debounce(simulator: Simulator) -> str:
    """Twenty bounces within the debounce time count as one edge; the kernel filters them."""
    line = simulator.line("passed")
    line.drive(False)
    rises: list[float] = []
    falls: list[float] = []
    with GpioChipFactory() as factory, DigitalInputDevice("passed", bounce_time=0.3, pin_factory=factory) as device:
        device.when_activated = lambda: rises.append(monotonic())
        device.when_deactivated = lambda: falls.append(monotonic())
        began_s = monotonic()
        for index in range(21):
            line.drive(index % 2 == 0)
        bounced_s = monotonic() - began_s
        assert device.wait_for_active(WITHIN_S), "the steady level came"
        steady_s = monotonic() - began_s
        threading.Event().wait(0.6)
        assert (len(rises), len(falls)) == (1, 0), f"{len(rises)} rises, {len(falls)} falls"
        assert steady_s >= 0.3, f"came after {steady_s:.2f} s, before it was steady"
        line.drive(False)
        assert device.wait_for_inactive(WITHIN_S)
        assert (len(rises), len(falls)) == (1, 1)
    return f"20 bounces in {1000 * bounced_s:.0f} ms were one edge, after {1000 * steady_s:.0f} ms (set: 300)"


def a_broken_handler(simulator: Simulator) -> str:
    """An exception in a handler is reported, and the next edge still comes."""
    line = simulator.line("ready")
    line.drive(False)
    reports: list[str] = []
    before, threading.excepthook = threading.excepthook, lambda args: reports.append(str(args.exc_value))
    try:
        with GpioChipFactory() as factory, DigitalInputDevice("ready", pin_factory=factory) as device:
            seen: list[int] = []

            def broken(_: float, state: int) -> None:
                seen.append(state)
                raise ZeroDivisionError("the handler's")

            device.pin.when_changed = broken
            for level in (True, False):
                line.drive(level)
                wait_until(lambda level=level: seen[-1:] == [level], "a call")  # type: ignore[misc]
            wait_until(lambda: len(reports) == 2, "two reports")
    finally:
        threading.excepthook = before
    return "reported twice, called twice"


def a_forked_process(simulator: Simulator) -> str:
    """A forked process that closes its devices, as gpiozero does at the end, takes no line and no edges away."""
    ready, lamp = simulator.line("ready"), simulator.line("lamp-2")
    ready.drive(False)
    seen = threading.Semaphore(0)
    with (
        GpioChipFactory() as factory,
        DigitalInputDevice("ready", pin_factory=factory) as device,
        LED("lamp-2", pin_factory=factory) as led,
    ):
        device.when_activated = seen.release
        led.on()
        process = os.fork()
        if process == 0:
            for part in (device, led, factory):
                part.close()
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
        assert lamp.level()
        led.off()
        assert not lamp.level()
        ready.drive(True)
        assert seen.acquire(timeout=WITHIN_S), "the edge must still come"
    return "the lamp is still driven, and the edge still comes"


CHECKS: dict[str, Callable[[Simulator], str]] = {
    "10,000 edges": ten_thousand,
    "lost edges are counted": losses_are_known,
    "debounce": debounce,
    "a handler that raises": a_broken_handler,
    "a forked process": a_forked_process,
}
