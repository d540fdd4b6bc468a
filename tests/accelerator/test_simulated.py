"""The simulated board is as unkind as a real one: caches, registers with side effects, faults."""

from pathlib import Path

import numpy as np
import pytest

from binarycop.accelerator.dma import ADDRESS_HIGH, ADDRESS_LOW, CONTROL, DONE, IDLE, IMAGES, READY, START
from binarycop.accelerator.simulated import design
from binarycop.accelerator.simulated.fabric import SimulatedFault
from binarycop.accelerator.simulated.iodma import Iodma
from binarycop.accelerator.simulated.memory import Memory, SimulatedBusError
from binarycop.bundle import hwh
from binarycop.bundle.files import Bundle
from binarycop.bundle.hwh import AddressRange
from binarycop.errors import OverlayError
from binarycop.settings.classifier import FaultKind
from tests.accelerator.fakes import HIGH, SimulatedSetup


def test_the_dma_sees_what_was_flushed_and_nothing_else() -> None:
    memory = Memory()
    offset = memory.allocate(64)
    memory.view(offset, 64)[:] = 7
    assert not (memory.dma_read(memory.base + offset, 64) == 7).all()
    memory.flush(offset, 32)
    assert (memory.dma_read(memory.base + offset, 32) == 7).all()
    assert not (memory.dma_read(memory.base + offset + 32, 32) == 7).all()


def test_the_processor_sees_what_the_dma_wrote_only_after_an_invalidate() -> None:
    memory = Memory()
    offset = memory.allocate(64)
    memory.flush(offset, 64)
    memory.dma_write(memory.base + offset, np.full(64, 9, np.uint8))
    assert not (memory.view(offset, 64) == 9).all()
    memory.invalidate(offset, 64)
    assert (memory.view(offset, 64) == 9).all()


def test_a_line_that_was_written_and_not_flushed_comes_back_over_what_the_dma_wrote() -> None:
    memory = Memory()
    offset = memory.allocate(64)
    memory.flush(offset, 64)
    memory.view(offset, 64)[3] ^= 1
    memory.dma_write(memory.base + offset, np.full(64, 9, np.uint8))
    memory.invalidate(offset, 64)
    assert not (memory.view(offset, 64)[:32] == 9).all()
    assert (memory.view(offset, 64)[32:] == 9).all()


def test_a_dma_beyond_the_memory_is_a_bus_error() -> None:
    memory = Memory(HIGH, 4096)
    with pytest.raises(SimulatedBusError, match="0x10000000, where there is no memory"):
        memory.dma_read(HIGH & 0xFFFF_FFFF, 16)
    with pytest.raises(SimulatedBusError):
        memory.dma_write(HIGH + 4090, np.zeros(16, np.uint8))


def test_reading_the_control_register_clears_done() -> None:
    dma = Iodma(lambda: None)
    assert dma.read(CONTROL) == IDLE
    dma.write(CONTROL, START)
    assert (dma.read(CONTROL), dma.is_running) == (START, True)
    dma.finish()
    assert dma.read(CONTROL) == DONE | IDLE | READY
    assert dma.read(CONTROL) == IDLE


def test_a_batch_needs_both_dmas(tiny_bundle: Bundle, tmp_path: Path) -> None:
    bench = SimulatedSetup(tiny_bundle, tmp_path)
    source, sink = bench.fabric.dmas.values()
    for dma in (source, sink):
        dma.write(ADDRESS_LOW, HIGH & 0xFFFF_FFFF)
        dma.write(ADDRESS_HIGH, HIGH >> 32)
        dma.write(IMAGES, 1)
    sink.write(CONTROL, START)
    assert sink.read(CONTROL) == START
    source.write(CONTROL, START)
    assert sink.read(CONTROL) == DONE | IDLE | READY


def test_its_handoff_has_the_manifests_dmas_and_clock(tiny_bundle: Bundle, tmp_path: Path) -> None:
    built = design.write(tmp_path, tiny_bundle)
    found = hwh.read(built.folder / "overlay.hwh")
    assert found.chip == "7z020"
    assert found.ranges == {"idma0": AddressRange(0x4000_0000, 0x1000), "odma0": AddressRange(0x4000_1000, 0x1000)}
    assert (found.clocks_mhz["idma0"], found.clocks_mhz["odma0"]) == (100.0, 100.0)


def test_another_bitstream_is_not_taken(tiny_bundle: Bundle, tmp_path: Path) -> None:
    bench = SimulatedSetup(tiny_bundle, tmp_path)
    with pytest.raises(OverlayError, match="knows no other bitstream"):
        bench.fabric.configure("0" * 64)


def test_a_lost_overlay_answers_no_register_any_more(tiny_bundle: Bundle, tmp_path: Path) -> None:
    bench = SimulatedSetup(tiny_bundle, tmp_path, SimulatedFault(FaultKind.LOSE))
    assert not bench.fabric.is_operating()
    assert bench.fabric.loaded_sha256() is None
    with pytest.raises(SimulatedBusError, match="while the logic is not configured"):
        bench.fabric.dma("idma0")
