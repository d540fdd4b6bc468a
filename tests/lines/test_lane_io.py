"""Relay, lamps and inputs of a lane on the pin factory ``mock``; also the choice of a factory, and blink patterns."""

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


def test_every_output_starts_inactive() -> None:
    factory = MockLines()
    with LaneIo(LANE, factory) as lane_io:
        assert not lane_io.is_relay_on
        for name in ("RELAY", "LD0", "LD1", "LD2", "LD3"):
            line = factory.pin(name)
            assert (line.function, line.state) == ("output", False)
            assert not any(state.state for state in line.states)


def test_an_active_low_relay_line_is_low_only_with_permission() -> None:
    factory = MockLines()
    lane = replace(LANE, lines=replace(LINES, permission=LineSettings("RELAY", active_high=False)))
    with LaneIo(lane, factory) as lane_io:
        assert factory.pin("RELAY").state is True
        lane_io.drive(True, NO_LAMPS, 0.0)
        assert factory.pin("RELAY").state is False


def test_gate_fail_decides_whether_the_relay_is_on_with_or_without_permission() -> None:
    with LaneIo(LANE, MockLines()) as lane_io:
        lane_io.drive(True, NO_LAMPS, 0.0)
        assert lane_io.is_relay_on
        lane_io.drive(False, NO_LAMPS, 0.0)
        assert not lane_io.is_relay_on
    with LaneIo(replace(LANE, gate=GateSettings(fail=Fail.OPEN)), MockLines()) as lane_io:
        lane_io.drive(False, NO_LAMPS, 0.0)
        assert lane_io.is_relay_on
        lane_io.drive(True, NO_LAMPS, 0.0)
        assert not lane_io.is_relay_on


def test_lamps_follow_their_patterns_and_are_off_without_one() -> None:
    factory = MockLines()
    with LaneIo(LANE, factory) as lane_io:
        lane_io.drive(False, {"correct": LampPattern.ON, "nose": LampPattern.SLOW}, 0.1)
        assert [factory.pin(f"LD{index}").state for index in range(4)] == [True, True, False, False]
        lane_io.drive(False, {"nose": LampPattern.SLOW}, 0.6)
        assert [factory.pin(f"LD{index}").state for index in range(4)] == [False, False, False, False]


def test_the_heartbeat_toggles_with_each_drive_and_nothing_else() -> None:
    factory = MockLines()
    lane = LaneSettings(lines=LinesSettings(heartbeat=LineSettings("BEAT")))
    with LaneIo(lane, factory) as lane_io:
        levels = []
        for step in range(4):
            lane_io.drive(step == 1, NO_LAMPS, float(step))
            levels.append(factory.pin("BEAT").state)
        lane_io.read(0.0)
        assert levels == [True, False, True, False]
        assert factory.pin("BEAT").state is False


def test_a_passage_pulse_is_counted_even_if_it_ends_before_the_next_read() -> None:
    factory = MockLines()
    with LaneIo(LANE, factory) as lane_io:
        factory.pin("READY").drive_high()
        factory.pin("FIRE").drive_high()
        for _ in range(2):
            factory.pin("PASSED").drive_high()
            factory.pin("PASSED").drive_low()
        assert lane_io.read(0.0) == LaneInputs(passages=2, ready=True, fire=False, override=False)
        factory.pin("FIRE").drive_low()
        assert lane_io.read(0.0) == LaneInputs(passages=0, ready=True, fire=True, override=False)


def test_a_fire_begins_at_once_and_is_over_after_a_second_without_a_break() -> None:
    factory = MockLines()
    fire = factory.pin("FIRE")
    with LaneIo(LaneSettings(lines=LinesSettings(fire=InputSettings("FIRE"))), factory) as lane_io:
        assert not lane_io.read(0.0).fire
        fire.drive_high()
        assert lane_io.read(0.05).fire
        fire.drive_low()
        assert lane_io.read(1.0).fire
        fire.drive_high()
        assert lane_io.read(1.5).fire
        fire.drive_low()
        assert [lane_io.read(now_s).fire for now_s in (1.55, 2.45, 2.55)] == [True, True, False]


def test_a_fire_input_that_chatters_switches_the_relay_once() -> None:
    factory = MockLines()
    with LaneIo(LaneSettings(lines=LinesSettings(fire=InputSettings("FIRE"))), factory) as lane_io:
        for step in range(600):  # a minute at 20 Hz
            if step % 2:
                factory.pin("FIRE").drive_high()
            else:
                factory.pin("FIRE").drive_low()
            lane_io.drive(lane_io.read(step * 0.05).fire, NO_LAMPS, step * 0.05)
        changes = [state.state for state in factory.pin("RELAY").states]
    assert changes == [False, True]


def test_no_passage_is_lost_at_60_a_second() -> None:
    factory = MockLines()
    with LaneIo(LANE, factory) as lane_io:
        counted = 0
        for step in range(200):  # ten seconds
            for _ in range(3):
                factory.pin("PASSED").drive_high()
                factory.pin("PASSED").drive_low()
            counted += lane_io.read(step * 0.05).passages
    assert counted == 600


def test_passages_can_be_discarded() -> None:
    factory = MockLines()
    with LaneIo(LANE, factory) as lane_io:
        factory.pin("PASSED").drive_high()
        lane_io.discard_passages()
        assert lane_io.read(0.0).passages == 0


def test_a_lane_without_inputs_is_ready_and_reports_no_fire() -> None:
    with LaneIo(LaneSettings(), MockLines()) as lane_io:
        assert lane_io.read(0.0) == LaneInputs(passages=0, ready=True, fire=False, override=False)


def test_an_input_has_its_bias_and_active_level() -> None:
    factory = MockLines()
    fire = InputSettings("FIRE", active_high=False, bias=Bias.UP)
    with LaneIo(LaneSettings(lines=LinesSettings(fire=fire)), factory) as lane_io:
        assert factory.pin("FIRE").pull == "up"
        assert not lane_io.read(0.0).fire
        factory.pin("FIRE").drive_low()
        assert lane_io.read(0.0).fire


def test_a_pull_that_the_chip_refuses_is_an_error_and_the_line_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(line: MockLine, pull: str) -> None:
        if pull != "floating":
            raise PinFixedPull("this chip has no pulls")

    factory = MockLines()
    lane = LaneSettings(lines=LinesSettings(fire=InputSettings("FIRE", bias=Bias.UP)))
    with monkeypatch.context() as patched:
        patched.setattr(MockLine, "_set_pull", refuse)
        with pytest.raises(LineError, match="line FIRE: cannot be opened: this chip has no pulls"):
            LaneIo(lane, factory)
    with LaneIo(lane, factory):
        pass


def test_an_output_that_cannot_be_read_is_an_error_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(line: MockLine) -> bool:
        raise OSError(errno.ENODEV, "No such device")

    with LaneIo(LANE, MockLines()) as lane_io, monkeypatch.context() as patched:
        patched.setattr(MockLine, "_get_state", gone)
        with pytest.raises(LineError, match=r"line RELAY: cannot be read: .*No such device"):
            lane_io.drive(True, NO_LAMPS, 0.0)


def test_closing_switches_the_relay_off_and_may_be_done_twice() -> None:
    factory = MockLines()
    lane_io = LaneIo(LANE, factory)
    lane_io.drive(True, {"correct": LampPattern.ON}, 0.0)
    lane_io.close()
    lane_io.close()
    assert [state.state for state in factory.pin("RELAY").states] == [False, True, False]
    with LaneIo(LANE, factory):
        pass  # every line can be opened again


def test_an_exception_switches_the_relay_off() -> None:
    factory = MockLines()
    lane_io = LaneIo(LANE, factory)
    lane_io.drive(True, NO_LAMPS, 0.0)
    with pytest.raises(ZeroDivisionError), lane_io:
        raise ZeroDivisionError
    assert factory.pin("RELAY").state is False


def test_a_line_that_another_device_has_is_an_error_and_the_others_are_closed() -> None:
    factory = MockLines()
    with DigitalOutputDevice("LD2", pin_factory=factory):
        with pytest.raises(LineError, match=r"line LD2: cannot be opened: .*in use"):
            LaneIo(LANE, factory)
        with DigitalOutputDevice("RELAY", pin_factory=factory):
            pass


def test_a_line_that_fails_in_use_is_an_error_and_the_others_are_closed() -> None:
    factory = MockLines()
    lane_io = LaneIo(LANE, factory)
    factory.pin("RELAY").close()  # becomes an input, as if another program had taken it
    with pytest.raises(LineError, match="line RELAY: cannot be driven"):
        lane_io.drive(True, NO_LAMPS, 0.0)
    with pytest.raises(LineError, match="line RELAY: cannot be driven"):
        lane_io.close()
    with LaneIo(LANE, factory):
        pass


def test_a_mock_line_remembers_a_limited_number_of_states() -> None:
    factory = MockLines()
    with LaneIo(LANE, factory) as lane_io:
        for index in range(3000):
            lane_io.drive(index % 2 == 0, NO_LAMPS, 0.0)
    assert len(factory.pin("RELAY").states) <= 1000


@pytest.mark.parametrize("name", ["native", "lgpio", "pigpio", "rpigpio"])
def test_factories_for_the_raspberry_pi_are_refused(name: str) -> None:
    with pytest.raises(FactoryError, match="for Raspberry Pi boards"):
        open_factory(name)


def test_auto_is_refused_for_a_live_camera_on_a_board_and_is_mock_otherwise(
    tmp_path: Path,
) -> None:
    board, pc = tmp_path / "compatible", tmp_path / "none"
    board.write_bytes(b"digilent,zynq-pynqz1\0xlnx,zynq-7000\0")
    message = r"no pin factory is configured on this board \(digilent,zynq-pynqz1, xlnx,zynq-7000\); set lines.factory"
    with pytest.raises(FactoryError, match=message):
        resolve("auto", is_live=True, board=board)
    assert resolve("auto", is_live=False, board=board) == "mock"
    assert resolve("auto", is_live=True, board=pc) == "mock"
    assert resolve("gpiochip", is_live=True, board=board) == "gpiochip"


def test_a_factory_that_is_not_installed_is_an_error() -> None:
    with pytest.raises(FactoryError, match="pin factory nosuch: there is no such pin factory"):
        open_factory("nosuch")


TIMES_S = [index * 0.1 + 0.05 for index in range(20)]  # two seconds in tenths


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
def test_blink_patterns_differ(pattern: LampPattern, lit: str) -> None:
    assert "".join("#" if is_lit(pattern, at_s) else "." for at_s in TIMES_S) == lit


def test_the_fast_pattern_is_lit_four_times_a_second() -> None:
    shown = [is_lit(LampPattern.FAST, index / 8 + 0.01) for index in range(8)]
    assert shown == [True, False] * 4


def test_the_level_of_every_wire_is_known() -> None:
    factory = MockLines()
    with LaneIo(LANE, factory) as lane_io:
        factory.pin("READY").drive_high()
        lane_io.drive(True, NO_LAMPS, 0.0)
        levels = lane_io.levels()
        assert (levels["lines.permission"], levels["lines.ready"], levels["lines.passed"]) == (True, True, False)
        assert levels["lines.fire"], "it is active at low level"
        assert len(levels) == 8
