"""Which device has a line, on both pin factories: as with gpiozero's own, or with a better message."""

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero import LED, Button, Device, DigitalInputDevice, GPIODevice, LEDBoard
from gpiozero.exc import GPIODeviceClosed, GPIOPinInUse, PinInvalidPin, PinSetInput
from gpiozero.pins import Factory
from gpiozero.pins.mock import MockFactory
from gpiozerocli.pinout import main as pinout  # type: ignore[import-untyped]

from binarycop.lines.gpiochip import GpioChipFactory
from binarycop.lines.mock import MockLines
from tests.lines.fakes import FakeChip, FakeKernel, FakeLine
from tests.patience import PATIENCE_S
from tests.tried import Kind, tried


@pytest.fixture
def kernel(tmp_path: Path) -> FakeKernel:
    lines = [FakeLine("relay"), FakeLine("lamp"), FakeLine("ready"), FakeLine("busy", "leds")]
    return FakeKernel(tmp_path, FakeChip("gpiochip0", "zynq_gpio", lines))


@pytest.fixture
def chip(kernel: FakeKernel) -> Iterator[GpioChipFactory]:
    with GpioChipFactory(dev=kernel.dev, ioctl=kernel.ioctl) as opened:
        yield opened


@pytest.fixture(params=["gpiochip", "mock"])
def factory(request: pytest.FixtureRequest) -> Any:
    """Each of the two."""
    return request.getfixturevalue("chip") if request.param == "gpiochip" else MockLines()


@pytest.fixture(params=["gpiochip", "mock", "gpiozero"])
def any_factory(request: pytest.FixtureRequest) -> tuple[Factory, Any, Any]:
    """Each of the two, and gpiozero's own for the same program; with two lines."""
    if request.param == "gpiozero":
        return MockFactory(), 17, 18
    opened = request.getfixturevalue("chip") if request.param == "gpiochip" else MockLines()
    return opened, "lamp", "ready"


@tried(Kind.GPIO, "`d = LED('lamp'); factory.close(); LED('lamp')`", "opened; the first one is closed")
def test_after_the_factory_was_closed_a_new_device_gets_the_line_and_the_old_one_is_closed(factory: Factory) -> None:
    old = LED("lamp", pin_factory=factory)
    factory.close()
    new = LED("lamp", pin_factory=factory)
    new.on()
    with pytest.raises((GPIODeviceClosed, PinSetInput)):  # gpiozero's mock pin is an input once it is closed
        old.off()
    old.close()
    assert new.value == 1
    with pytest.raises(GPIOPinInUse, match=r"already in use by <gpiozero\.LED object on pin"):
        LED("lamp", pin_factory=factory)


@tried(
    Kind.GPIO,
    "a device is printed, read and driven after its factory was closed",
    "described as closed; GPIODeviceClosed",
)
def test_a_device_of_a_closed_factory_says_that_it_is_closed(chip: GpioChipFactory) -> None:
    led, button, pin = LED("lamp", pin_factory=chip), Button("ready", pin_factory=chip), chip.pin("lamp")
    chip.close()
    assert [repr(led), repr(button)] == ["<gpiozero.LED object closed>", "<gpiozero.Button object closed>"]
    assert (repr(pin), pin.function) == ("lamp (gpiochip0:1)", "input")
    for use in (lambda: led.value, led.on, led.toggle, lambda: button.is_pressed, lambda: pin.state):
        with pytest.raises(GPIODeviceClosed, match=r"^(lamp|ready) \(gpiochip0:[12]\) is closed$"):
            use()
    for closed in (led, button, chip, chip):
        closed.close()


@tried(Kind.GPIO, "`LED(pin)`, then `Button(pin)` or `LED(pin)`", "GPIOPinInUse, which names the first one")
def test_a_second_device_on_the_line_is_refused(any_factory: tuple[Factory, Any, Any]) -> None:
    factory, line, _ = any_factory
    led = LED(line, pin_factory=factory)
    for kind in (LED, Button):
        with pytest.raises(GPIOPinInUse, match=r"is already in use by <gpiozero\.LED object on pin .*=False>"):
            kind(line, pin_factory=factory)
    led.close()
    Button(line, pin_factory=factory).close()


@tried(Kind.GPIO, "a device that the program has forgotten, or left its `with`", "its line is free")
def test_a_device_that_is_gone_leaves_its_line_free(any_factory: tuple[Factory, Any, Any]) -> None:
    factory, line, _ = any_factory
    LED(line, pin_factory=factory)
    with LED(line, pin_factory=factory) as led:
        pass
    with pytest.raises(GPIODeviceClosed, match="LED is closed or uninitialized"):
        led.on()
    Button(line, pin_factory=factory).close()


@tried(Kind.GPIO, "`LEDBoard` with one line twice", "GPIOPinInUse, and then no line is taken")
def test_a_device_of_several_lines_that_fails_holds_none(any_factory: tuple[Factory, Any, Any]) -> None:
    factory, line, other = any_factory
    with pytest.raises(GPIOPinInUse):
        LEDBoard(line, other, line, pin_factory=factory)
    gc.collect()
    with LEDBoard(line, other, pin_factory=factory) as lights:
        assert lights.value == (0, 0)


@tried(Kind.GPIO, "`GPIODevice(pin)`, which sets no function", "as with gpiozero's own factory")
def test_a_line_without_a_function_can_be_read(any_factory: tuple[Factory, Any, Any]) -> None:
    factory, line, _ = any_factory
    device = GPIODevice(line, pin_factory=factory)
    assert (repr(device)[-16:], device.value, device.pin.function) == ("is_active=False>", 0, "input")
    with pytest.raises(PinSetInput):
        device.pin.state = 1
    with pytest.raises(GPIOPinInUse, match=r"in use by <gpiozero\.GPIODevice object"):
        LED(line, pin_factory=factory)


@tried(Kind.GPIO, "`LED(17)`, as on a Raspberry Pi", "refused: how a line is named")
@pytest.mark.parametrize("number", [17, 17.0])
def test_a_number_is_not_a_line(number: object, factory: Factory) -> None:
    with pytest.raises(PinInvalidPin, match="is not a line: write its name, chip:offset or label:offset"):
        LED(number, pin_factory=factory)


@tried(
    Kind.GPIO,
    "another program's line, tried again in a notebook",
    "GPIOPinInUse each time; opened once it is free",
)
def test_a_line_that_could_not_be_opened_is_no_devices(kernel: FakeKernel, chip: GpioChipFactory) -> None:
    busy, kept = kernel.chips["gpiochip0"].lines[3], []  # a notebook keeps the last traceback, and so the device in it
    for _ in range(2):
        with pytest.raises(GPIOPinInUse, match=r"busy \(gpiochip0:3\) is already in use by 'leds'") as caught:
            LED("busy", pin_factory=chip)
        kept.append(caught.value)
    busy.consumer = ""
    with LED("busy", pin_factory=chip) as led:
        kept.clear()
        gc.collect()  # closes the devices of before
        led.on()
        assert (led.value, busy.level) == (1, True)


def test_a_pin_that_could_not_be_opened_can_be_tried_again_and_is_closed_with_the_factory(
    kernel: FakeKernel, chip: GpioChipFactory
) -> None:
    pin, busy = chip.pin("busy"), kernel.chips["gpiochip0"].lines[3]
    with pytest.raises(GPIOPinInUse):
        pin.function = "output"
    with pytest.raises(GPIODeviceClosed):
        _ = pin.state
    busy.consumer = ""
    pin.function = "output"
    assert chip.pin("busy") is pin
    chip.close()
    with pytest.raises(GPIODeviceClosed):
        _ = pin.state


def test_a_pin_that_comes_too_late_does_not_take_the_line_from_its_device(
    kernel: FakeKernel, chip: GpioChipFactory
) -> None:
    late, busy = chip.pin("busy"), kernel.chips["gpiochip0"].lines[3]
    with pytest.raises(GPIOPinInUse):
        late.function = "output"
    busy.consumer = ""
    led = LED("busy", pin_factory=chip)
    busy.consumer = "this program"
    with pytest.raises(GPIOPinInUse, match="in use by 'this program'"):
        late.function = "input"
    assert chip.pin("busy") is led.pin
    with pytest.raises(GPIOPinInUse, match=r"in use by <gpiozero\.LED object"):
        LED("busy", pin_factory=chip)


@tried(Kind.GPIO, "a second device on a line whose chip was unplugged", "GPIOPinInUse")
def test_a_device_that_cannot_be_described_does_not_hide_who_has_the_line(
    kernel: FakeKernel, chip: GpioChipFactory
) -> None:
    led = LED("lamp", pin_factory=chip)
    kernel.chips["gpiochip0"].gone = True
    with pytest.raises(GPIOPinInUse, match=r"lamp \(gpiochip0:1\) is already in use by another LED"):
        LED("lamp", pin_factory=chip)
    led.close()


@tried(Kind.GPIO, "`pinout`", "ends with one line: no board that gpiozero knows")
def test_pinout_ends_with_one_line(
    chip: GpioChipFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Device, "pin_factory", chip)
    with pytest.raises(SystemExit, match="1"):
        pinout([])
    assert capsys.readouterr().err.endswith(
        "error: the lines of a GPIO chip are on no board that gpiozero knows; gpioinfo lists them\n"
    )


def ends(work: Callable[[], None]) -> bool:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return not thread.is_alive()


@tried(Kind.GPIO, "Python collects a forgotten device while another one is opened", "both go on")
def test_a_device_may_be_collected_while_the_factory_is_busy(factory: Factory) -> None:
    class Sharing(LED):  # type: ignore[misc]
        def _conflicts_with(self, other: Device) -> bool:
            gc.collect()
            return False

    with LED("lamp", pin_factory=factory):
        ring: list[object] = [LED("ready", pin_factory=factory)]
        ring.append(ring)
        del ring
        assert ends(lambda: Sharing("lamp", pin_factory=factory).close())
    LED("ready", pin_factory=factory).close()


@tried(Kind.GPIO, "a program forks, and the new process ends or closes its devices", "the first one has its edges")
def test_a_forked_process_does_not_take_the_edges_away(kernel: FakeKernel, chip: GpioChipFactory) -> None:
    ready, seen = kernel.chips["gpiochip0"].lines[2], threading.Semaphore(0)
    device = DigitalInputDevice("ready", pull_up=None, active_state=True, pin_factory=chip)
    device.when_activated = seen.release
    ready.edge(True)
    assert seen.acquire(timeout=PATIENCE_S)
    ready.edge(False)
    process = os.fork()
    if process == 0:
        # As gpiozero does when a program ends.
        device.close()
        chip.close()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    used_s, end_s = time.process_time(), time.monotonic() + 0.3
    while time.monotonic() < end_s:
        time.sleep(0.05)
    assert time.process_time() - used_s < 0.2, "the thread of edges must wait, and not run in a circle"
    ready.edge(True)
    assert seen.acquire(timeout=PATIENCE_S)
