"""The simulated board has the difficulties of a real one: caches, registers with side effects, faults."""

from pathlib import Path

import numpy as np
import pytest

from binarycop.accelerator.dma import ADDRESS_HIGH, ADDRESS_LOW, CONTROL, DONE, IDLE, IMAGES, READY, START
from binarycop.accelerator.simulated import design
from binarycop.accelerator.simulated.iodma import Iodma
from binarycop.accelerator.simulated.logic import SimulatedFault
from binarycop.accelerator.simulated.memory import Memory, SimulatedBusError
from binarycop.bundle import hwh
from binarycop.bundle.files import Bundle
from binarycop.bundle.hwh import AddressRange
from binarycop.errors import OverlayError
from binarycop.settings.classifier import FaultKind
from tests.accelerator.fakes import HIGH_ADDRESS, SimulatedSetup
from tests.tried import Kind, tried


def test_a_dma_sees_flushed_data_and_nothing_else() -> None:
    memory = Memory()
    offset = memory.allocate(64)
    memory.view(offset, 64)[:] = 7
    assert not (memory.dma_read(memory.base + offset, 64) == 7).all()
    memory.flush(offset, 32)
    assert (memory.dma_read(memory.base + offset, 32) == 7).all()
    assert not (memory.dma_read(memory.base + offset + 32, 32) == 7).all()


def test_the_processor_sees_a_dmas_data_only_after_an_invalidate() -> None:
    memory = Memory()
    offset = memory.allocate(64)
    memory.flush(offset, 64)
    memory.dma_write(memory.base + offset, np.full(64, 9, np.uint8))
    assert not (memory.view(offset, 64) == 9).all()
    memory.invalidate(offset, 64)
    assert (memory.view(offset, 64) == 9).all()


def test_a_cache_line_that_was_not_flushed_overwrites_a_dmas_data() -> None:
    memory = Memory()
    offset = memory.allocate(64)
    memory.flush(offset, 64)
    memory.view(offset, 64)[3] ^= 1
    memory.dma_write(memory.base + offset, np.full(64, 9, np.uint8))
    memory.invalidate(offset, 64)
    assert not (memory.view(offset, 64)[:32] == 9).all()
    assert (memory.view(offset, 64)[32:] == 9).all()


def test_a_dma_outside_of_the_memory_is_a_bus_error() -> None:
    memory = Memory(HIGH_ADDRESS, 4096)
    with pytest.raises(SimulatedBusError, match="0x10000000, where there is no memory"):
        memory.dma_read(HIGH_ADDRESS & 0xFFFF_FFFF, 16)
    with pytest.raises(SimulatedBusError):
        memory.dma_write(HIGH_ADDRESS + 4090, np.zeros(16, np.uint8))


def test_reading_the_control_register_clears_done() -> None:
    dma = Iodma(lambda: None)
    assert dma.read(CONTROL) == IDLE
    dma.write(CONTROL, START)
    assert (dma.read(CONTROL), dma.is_running) == (START, True)
    dma.finish()
    assert dma.read(CONTROL) == DONE | IDLE | READY
    assert dma.read(CONTROL) == IDLE


def test_a_batch_needs_both_dmas(tiny_bundle: Bundle, tmp_path: Path) -> None:
    simulated = SimulatedSetup(tiny_bundle, tmp_path)
    input_dma, output_dma = simulated.fabric.dmas.values()
    for dma in (input_dma, output_dma):
        dma.write(ADDRESS_LOW, HIGH_ADDRESS & 0xFFFF_FFFF)
        dma.write(ADDRESS_HIGH, HIGH_ADDRESS >> 32)
        dma.write(IMAGES, 1)
    output_dma.write(CONTROL, START)
    assert output_dma.read(CONTROL) == START
    input_dma.write(CONTROL, START)
    assert output_dma.read(CONTROL) == DONE | IDLE | READY


def test_its_hwh_has_the_manifests_dmas_and_clock(tiny_bundle: Bundle, tmp_path: Path) -> None:
    built = design.write(tmp_path, tiny_bundle)
    hardware = hwh.read(built.folder / "overlay.hwh")
    assert hardware.chip == "7z020"
    assert hardware.ranges == {"idma0": AddressRange(0x4000_0000, 0x1000), "odma0": AddressRange(0x4000_1000, 0x1000)}
    assert (hardware.clocks_mhz["idma0"], hardware.clocks_mhz["odma0"]) == (100.0, 100.0)


def test_another_bitstream_is_refused(tiny_bundle: Bundle, tmp_path: Path) -> None:
    simulated = SimulatedSetup(tiny_bundle, tmp_path)
    with pytest.raises(OverlayError, match="knows no other bitstream"):
        simulated.fabric.configure(design.bitstream("another network"))


@tried(Kind.BUILD, "bitstream that is cut off, in a loading on the simulated board", "refused, as by the FPGA manager")
def test_a_bitstream_that_the_chip_does_not_take_leaves_the_logic_empty(tiny_bundle: Bundle, tmp_path: Path) -> None:
    simulated = SimulatedSetup(tiny_bundle, tmp_path)
    own = (simulated.bundle.folder / "overlay.bit").read_bytes()
    for data in (b"", own[:-100], own.replace(b"\x03\x72\x70\x93", b"\x03\x72\x20\x93")):
        with pytest.raises(
            OverlayError, match=r"the FPGA manager does not take it: overlay\.bit (is empty|is cut|has IDC)"
        ):
            simulated.fabric.configure(data)
        assert not simulated.fabric.is_operating()
    simulated.fabric.configure(own)
    assert simulated.fabric.is_operating()


def test_an_access_to_a_lost_overlay_is_a_bus_error(tiny_bundle: Bundle, tmp_path: Path) -> None:
    simulated = SimulatedSetup(tiny_bundle, tmp_path, SimulatedFault(FaultKind.LOSE))
    assert not simulated.fabric.is_operating()
    assert simulated.fabric.loaded_sha256() is None
    with pytest.raises(SimulatedBusError, match="while the logic is not configured"):
        simulated.fabric.dma("idma0")
