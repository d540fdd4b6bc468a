"""Relay, lamps and inputs on the mock factory, as gpiozero sees them."""

import errno
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from gpiozero import DigitalOutputDevice
from gpiozero.exc import PinFixedPull

from binarycop.errors import FactoryError, LineError
from binarycop.lines.factory import open_factory, resolve
from binarycop.lines.lane_io import LaneInputs, LaneIo
from binarycop.lines.mock import MockLine, MockLines
from binarycop.lines.patterns import is_lit
from binarycop.settings.gate import Fail, GateSettings
from binarycop.settings.lines import Bias, InputSettings, LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.signals import LampPattern

LINES = LinesSettings(passed=InputSettings("PASSED"), ready=InputSettings("READY"), fire=InputSettings("FIRE", False))
LANE = LaneSettings(lines=LINES)
NO_LAMPS = MappingProxyType[str, LampPattern]({})


def test_every_wire_starts_released() -> None:
    factory = MockLines()
    with LaneIo(LANE, factory) as wires:
        assert not wires.coil
        for name in ("RELAY", "LD0", "LD1", "LD2", "LD3"):
            line = factory.pin(name)
            assert (line.function, line.state) == ("output", False)
            assert not any(state.state for state in line.states)


def test_an_active_low_relay_is_never_low_by_itself() -> None:
    factory = MockLines()
    lane = replace(LANE, lines=replace(LINES, permission=LineSettings("RELAY", active_high=False)))
    with LaneIo(lane, factory) as wires:
        assert factory.pin("RELAY").state is True
        wires.drive(True, NO_LAMPS, 0.0)
        assert factory.pin("RELAY").state is False


def test_the_coil_is_energised_for_permission_or_against_it_as_the_lane_is_wired() -> None:
    with LaneIo(LANE, MockLines()) as wires:
        wires.drive(True, NO_LAMPS, 0.0)
        assert wires.coil
        wires.drive(False, NO_LAMPS, 0.0)
        assert not wires.coil
    with LaneIo(replace(LANE, gate=GateSettings(fail=Fail.OPEN)), MockLines()) as wires:
        wires.drive(False, NO_LAMPS, 0.0)
        assert wires.coil
        wires.drive(True, NO_LAMPS, 0.0)
        assert not wires.coil


def test_lamps_follow_their_patterns_and_the_unnamed_are_off() -> None:
    factory = MockLines()
    with LaneIo(LANE, factory) as wires:
        wires.drive(False, {"correct": LampPattern.ON, "nose": LampPattern.SLOW}, 0.1)
        assert [factory.pin(f"LD{index}").state for index in range(4)] == [True, True, False, False]
        wires.drive(False, {"nose": LampPattern.SLOW}, 0.6)
        assert [factory.pin(f"LD{index}").state for index in range(4)] == [False, False, False, False]


def test_the_heartbeat_changes_with_every_step_and_with_nothing_else() -> None:
    factory = MockLines()
    lane = LaneSettings(lines=LinesSettings(heartbeat=LineSettings("BEAT")))
    with LaneIo(lane, factory) as wires:
        levels = []
        for step in range(4):
            wires.drive(step == 1, NO_LAMPS, float(step))
            levels.append(factory.pin("BEAT").state)
        wires.read()
        assert levels == [True, False, True, False]
        assert factory.pin("BEAT").state is False


def test_a_pulse_of_the_lane_is_counted_though_it_is_over_at_the_next_look() -> None:
    factory = MockLines()
    with LaneIo(LANE, factory) as wires:
        factory.pin("READY").drive_high()
        factory.pin("FIRE").drive_high()
        for _ in range(2):
            factory.pin("PASSED").drive_high()
            factory.pin("PASSED").drive_low()
        assert wires.read() == LaneInputs(passages=2, ready=True, fire=False, override=False)
        factory.pin("FIRE").drive_low()
        assert wires.read() == LaneInputs(passages=0, ready=True, fire=True, override=False)


def test_a_lane_without_inputs_is_ready_and_not_on_fire() -> None:
    with LaneIo(LaneSettings(), MockLines()) as wires:
        assert wires.read() == LaneInputs(passages=0, ready=True, fire=False, override=False)


def test_an_input_has_the_pull_and_the_sense_that_its_contact_is_wired_for() -> None:
    factory = MockLines()
    fire = InputSettings("FIRE", active_high=False, bias=Bias.UP)
    with LaneIo(LaneSettings(lines=LinesSettings(fire=fire)), factory) as wires:
        assert factory.pin("FIRE").pull == "up"
        assert not wires.read().fire
        factory.pin("FIRE").drive_low()
        assert wires.read().fire


def test_a_pull_that_the_chip_refuses_is_said_and_the_line_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(line: MockLine, pull: str) -> None:
        if pull != "floating":
            raise PinFixedPull("this chip has no pulls")

    factory = MockLines()
    lane = LaneSettings(lines=LinesSettings(fire=InputSettings("FIRE", bias=Bias.UP)))
    with monkeypatch.context() as patched:
        patched.setattr(MockLine, "_set_pull", refuse)
        with pytest.raises(LineError, match="line FIRE: cannot be had: this chip has no pulls"):
            LaneIo(lane, factory)
    with LaneIo(lane, factory):
        pass


def test_an_output_that_cannot_even_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(line: MockLine) -> bool:
        raise OSError(errno.ENODEV, "No such device")

    with LaneIo(LANE, MockLines()) as wires, monkeypatch.context() as patched:
        patched.setattr(MockLine, "_get_state", gone)
        with pytest.raises(LineError, match=r"line RELAY: cannot be read: .*No such device"):
            wires.drive(True, NO_LAMPS, 0.0)


def test_closing_releases_the_coil_and_may_be_done_twice() -> None:
    factory = MockLines()
    wires = LaneIo(LANE, factory)
    wires.drive(True, {"correct": LampPattern.ON}, 0.0)
    wires.close()
    wires.close()
    assert [state.state for state in factory.pin("RELAY").states] == [False, True, False]
    with LaneIo(LANE, factory):
        pass  # every line can be had again


def test_an_exception_on_the_way_releases_the_coil() -> None:
    factory = MockLines()
    wires = LaneIo(LANE, factory)
    wires.drive(True, NO_LAMPS, 0.0)
    with pytest.raises(ZeroDivisionError), wires:
        raise ZeroDivisionError
    assert factory.pin("RELAY").state is False


def test_a_line_that_another_device_holds_is_said_and_the_others_are_given_back() -> None:
    factory = MockLines()
    with DigitalOutputDevice("LD2", pin_factory=factory):
        with pytest.raises(LineError, match=r"line LD2: cannot be had: .*in use"):
            LaneIo(LANE, factory)
        with DigitalOutputDevice("RELAY", pin_factory=factory):
            pass


def test_a_line_that_fails_in_use_is_named_and_the_others_are_given_back() -> None:
    factory = MockLines()
    wires = LaneIo(LANE, factory)
    factory.pin("RELAY").close()  # becomes an input, as when something else takes it over
    with pytest.raises(LineError, match="line RELAY: cannot be driven"):
        wires.drive(True, NO_LAMPS, 0.0)
    with pytest.raises(LineError, match="line RELAY: cannot be driven"):
        wires.close()
    with LaneIo(LANE, factory):
        pass


def test_a_mock_line_remembers_only_so_much() -> None:
    factory = MockLines()
    with LaneIo(LANE, factory) as wires:
        for index in range(3000):
            wires.drive(index % 2 == 0, NO_LAMPS, 0.0)
    assert len(factory.pin("RELAY").states) <= 1000


@pytest.mark.parametrize("name", ["native", "lgpio", "pigpio", "rpigpio"])
def test_factories_for_the_raspberry_pi_are_refused(name: str) -> None:
    with pytest.raises(FactoryError, match="for Raspberry Pi boards"):
        open_factory(name)


def test_without_a_factory_a_live_camera_on_a_board_is_refused_and_everything_else_gets_mock_lines(
    tmp_path: Path,
) -> None:
    board, pc = tmp_path / "compatible", tmp_path / "none"
    board.write_bytes(b"digilent,zynq-pynqz1\0xlnx,zynq-7000\0")
    said = r"pin factory auto: none is set on this board \(digilent,zynq-pynqz1, xlnx,zynq-7000\); set lines.factory"
    with pytest.raises(FactoryError, match=said):
        resolve("auto", is_live=True, board=board)
    assert resolve("auto", is_live=False, board=board) == "mock"
    assert resolve("auto", is_live=True, board=pc) == "mock"
    assert resolve("gpiochip", is_live=True, board=board) == "gpiochip"


def test_a_factory_that_is_not_installed_is_said() -> None:
    with pytest.raises(FactoryError, match="pin factory nosuch: there is no such pin factory"):
        open_factory("nosuch")


PERIOD = [index * 0.1 + 0.05 for index in range(20)]  # two seconds in tenths


@pytest.mark.parametrize(
    ("pattern", "lit"),
    [
        (LampPattern.OFF, "...................."),
        (LampPattern.ON, "####################"),
        (LampPattern.SLOW, "#####.....#####....."),
        (LampPattern.ONE, "##.................."),
        (LampPattern.TWO, "##..##.............."),
        (LampPattern.THREE, "##..##..##.........."),
    ],
)
def test_blink_patterns_can_be_told_apart(pattern: LampPattern, lit: str) -> None:
    assert "".join("#" if is_lit(pattern, at_s) else "." for at_s in PERIOD) == lit


def test_the_fast_pattern_changes_four_times_a_second() -> None:
    shown = [is_lit(LampPattern.FAST, index / 8 + 0.01) for index in range(8)]
    assert shown == [True, False] * 4
