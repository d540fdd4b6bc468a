"""The register protocol: in FINN's order, and never without a deadline."""

import pytest

from binarycop.accelerator.dma import DONE, IDLE, READY, START, Dma, Pipeline
from binarycop.clock import ManualClock
from binarycop.errors import BackendError, DmaBusy, DmaDataError, DmaTimeout
from tests.accelerator.fakes import ScriptedRegisters

DONE_NOW = DONE | IDLE | READY


class Wired:
    """A pipeline on scripted registers, and a clock that only its sleep moves."""

    def __init__(self, source: list[int], sink: list[int], deadline_s: float = 0.01) -> None:
        self.log: list[tuple[str, str, int, int]] = []
        self.clock = ManualClock(7.0)
        registers = ScriptedRegisters("in", self.log, source), ScriptedRegisters("out", self.log, sink)
        dmas = Dma("idma0", registers[0]), Dma("odma0", registers[1])
        self.pipeline = Pipeline(*dmas, self.clock, self.sleep, deadline_s)

    def sleep(self, seconds: float) -> None:
        self.log.append(("", "sleep", 0, 0))
        self.clock.advance_to(self.clock.now_s() + seconds)

    def run(self) -> None:
        self.pipeline.run(0x1_2345_6789, 0xF_0000_0010, 9)


def test_the_output_dma_is_started_first_and_addresses_have_64_bits() -> None:
    wired = Wired([IDLE], [IDLE, START, START, DONE_NOW])
    wired.run()
    assert [entry for entry in wired.log if entry[1] == "write"] == [
        ("out", "write", 0x10, 0x0000_0010),
        ("out", "write", 0x14, 0xF),
        ("out", "write", 0x1C, 9),
        ("out", "write", 0x00, 1),
        ("in", "write", 0x10, 0x2345_6789),
        ("in", "write", 0x14, 0x1),
        ("in", "write", 0x1C, 9),
        ("in", "write", 0x00, 1),
    ]


def test_between_two_looks_at_a_running_dma_the_processor_is_given_away() -> None:
    wired = Wired([IDLE], [IDLE, START, START, START, DONE_NOW])
    wired.run()
    last_write = max(index for index, entry in enumerate(wired.log) if entry[1] == "write")
    waits = [entry[1] for entry in wired.log[last_write + 1 :]]
    assert waits == ["read", "sleep", "read", "sleep", "read", "sleep", "read"]


def test_a_done_that_came_too_late_for_its_batch_does_not_count_for_the_next() -> None:
    wired = Wired([IDLE], [DONE_NOW, START, DONE_NOW])
    wired.run()
    controls = [value for name, what, _, value in wired.log if (name, what) == ("out", "read")]
    assert controls == [DONE_NOW, START, DONE_NOW], "the first was read, and so cleared, before the start"


def test_a_hung_dma_is_an_error_within_its_deadline() -> None:
    wired = Wired([IDLE], [IDLE, START])
    with pytest.raises(DmaTimeout, match="odma0 has not finished within 10 ms") as caught:
        wired.run()
    assert (caught.value.dma, caught.value.deadline_s) == ("odma0", 0.01)
    assert isinstance(caught.value, BackendError)
    assert 0.01 <= wired.clock.now_s() - 7.0 < 0.0102


def test_a_batch_that_ends_just_at_its_deadline_counts() -> None:
    wired = Wired([IDLE], [IDLE, START, DONE_NOW], deadline_s=50e-6)
    wired.run()


@pytest.mark.parametrize("control", [0, START, START | IDLE, DONE])
def test_a_dma_that_is_not_idle_is_not_started(control: int) -> None:
    for wired, name in ((Wired([control], [IDLE]), "idma0"), (Wired([IDLE], [control]), "odma0")):
        with pytest.raises(DmaBusy, match=f"{name} is not idle, its control register reads 0x0000000{control}"):
            wired.run()
        assert not any(entry[1] == "write" for entry in wired.log)


@pytest.mark.parametrize("control", [0xFFFF_FFFF, 0xDEAD_BEEF, 0x1_0000])
def test_a_control_register_that_reads_nonsense_is_an_error_at_once(control: int) -> None:
    with pytest.raises(DmaDataError, match=f"idma0: control register reads 0x{control:08x}"):
        Wired([control], [IDLE]).run()
    wired = Wired([IDLE], [IDLE, START, control])
    with pytest.raises(DmaDataError, match="odma0"):
        wired.run()
    assert wired.clock.now_s() < 7.001
