"""The driver on the circuit itself, with the real pynq: SystemVerilog of a small network, simulated clock by clock."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from binarycop.accelerator import dma_window
from binarycop.accelerator.base import Board
from binarycop.accelerator.dma import ADDRESS_HIGH, ADDRESS_LOW, CONTROL, IDLE, IMAGES, START
from binarycop.accelerator.finn_classifier import FinnClassifier
from binarycop.accelerator.simulated.circuit import Circuit
from binarycop.accelerator.simulated.circuit_library import CLOCK_STOPPED, CircuitLibrary
from binarycop.accelerator.simulated.logic import SimulatedFault
from binarycop.accelerator.simulated.memory import Memory, SimulatedBusError
from binarycop.accelerator.simulated.uio import SimulatedUioBoard
from binarycop.bundle import files as bundles
from binarycop.bundle.files import WEIGHTS, Bundle
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.golden import check_golden
from binarycop.errors import BackendError, DmaDataError, DmaTimeout, OverlayError, OverlayMissing
from binarycop.settings.classifier import FaultKind
from tests.random_bundles import random_bundle

_DEADLINE_S = 0.005  # of the circuit's time
_FAULT = 1 << 16


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small network with CNV's packing: four scores in seven bytes, so that images begin within beats."""
    folder = tmp_path_factory.mktemp("bundles") / "seven-bytes"
    tiny = random_bundle(folder)
    manifest = replace(tiny.manifest, output_type="INT13", output_packed=(1, 1, 7), sha256={})
    bundles.save(folder, manifest, tiny.weights, tiny.golden_inputs, tiny.golden_scores)
    return bundles.load(folder)


@pytest.fixture(scope="session")
def library(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled circuit of the small network."""
    if not os.environ.get("BINARYCOP_CIRCUIT"):
        pytest.skip("compiles a circuit, which takes a minute: make test-circuit")
    if not shutil.which("verilator") or not shutil.which("g++"):
        pytest.skip("needs Verilator and a C++ compiler")
    from overlays.rtl.model.build import build  # noqa: PLC0415 - not with every run of the tests

    return build(bundle.folder, tmp_path_factory.mktemp("circuits"))


class CircuitSetup:
    """A simulated board with the circuit in its logic, driven through pynq or, without it, through UIO."""

    def __init__(
        self, bundle: Bundle, library: Path, fault: SimulatedFault | None = None, *, uio: bool = False
    ) -> None:
        self.circuit: Circuit

        def make_logic(built: Bundle) -> Circuit:
            self.circuit = Circuit(built, library, fault)
            return self.circuit

        if uio:
            uio_board = SimulatedUioBoard(bundle, make_logic)
            self.board: Board = uio_board
            self.bundle = uio_board.bundle
        else:
            pytest.importorskip("pynq", reason="needs pynq: make venv installs it where it can")
            from binarycop.accelerator.simulated.device import SimulatedBoard  # noqa: PLC0415 - it imports pynq

            board = SimulatedBoard(bundle, make_logic)
            self.board, self.bundle = board, board.bundle

    def classifier(self) -> FinnClassifier:
        return FinnClassifier(self.bundle, self.board, self.circuit, self.circuit.sleep, _DEADLINE_S, "simulated-rtl")


@pytest.fixture
def crops() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (21, 32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize("uio", [False, True], ids=["pynq", "uio"])
def test_the_circuit_has_the_scores_of_the_emulator(
    bundle: Bundle, library: Path, crops: np.ndarray, uio: bool
) -> None:
    setup = CircuitSetup(bundle, library, uio=uio)
    classifier = setup.classifier()
    assert check_golden(setup.bundle, classifier) == len(bundle.golden_inputs)
    for count in (1, 2, 16, 21):
        assert (classifier.scores(crops[:count]) == Emulator(bundle).scores(crops[:count])).all()
    classifier.close()
    classifier.close()
    with pytest.raises(SimulatedBusError, match="after it was closed"):
        setup.circuit.dma("idma0").read(CONTROL)


def test_a_batch_takes_the_time_of_the_circuit(bundle: Bundle, library: Path, crops: np.ndarray) -> None:
    setup = CircuitSetup(bundle, library)
    classifier = setup.classifier()
    begun_s = setup.circuit.now_s()
    classifier.scores(crops[:15])
    assert 16 * 1024 / 100e6 < setup.circuit.now_s() - begun_s < 300e-6, "a pixel each 10 ns, and the latency"


def test_an_image_more_takes_a_clock_for_each_pixel_more(bundle: Bundle, library: Path) -> None:
    from overlays.rtl.model.latency import clocks  # noqa: PLC0415 - as above

    one, two, eight, sixteen = (clocks(bundle, library, images) for images in (1, 2, 8, 16))
    assert two - one == pytest.approx(1024, abs=8), "the last beat of each is filled up by other bytes"
    assert sixteen - eight == 8 * 1024, "both end with a beat"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.HANG, DmaTimeout),
        (FaultKind.SLOW, DmaTimeout),
        (FaultKind.FLIP, DmaDataError),
        (FaultKind.LOSE, OverlayMissing),
    ],
)
def test_each_fault_in_the_circuit_is_a_typed_error_and_ends_with_a_reload(
    bundle: Bundle, library: Path, crops: np.ndarray, kind: FaultKind, error: type[OverlayError]
) -> None:
    setup = CircuitSetup(bundle, library, SimulatedFault(kind, after=2))
    classifier = setup.classifier()
    for _ in range(2):
        classifier.scores(crops[:1])
    with pytest.raises(error):
        classifier.scores(crops[:1])
    classifier.reload()
    assert setup.circuit.loads == 2
    assert (classifier.scores(crops) == Emulator(bundle).scores(crops)).all()


def test_a_slow_circuit_ends_its_batch_after_all(bundle: Bundle, library: Path, crops: np.ndarray) -> None:
    setup = CircuitSetup(bundle, library, SimulatedFault(FaultKind.SLOW, slow_s=0.004))
    begun_s = setup.circuit.now_s()
    assert (setup.classifier().scores(crops[:1]) == Emulator(bundle).scores(crops[:1])).all()
    assert setup.circuit.now_s() - begun_s > 0.004


def test_a_reset_in_the_middle_of_a_batch_is_a_timeout_and_a_reload_ends_it(
    bundle: Bundle, library: Path, crops: np.ndarray
) -> None:
    setup = CircuitSetup(bundle, library)
    circuit = setup.circuit

    def sleep(seconds: float) -> None:
        if circuit.loads == 1:
            circuit.reset()
        circuit.sleep(seconds)

    classifier = FinnClassifier(setup.bundle, setup.board, circuit, sleep, _DEADLINE_S)
    with pytest.raises(DmaTimeout):
        classifier.scores(crops[:3])
    classifier.reload()
    assert (classifier.scores(crops) == Emulator(bundle).scores(crops)).all()


def test_a_register_without_a_clock_would_hang_the_processor(bundle: Bundle, library: Path) -> None:
    setup = CircuitSetup(bundle, library)
    setup.circuit.circuit.set_fault(CLOCK_STOPPED)
    with pytest.raises(SimulatedBusError, match="register 0x00 of DMA 1 does not answer"):
        setup.board.registers("odma0").read(CONTROL)


def start(setup: CircuitSetup, name: str, address: int) -> int:
    """Start one DMA for one image. Returns its control register a little later."""
    registers = setup.circuit.dma(name)
    registers.write(ADDRESS_LOW, address & 0xFFFF_FFFF)
    registers.write(ADDRESS_HIGH, address >> 32)
    registers.write(IMAGES, 1)
    registers.write(CONTROL, START)
    setup.circuit.sleep(20e-6)
    return registers.read(CONTROL)


@pytest.mark.parametrize("name", ["idma0", "odma0"])
def test_a_daemon_without_root_can_reach_no_other_memory_with_the_dmas(
    bundle: Bundle, library: Path, name: str
) -> None:
    setup = CircuitSetup(bundle, library, uio=True)
    registers = setup.circuit.dma(name)
    with pytest.raises(OverlayError, match="the address window of a DMA cannot be set to 1073741824 bytes at 0x0"):
        dma_window.set_window(registers, dma_window.DDR)
    assert registers.read(CONTROL) == IDLE
    before = setup.circuit.memory.dram().copy()
    other = setup.circuit.memory.base - 4096
    start(setup, "odma0" if name == "idma0" else "idma0", setup.circuit.memory.base)
    assert start(setup, name, other) & _FAULT
    assert (setup.circuit.memory.dram() == before).all()


def test_an_address_without_memory_is_an_error_at_once_and_not_a_timeout(
    bundle: Bundle, library: Path, crops: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = CircuitSetup(bundle, library)
    classifier = setup.classifier()
    # Within the window, but nothing answers there.
    monkeypatch.setattr(classifier._input, "address", 0x2000_0000)
    with pytest.raises(DmaDataError, match=r"odma0: .*control register reads 0x00010001"):
        classifier.scores(crops[:1])
    classifier.reload()
    assert (classifier.scores(crops) == Emulator(bundle).scores(crops)).all()


def test_the_circuit_of_another_network_is_refused(bundle: Bundle, library: Path) -> None:
    with pytest.raises(
        BackendError, match=r"is the circuit of other weights than n-cnv's; make rtl-model BUNDLE=n-cnv"
    ):
        CircuitLibrary(library, "n-cnv", "00" * 32, Memory())


def test_a_missing_circuit_says_how_to_make_it(bundle: Bundle, tmp_path: Path) -> None:
    missing = tmp_path / "n-cnv.so"
    with pytest.raises(
        BackendError, match=r"there is no simulation .*n-cnv\.so; make rtl-model BUNDLE=n-cnv builds it"
    ):
        CircuitLibrary(missing, "n-cnv", bundle.manifest.sha256[WEIGHTS], Memory())
    missing.write_bytes(b"\x7fELF and then something else")
    with pytest.raises(BackendError, match=r"n-cnv\.so is no simulation of a circuit: .*; make rtl-model"):
        CircuitLibrary(missing, "n-cnv", bundle.manifest.sha256[WEIGHTS], Memory())
