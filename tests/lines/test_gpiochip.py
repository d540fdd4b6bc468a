"""The pin factory on fake chips; tests/system/board runs it on the kernel's simulated ones."""

import threading
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from time import monotonic

import pytest
from gpiozero import LED, Button, DigitalInputDevice, DigitalOutputDevice, OutputDevice
from gpiozero.exc import (
    BadPinFactory,
    GPIOPinInUse,
    PinEdgeDetectUnsupported,
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidPin,
    PinMultiplePins,
    PinPWMUnsupported,
    PinUnsupported,
)

from binarycop.errors import LineError
from binarycop.lines.chips import LineAccessDenied
from binarycop.lines.factory import GROUP
from binarycop.lines.gpiochip import GpioChipFactory
from binarycop.lines.lane_io import LaneIo
from binarycop.settings.lines import InputSettings, LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.signals import LampPattern
from tests.lines.fakes import EDGES, INPUT, OUTPUT, FakeChip, FakeKernel, FakeLine
from tests.patience import PATIENCE_S
from tests.tried import Kind, tried

PULL_UP, PULL_DOWN, NO_PULL = 1 << 8, 1 << 9, 1 << 10


@pytest.fixture
def kernel(tmp_path: Path) -> FakeKernel:
    gate = [
        FakeLine("gate-relay"),
        FakeLine("lamp"),
        FakeLine("ready"),
        FakeLine("twin"),
        FakeLine("board-led", "leds"),
    ]
    return FakeKernel(
        tmp_path,
        FakeChip("gpiochip0", "zynq_gpio", gate),
        FakeChip("gpiochip1", "usb-relay", [FakeLine("twin"), FakeLine()]),
    )


@pytest.fixture
def factory(kernel: FakeKernel) -> Iterator[GpioChipFactory]:
    with GpioChipFactory(dev=kernel.dev, ioctl=kernel.ioctl) as opened:
        yield opened


def line(kernel: FakeKernel, offset: int, chip: str = "gpiochip0") -> FakeLine:
    return kernel.chips[chip].lines[offset]


@tried(Kind.GPIO, "`GPIOZERO_PIN_FACTORY=gpiochip`", "found")
def test_the_factory_is_registered_for_any_gpiozero_script() -> None:
    [entry] = [entry for entry in entry_points(group=GROUP) if entry.name == "gpiochip"]
    assert entry.load() is GpioChipFactory


@tried(
    Kind.GPIO,
    "`LED('gate-relay')`, `LED('gpiochip0:0')`, `LED('zynq_gpio:0')`, `LED('/dev/gpiochip0:0')`",
    "opened; driven",
)
@pytest.mark.parametrize("name", ["gate-relay", "gpiochip0:0", "zynq_gpio:0", "/dev/gpiochip0:0"])
def test_a_line_can_be_named_in_four_ways(name: str, kernel: FakeKernel, factory: GpioChipFactory) -> None:
    with LED(name, pin_factory=factory) as led:
        led.on()
        assert line(kernel, 0).level
        assert led.pin is factory.pin("gate-relay")


@pytest.mark.parametrize("active_high", [True, False])
def test_the_first_request_of_an_output_already_has_its_level(
    active_high: bool, kernel: FakeKernel, factory: GpioChipFactory
) -> None:
    with DigitalOutputDevice("gate-relay", active_high=active_high, initial_value=False, pin_factory=factory):
        assert line(kernel, 0).configs == [(OUTPUT, not active_high, 0)]


@tried(Kind.GPIO, "`OutputDevice(initial_value=None)`", "the level stays as it is")
@pytest.mark.parametrize("level", [True, False])
def test_an_output_without_initial_value_keeps_the_present_level(
    level: bool, kernel: FakeKernel, factory: GpioChipFactory
) -> None:
    line(kernel, 0).level = level
    with OutputDevice("gate-relay", initial_value=None, pin_factory=factory) as device:
        assert bool(device.value) is level
        assert line(kernel, 0).configs == [(0, None, 0), (OUTPUT, level, 0)]


def test_edges_are_requested_only_while_there_is_a_handler(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    with DigitalInputDevice("ready", pull_up=None, active_state=True, pin_factory=factory) as device:
        assert line(kernel, 2).configs[0] == (INPUT, None, 0)
        assert line(kernel, 2).configs[-1] == (INPUT | EDGES, None, 0)
        device.pin.when_changed = None
        assert line(kernel, 2).configs[-1] == (INPUT, None, 0)


def test_handlers_get_edges_with_the_kernels_time(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    calls: list[tuple[float, int]] = []
    done = threading.Event()

    def handle(ticks: float, state: int) -> None:
        calls.append((ticks, state))
        if len(calls) == 3:
            done.set()

    pin = factory.pin("ready")
    pin.function = "input"
    pin.when_changed = handle
    for rising in (True, False, True):
        line(kernel, 2).edge(rising)
    assert done.wait(PATIENCE_S)
    assert calls == [(1.5, 1), (1.5, 0), (1.5, 1)]
    assert pin.edges_lost == 0


def test_edges_that_the_kernel_dropped_are_counted(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    states: list[int] = []
    done = threading.Event()

    def handle(_: float, state: int) -> None:
        states.append(state)
        if len(states) == 2:
            done.set()

    pin = factory.pin("ready")
    pin.function = "input"
    pin.when_changed = handle
    line(kernel, 2).edge(True)
    line(kernel, 2).edge(False, skip=6)
    assert done.wait(PATIENCE_S)
    assert pin.edges_lost == 6


def test_passages_whose_edges_the_kernel_dropped_are_reported_once(
    kernel: FakeKernel, factory: GpioChipFactory
) -> None:
    lines = LinesSettings(permission=LineSettings("gate-relay"), lamps={}, passed=InputSettings("ready"))
    with LaneIo(LaneSettings(lines=lines), factory) as lane_io:
        passed = line(kernel, 2)
        passed.edge(True)
        passed.edge(False, skip=6)
        passed.edge(True)
        counted, lost, end_s = 0, 0, monotonic() + PATIENCE_S
        while (counted, lost) != (2, 3) and monotonic() < end_s:
            inputs = lane_io.read(0.0)
            counted, lost = counted + inputs.passages, lost + inputs.passages_lost
        assert (counted, lost, lane_io.read(0.0).passages_lost) == (2, 3, 0)
        passed.edge(False, skip=1)
        passed.edge(True)
        while counted != 3 and monotonic() < end_s:
            counted += lane_io.read(0.0).passages
        lane_io.discard_passages()
        assert lane_io.read(0.0).passages_lost == 0


@tried(Kind.GPIO, "`Button(bounce_time=0.02)` with `wait_for_press` and `when_pressed`", "both answer")
def test_a_button_waits_and_calls_its_handler(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    line(kernel, 2).level = True
    pressed = threading.Event()
    with Button("ready", bounce_time=0.02, pin_factory=factory) as button:
        button.when_pressed = pressed.set
        assert line(kernel, 2).configs[-1] == (INPUT | EDGES | PULL_UP, None, 20_000)
        line(kernel, 2).edge(False)
        assert button.wait_for_press(PATIENCE_S)
        assert pressed.wait(PATIENCE_S)


@tried(Kind.GPIO, "a handler that raises an error", "reported; called again")
def test_an_error_in_a_handler_is_reported_and_the_handler_called_again(
    kernel: FakeKernel, factory: GpioChipFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[object] = []
    done = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.append(args.exc_type))

    def handle(_: float, state: int) -> None:
        if not state:
            done.set()
        raise ZeroDivisionError

    pin = factory.pin("ready")
    pin.function = "input"
    pin.when_changed = handle
    line(kernel, 2).edge(True)
    line(kernel, 2).edge(False)
    assert done.wait(PATIENCE_S)
    factory.close()  # waits for the thread, which makes the second report
    assert reported == [ZeroDivisionError, ZeroDivisionError]


def test_closing_ends_the_thread(kernel: FakeKernel) -> None:
    threads = threading.active_count()
    with GpioChipFactory(dev=kernel.dev, ioctl=kernel.ioctl) as factory:
        DigitalInputDevice("ready", pin_factory=factory)
        assert threading.active_count() == threads + 1
    assert threading.active_count() == threads


def test_each_pull_is_requested(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    pin = factory.pin("ready")
    pin.function = "input"
    for pull, flag in (("up", PULL_UP), ("down", PULL_DOWN), ("floating", NO_PULL)):
        pin.pull = pull
        assert pin.pull == pull
        assert line(kernel, 2).configs[-1][0] == INPUT | flag


@tried(Kind.GPIO, "a pull that the chip has not", "PinFixedPull")
def test_a_pull_that_the_chip_refuses_is_an_error(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    line(kernel, 2).refuses = PULL_UP
    with pytest.raises(PinFixedPull, match=r"refuses the pull 'up' on ready \(gpiochip0:2\)"):
        Button("ready", pin_factory=factory)


@tried(Kind.GPIO, "an input of a chip without interrupt", "PinEdgeDetectUnsupported")
def test_a_chip_without_interrupt_is_an_error(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    line(kernel, 2).refuses = EDGES
    with pytest.raises(PinEdgeDetectUnsupported, match=r"chip of ready \(gpiochip0:2\) has no interrupt"):
        DigitalInputDevice("ready", pull_up=None, active_state=True, pin_factory=factory)


def test_a_bounce_time_out_of_the_kernels_range_is_refused(factory: GpioChipFactory) -> None:
    pin = factory.pin("ready")
    for bounce_s in (-0.1, 5000):
        with pytest.raises(PinInvalidBounce):
            pin.bounce = bounce_s


@tried(Kind.GPIO, "`PWMLED`", "PinPWMUnsupported")
def test_there_is_no_pwm_and_no_board(factory: GpioChipFactory) -> None:
    with pytest.raises(PinPWMUnsupported):
        factory.pin("lamp").frequency = 100
    with pytest.raises(PinUnsupported, match="no board that gpiozero knows"):
        _ = factory.board_info


@tried(Kind.GPIO, "a name that two chips have", "PinMultiplePins: names both lines")
def test_an_ambiguous_name_is_refused_with_both_lines(factory: GpioChipFactory) -> None:
    with pytest.raises(PinMultiplePins, match=r"gpiochip0:3 \(zynq_gpio\) and gpiochip1:0 \(usb-relay\)"):
        LED("twin", pin_factory=factory)


@tried(Kind.GPIO, "a misspelt name", "PinInvalidPin: names the similar ones")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gate-rely", "similar names: gate-relay"),
        ("gpiochip0:99", r"there are gpiochip0:0 to 4 \(zynq_gpio\), gpiochip1:0 to 1"),
        (17, "17 is not a line: write its name"),
    ],
)
def test_an_unknown_name_is_refused_with_the_names_that_exist(
    name: str | int, message: str, factory: GpioChipFactory
) -> None:
    with pytest.raises(PinInvalidPin, match=message):
        LED(name, pin_factory=factory)


def test_a_line_is_given_to_one_device_under_all_its_names(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    with LED("lamp", pin_factory=factory):
        with pytest.raises(GPIOPinInUse, match=r"lamp \(gpiochip0:1\) is already in use by <gpiozero.LED"):
            LED("zynq_gpio:1", pin_factory=factory)
        assert len(line(kernel, 1).configs) == 1
    with LED("zynq_gpio:1", pin_factory=factory):
        pass


def test_a_line_that_another_program_has_is_refused_with_its_name(factory: GpioChipFactory) -> None:
    with pytest.raises(GPIOPinInUse, match=r"board-led \(gpiochip0:4\) is already in use by 'leds'"):
        LED("board-led", pin_factory=factory)


@tried(Kind.GPIO, "a machine without GPIO chip", "BadPinFactory in one line")
def test_a_machine_without_chips_is_an_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadPinFactory, match=r"^this machine has no GPIO chip \(.*gpiochip\*\)$"):
        GpioChipFactory(dev=tmp_path)


@tried(Kind.GPIO, "a user who may not open the chip", "LineAccessDenied: names the group")
def test_denied_access_is_an_error_that_names_the_group(
    kernel: FakeKernel, factory: GpioChipFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(path: Path, *_: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("binarycop.lines.chardev.os.open", deny)
    with pytest.raises(LineAccessDenied, match=r"access to .*gpiochip0 is denied: .*group gpio") as caught:
        LED("gate-relay", pin_factory=factory)
    assert isinstance(caught.value, PermissionError)
    assert caught.value.chip == kernel.dev / "gpiochip0"


def test_a_link_to_a_chip_is_not_a_second_chip(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    (kernel.dev / "gpiochip4").symlink_to("gpiochip0")
    with LED("gate-relay", pin_factory=factory):
        pass


@tried(Kind.GPIO, "a USB chip that is unplugged", "OSError at the next use; can be closed")
def test_a_removed_chip_fails_in_use_and_can_be_closed(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    with LED("gpiochip1:1", pin_factory=factory) as led:
        kernel.chips["gpiochip1"].gone = True
        with pytest.raises(OSError, match="No such device"):
            led.on()


def test_lane_io_names_the_line_that_cannot_be_opened(factory: GpioChipFactory) -> None:
    lane = LaneSettings(lines=LinesSettings(permission=LineSettings("board-led"), lamps={}))
    with pytest.raises(LineError, match=r"^line board-led: cannot be opened: .* in use by 'leds'$"):
        LaneIo(lane, factory)


def test_a_permission_that_the_dead_man_timer_held_back_is_cleared_when_it_ends(
    kernel: FakeKernel, factory: GpioChipFactory
) -> None:
    """The overlay reads back the pin. The timer lets the next permission through only after the output was low."""
    lane = LaneSettings(lines=LinesSettings(permission=LineSettings("gate-relay"), lamps={}))
    relay = line(kernel, 0)
    with LaneIo(lane, factory) as lane_io:
        lane_io.drive(True, {}, 0.0)
        relay.held_low = True
        assert not lane_io.is_relay_on
        lane_io.drive(False, {}, 1.0)
        assert not relay.level
        relay.held_low = False
        lane_io.drive(True, {}, 2.0)
        assert lane_io.is_relay_on


def test_closing_leaves_a_lamp_as_it_is(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    lamps = {"correct": LineSettings("lamp")}
    lane = LaneSettings(lines=LinesSettings(permission=LineSettings("gate-relay"), lamps=lamps))
    with LaneIo(lane, factory) as lane_io:
        lane_io.drive(True, {"correct": LampPattern.ON}, 0.0)
    assert [line(kernel, offset).level for offset in (0, 1)] == [False, True]


def test_lane_io_drives_a_line_of_the_chip(kernel: FakeKernel, factory: GpioChipFactory) -> None:
    lane = LaneSettings(lines=LinesSettings(permission=LineSettings("gate-relay", active_high=False), lamps={}))
    with LaneIo(lane, factory) as lane_io:
        assert line(kernel, 0).level
        lane_io.drive(True, {}, 0.0)
        assert not line(kernel, 0).level
    assert line(kernel, 0).level
