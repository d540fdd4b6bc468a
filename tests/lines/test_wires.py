"""The first line of the wiring test: the pin factory and its chips."""

from pathlib import Path

import pytest
from gpiozero.exc import BadPinFactory

from binarycop.errors import FactoryError
from binarycop.lines.chips import Chips, read_chips
from binarycop.lines.wires import Wires, find_chips
from tests.lines.fakes import FakeChip, FakeKernel, FakeLine


def test_the_chips_are_named_with_their_label_and_those_that_are_denied(tmp_path: Path) -> None:
    kernel = FakeKernel(tmp_path, FakeChip("gpiochip0", "zynq_gpio", [FakeLine(), FakeLine()]))
    found = read_chips(kernel.dev, kernel.ioctl)
    wires = Wires.of("north", "gpiochip", Chips(found.opened, (Path("/dev/gpiochip1"),)))
    assert wires.words == "gpiochip: gpiochip0 (zynq_gpio, 2 lines), /dev/gpiochip1 (access denied)"
    assert wires.drives


def test_mock_says_that_it_drives_nothing() -> None:
    wires = Wires.of("north", "mock", find_chips("mock"))
    assert wires.words == "mock: drives nothing, reads no wire"
    assert not wires.drives


def test_no_chip_at_all_is_said() -> None:
    assert Wires.of("north", "gpiochip", Chips((), ())).words == "gpiochip: no chip"


def test_a_kernel_that_is_too_old_is_an_error_of_the_factory(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_old() -> Chips:
        raise BadPinFactory("this kernel lacks the GPIO ABI v2")

    monkeypatch.setattr("binarycop.lines.wires.read_chips", too_old)
    with pytest.raises(FactoryError, match="lacks the GPIO ABI v2"):
        find_chips("gpiochip")
