"""The register protocol: accesses in FINN's order, and every wait with a deadline."""

import pytest

from binarycop.accelerator.dma import DONE, IDLE, READY, START, Dma, Pipeline
from binarycop.clock import ManualClock
from binarycop.errors import BackendError, DmaBusy, DmaDataError, DmaTimeout
from tests.accelerator.fakes import ScriptedRegisters

DONE_NOW = DONE | IDLE | READY


class ScriptedPipeline:
    """A pipeline on scripted registers, and a clock that only its sleep advances."""

    def __init__(self, input_controls: list[int], output_controls: list[int], deadline_s: float = 0.01) -> None:
        self.log: list[tuple[str, str, int, int]] = []
        self.clock = ManualClock(7.0)
        input_dma = Dma("idma0", ScriptedRegisters("in", self.log, input_controls))
        output_dma = Dma("odma0", ScriptedRegisters("out", self.log, output_controls))
        self.pipeline = Pipeline(input_dma, output_dma, self.clock, self.sleep, deadline_s)

    def sleep(self, seconds: float) -> None:
        self.log.append(("", "sleep", 0, 0))
        self.clock.advance_to(self.clock.now_s() + seconds)

    def run(self) -> None:
        self.pipeline.run(0x1_2345_6789, 0xF_0000_0010, 9)


def test_the_output_dma_is_started_first_and_addresses_have_64_bits() -> None:
    scripted = ScriptedPipeline([IDLE], [IDLE, START, START, DONE_NOW])
    scripted.run()
    assert [entry for entry in scripted.log if entry[1] == "write"] == [
        ("out", "write", 0x10, 0x0000_0010),
        ("out", "write", 0x14, 0xF),
        ("out", "write", 0x1C, 9),
        ("out", "write", 0x00, 1),
        ("in", "write", 0x10, 0x2345_6789),
        ("in", "write", 0x14, 0x1),
        ("in", "write", 0x1C, 9),
        ("in", "write", 0x00, 1),
    ]


def test_between_two_reads_of_a_running_dma_the_driver_sleeps() -> None:
    scripted = ScriptedPipeline([IDLE], [IDLE, START, START, START, DONE_NOW])
    scripted.run()
    last_write = max(index for index, entry in enumerate(scripted.log) if entry[1] == "write")
    waits = [entry[1] for entry in scripted.log[last_write + 1 :]]
    assert waits == ["read", "sleep", "read", "sleep", "read", "sleep", "read"]


def test_the_done_bit_of_a_batch_that_was_too_late_does_not_count_for_the_next_one() -> None:
    scripted = ScriptedPipeline([IDLE], [DONE_NOW, START, DONE_NOW])
    scripted.run()
    controls = [value for name, what, _, value in scripted.log if (name, what) == ("out", "read")]
    assert controls == [DONE_NOW, START, DONE_NOW], "the first read, which clears the bit, is before the start"


def test_a_dma_that_hangs_is_an_error_within_its_deadline() -> None:
    scripted = ScriptedPipeline([IDLE], [IDLE, START])
    with pytest.raises(DmaTimeout, match="odma0 has not finished within 10 ms") as caught:
        scripted.run()
    assert (caught.value.dma, caught.value.deadline_s) == ("odma0", 0.01)
    assert isinstance(caught.value, BackendError)
    assert 0.01 <= scripted.clock.now_s() - 7.0 < 0.0102


def test_a_batch_that_ends_exactly_at_its_deadline_counts() -> None:
    scripted = ScriptedPipeline([IDLE], [IDLE, START, DONE_NOW], deadline_s=50e-6)
    scripted.run()


@pytest.mark.parametrize("control", [0, START, START | IDLE, DONE])
def test_a_dma_that_is_not_idle_is_not_started(control: int) -> None:
    for scripted, name in (
        (ScriptedPipeline([control], [IDLE]), "idma0"),
        (ScriptedPipeline([IDLE], [control]), "odma0"),
    ):
        with pytest.raises(DmaBusy, match=f"{name} is not idle, its control register reads 0x0000000{control}"):
            scripted.run()
        assert not any(entry[1] == "write" for entry in scripted.log)


@pytest.mark.parametrize("control", [0xFFFF_FFFF, 0xDEAD_BEEF, 0x1_0000])
def test_an_unused_bit_in_a_control_register_is_an_error_at_once(control: int) -> None:
    with pytest.raises(DmaDataError, match=f"idma0: control register reads 0x{control:08x}"):
        ScriptedPipeline([control], [IDLE]).run()
    scripted = ScriptedPipeline([IDLE], [IDLE, START, control])
    with pytest.raises(DmaDataError, match="odma0"):
        scripted.run()
    assert scripted.clock.now_s() < 7.001
