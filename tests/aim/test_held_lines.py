"""The lines while a camera is mounted: nobody else can drive them, and neither can the command."""

from dataclasses import replace

import pytest
from gpiozero import DigitalOutputDevice

from binarycop.aim.held_lines import HeldLines
from binarycop.errors import LineError
from binarycop.lines.lane_io import LaneIo
from binarycop.lines.mock import MockLines
from binarycop.settings.lines import InputSettings, LineSettings, LinesSettings
from binarycop.settings.schema import LaneSettings

LANE = LaneSettings(lines=LinesSettings(permission=LineSettings("R1"), passed=InputSettings("IN1")))


def test_nobody_else_can_open_them_and_all_outputs_stay_off() -> None:
    factory = MockLines()
    with HeldLines(LANE, factory) as held:
        assert not held.is_relay_on
        with pytest.raises(LineError, match=r"R1: cannot be opened: .*already in use"):
            LaneIo(LANE, factory)
        assert not factory.pin("R1").state
    with LaneIo(LANE, factory):
        pass


def test_an_active_low_relay_is_off_too() -> None:
    lane = replace(LANE, lines=replace(LANE.lines, permission=LineSettings("R1", active_high=False)))
    factory = MockLines()
    with HeldLines(lane, factory) as held:
        assert not held.is_relay_on
        assert factory.pin("R1").state


def test_a_relay_that_reads_on_is_noticed() -> None:
    factory = MockLines()
    with HeldLines(LANE, factory) as held:
        factory.pin("R1").state = True
        assert held.is_relay_on


def test_a_line_that_is_taken_is_an_error_and_the_others_are_released() -> None:
    factory = MockLines()
    other = DigitalOutputDevice("IN1", pin_factory=factory)
    with pytest.raises(LineError, match=r"line IN1: cannot be opened: .*already in use"):
        HeldLines(LANE, factory)
    other.close()
    with HeldLines(LANE, factory):
        pass
