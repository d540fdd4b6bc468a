"""What a lane writes to the journal about its lines: outputs that do not follow, and passages that were not counted."""

from dataclasses import replace

import pytest

from binarycop.journal.events import Event
from binarycop.lines.lane_io import LaneInputs, LaneIo
from binarycop.lines.mock import MockLine
from tests.service.fakes import SimulatedSetup


def stick(monkeypatch: pytest.MonkeyPatch, line: MockLine, level: bool) -> None:
    real = MockLine._get_state
    monkeypatch.setattr(MockLine, "_get_state", lambda pin: level if pin is line else real(pin))


def test_a_relay_that_reads_on_is_a_fault_with_its_reason_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = SimulatedSetup()
    setup.frames(3)
    stick(monkeypatch, setup.factory.pin("RELAY"), True)
    setup.frames(20)
    detail = "lines.permission (RELAY) was switched off and reads on"
    assert setup.records(Event.OUTPUT_DIFFERS) == [("output_differs", {"detail": detail})]
    assert len(setup.records(Event.FAULT)) == 1


def test_a_lamp_that_stays_dark_is_told_once_and_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = SimulatedSetup()
    stick(monkeypatch, setup.factory.pin("LD0"), False)
    setup.person_arrives([50, 0, 0, 0]).frames(40)
    assert [name for name, _ in setup.records(Event.OUTPUT_DIFFERS, Event.FAULT)] == ["output_differs"]
    assert setup.records(Event.PERMIT)


def test_passages_that_were_not_counted_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    setup, real = SimulatedSetup(), LaneIo.read
    lost = [0, 3, 0]

    def read(lane_io: LaneIo, now_s: float) -> LaneInputs:
        return replace(real(lane_io, now_s), passages_lost=lost.pop(0))

    monkeypatch.setattr(LaneIo, "read", read)
    setup.frames(3)
    assert setup.records(Event.PASSAGES_LOST) == [("passages_lost", {"count": 3})]
