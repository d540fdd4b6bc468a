"""Errors on a machine, and their messages."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from gpiozero import LED, DigitalInputDevice, DigitalOutputDevice
from gpiozero.exc import BadPinFactory, GPIODeviceClosed, GPIOPinInUse, GPIOZeroError, PinInvalidPin, PinMultiplePins

from binarycop.errors import FactoryError, LineError
from binarycop.lines.chips import LineAccessDenied
from binarycop.lines.factory import open_factory
from binarycop.lines.gpiochip import GpioChipFactory
from binarycop.lines.lane_io import LaneIo
from tests.system.board.guest.lines import WITHIN_S, lane, wait_until
from tests.system.board.guest.simulator import Simulator, plug_in

# Another program that holds the relay's line high until it is killed or its standard input ends.
HOLDER = """
import sys
from gpiozero import DigitalOutputDevice
from binarycop.lines.gpiochip import GpioChipFactory
relay = DigitalOutputDevice("gate-relay", initial_value=True, pin_factory=GpioChipFactory("other-gate"))
print("held", flush=True)
sys.stdin.read()
"""

# A program of an ordinary user; its argument is the user's group.
ORDINARY = """
import os, sys
os.setgroups([])
os.setgid(int(sys.argv[1]))
os.setuid(65534)
from gpiozero import LED
from binarycop.lines.gpiochip import GpioChipFactory
try:
    LED("lamp-2", pin_factory=GpioChipFactory()).close()
    print("opened")
except Exception as error:
    print(type(error).__name__, isinstance(error, PermissionError), error)
"""
GROUP = 997


def refusal(kind: type[Exception] | tuple[type[Exception], ...], use: Callable[[], object]) -> str:
    """The error's message. AssertionError if there is no error."""
    try:
        use()
    except kind as error:
        return str(error)
    raise AssertionError(f"there was no {kind}")


def no_chip_at_all() -> str:
    """The error is one line, both as gpiozero's and as the daemon's."""
    message = refusal(BadPinFactory, GpioChipFactory)
    ours = refusal(FactoryError, lambda: open_factory("gpiochip"))
    assert message in ours
    assert "\n" not in ours
    return ours


def ambiguous(simulator: Simulator) -> str:
    """For a name on two chips the error lists both."""
    with GpioChipFactory() as factory:
        message = refusal(PinMultiplePins, lambda: LED("twin", pin_factory=factory))
    for chip in simulator.chips:
        assert f"{chip.name}:{chip.names.index('twin')} ({chip.label})" in message
    return message


def unknown(simulator: Simulator) -> str:
    """The error lists similar names, or the range of lines of each chip; a number is refused."""
    expected = {"gate-rely": "gate-relay", "zynq_gpio:99": "0 to 9", 17: "17 is not a line"}
    with GpioChipFactory() as factory:
        messages = {name: refusal(PinInvalidPin, partial(LED, name, pin_factory=factory)) for name in expected}
    for name, part in expected.items():
        assert part in messages[name], messages[name]
    return messages["gate-rely"]


def same_process(simulator: Simulator) -> str:
    """Two devices cannot use one line under two of its names."""
    with GpioChipFactory() as factory, LED("lamp-2", pin_factory=factory):
        message = refusal(GPIOPinInUse, lambda: LED("usb-relay:1", pin_factory=factory))
    with GpioChipFactory() as factory, LED("usb-relay:1", pin_factory=factory):
        return message


def closed_factory(simulator: Simulator) -> str:
    """After the factory was closed a new device gets the line, and the one from before is closed."""
    factory = GpioChipFactory()
    old = LED("lamp-2", pin_factory=factory)
    factory.close()
    with factory, LED("lamp-2", pin_factory=factory) as new:
        new.on()
        message = refusal(GPIODeviceClosed, old.off)
        old.close()
        assert simulator.line("lamp-2").level(), "the old device must not drive or close the new one's line"
        return f"{message}; the new one is {new!r}"


def other_process(simulator: Simulator) -> str:
    """If another process has the relay's line, the error names it, and the level does not change."""
    relay = simulator.line("gate-relay")
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout
            assert holder.stdout.readline() == "held\n"
            messages = set()
            with GpioChipFactory() as factory:
                for attempt in range(200):
                    kind = DigitalInputDevice if attempt % 2 else DigitalOutputDevice
                    messages.add(refusal(GPIOPinInUse, partial(kind, "gate-relay", pin_factory=factory)))
                    assert relay.level(), "the first one's level was touched"
                mapped = refusal(LineError, lambda: LaneIo(lane(), factory))
            [only] = messages
            assert "'other-gate'" in only
            assert mapped == f"line gate-relay: cannot be opened: {only}"
        finally:
            holder.kill()
    with GpioChipFactory() as factory, DigitalOutputDevice("gate-relay", pin_factory=factory):
        assert not relay.level(), "free again once the other has died"
    return f"200 times: {only}"


def not_permitted(simulator: Simulator) -> str:
    """The error tells an ordinary user the missing group; in that group it works."""
    for chip in simulator.chips:
        os.chown(f"/dev/{chip.name}", 0, GROUP)
        os.chmod(f"/dev/{chip.name}", 0o660)
    outside, inside = (
        subprocess.check_output([sys.executable, "-c", ORDINARY, str(group)], text=True, timeout=60)
        for group in (65534, GROUP)
    )
    assert outside.startswith(f"{LineAccessDenied.__name__} True"), outside
    assert "group gpio" in outside
    assert inside == "opened\n", inside
    return outside.strip()


def unplugged(simulator: Simulator) -> str:
    """If a chip in use goes away (a USB adapter), its lines raise a known error; other lines and closing still work."""
    adapter = plug_in("adapter", {"usb-gpio": ("far-out", "far-in")})
    with GpioChipFactory() as factory, DigitalInputDevice("ready", pin_factory=factory) as near:
        out = DigitalOutputDevice("far-out", initial_value=True, pin_factory=factory)
        far = DigitalInputDevice("far-in", pin_factory=factory)
        adapter.unplug()
        messages = [refusal((GPIOZeroError, OSError), use) for use in (out.off, lambda: far.value)]
        out.close()
        far.close()
        for level in (True, False):
            simulator.line("ready").drive(level)
            wait_until(lambda level=level: near.is_active is level, "edges of the chip that is still there")  # type: ignore[misc]
            (near.wait_for_active if level else near.wait_for_inactive)(WITHIN_S)
        refusal(PinInvalidPin, lambda: LED("far-out", pin_factory=factory))
    return messages[0]


BEFORE_ANY_CHIP: dict[str, Callable[[], str]] = {"no chip at all": no_chip_at_all}
CHECKS: dict[str, Callable[[Simulator], str]] = {
    "an ambiguous name": ambiguous,
    "an unknown name": unknown,
    "a line held by this process": same_process,
    "a factory that was closed": closed_factory,
    "a line held by another process": other_process,
    "no permission": not_permitted,
    "a chip that is unplugged": unplugged,
}
