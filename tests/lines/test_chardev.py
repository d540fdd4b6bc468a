"""The ABI of linux/gpio.h: sizes, ioctl numbers and bytes as the kernel documents them."""

import struct
from pathlib import Path

import pytest

from binarycop.lines import chardev
from binarycop.lines.chardev import AsIs, Chip, Edge, Edges, Input, LineBias, Output
from tests.lines.fakes import FakeChip, FakeKernel, FakeLine


@pytest.mark.parametrize(
    ("structure", "size"),
    [
        (chardev.CHIP_INFO, 68),
        (chardev.LINE_INFO, 256),
        (chardev.LINE_CONFIG, 272),
        (chardev.LINE_REQUEST, 592),
        (chardev.LINE_VALUES, 16),
        (chardev.LINE_EVENT, 48),
    ],
)
def test_structures_have_the_kernels_sizes(structure: struct.Struct, size: int) -> None:
    assert structure.size == size


@pytest.mark.parametrize(
    ("number", "direction", "command", "size"),
    [
        (chardev.GET_CHIPINFO, "R", 0x01, 68),
        (chardev.GET_LINEINFO, "RW", 0x05, 256),
        (chardev.GET_LINE, "RW", 0x07, 592),
        (chardev.SET_CONFIG, "RW", 0x0D, 272),
        (chardev.GET_VALUES, "RW", 0x0E, 16),
        (chardev.SET_VALUES, "RW", 0x0F, 16),
    ],
)
def test_ioctl_numbers_are_those_of_the_kernels_header(number: int, direction: str, command: int, size: int) -> None:
    bits = {"R": 2, "RW": 3}[direction]
    assert number == bits << 30 | size << 16 | 0xB4 << 8 | command


def test_the_request_for_an_output_contains_its_level() -> None:
    request = chardev.pack_request(3, "binarycop", Output(True))
    assert len(request) == 592
    assert request[:4] == b"\3\0\0\0"
    assert request[4:256] == bytes(252)
    assert request[256:288] == b"binarycop".ljust(32, b"\0")
    assert request[288:296] == (1 << 3).to_bytes(8, "little")  # flags: output
    assert request[296:300] == b"\1\0\0\0"  # one attribute
    assert request[320:344] == b"\2\0\0\0" + bytes(4) + b"\1" + bytes(7) + b"\1" + bytes(7)  # values 1, mask 1
    assert request[344:560] == bytes(216)
    assert request[560:564] == b"\1\0\0\0"  # one line
    assert request[564:568] == b"\0\4\0\0"  # 1024 edges kept
    assert request[568:588] == bytes(20)


def test_the_configuration_of_an_input_contains_pull_edges_and_debouncing() -> None:
    config = chardev.pack_config(Input(LineBias.UP, Edges.BOTH, debounce_us=10_000))
    assert config[:8] == (1 << 2 | 1 << 4 | 1 << 5 | 1 << 8).to_bytes(8, "little")
    assert config[8:12] == b"\1\0\0\0"
    assert config[32:56] == b"\3\0\0\0" + bytes(4) + (10_000).to_bytes(4, "little") + bytes(4) + b"\1" + bytes(7)
    assert config[56:] == bytes(216)


def test_as_is_changes_nothing() -> None:
    assert chardev.pack_config(AsIs()) == bytes(272)


def test_a_consumer_name_that_is_too_long_is_cut_and_still_ends_with_zero() -> None:
    request = chardev.pack_request(0, "x" * 40, AsIs())
    assert request[256:288] == b"x" * 31 + b"\0"


def test_edges_are_unpacked_in_order() -> None:
    events = chardev.LINE_EVENT.pack(1000, 1, 0, 7, 1) + chardev.LINE_EVENT.pack(2000, 2, 0, 8, 2)
    assert chardev.unpack_edges(events) == [Edge(1000, True, 1), Edge(2000, False, 2)]


def test_a_chip_gives_its_lines(tmp_path: Path) -> None:
    kernel = FakeKernel(tmp_path, FakeChip("gpiochip0", "zynq_gpio", [FakeLine("gate-relay"), FakeLine("", "leds")]))
    with Chip(tmp_path / "gpiochip0", kernel.ioctl) as chip:
        assert chip.info() == chardev.ChipInfo("gpiochip0", "zynq_gpio", 2)
        assert chip.line(0) == chardev.LineInfo(0, "gate-relay", "")
        assert chip.line(1) == chardev.LineInfo(1, "", "leds")
