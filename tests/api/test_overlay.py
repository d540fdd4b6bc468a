"""``binarycop.open`` on an overlay: the driver of a board, on a simulated circuit without pynq."""

from pathlib import Path

import numpy as np
import pytest

import binarycop
from binarycop.accelerator.simulated import design
from binarycop.accelerator.simulated.fabric import Fabric
from binarycop.api import BackendError, Bundle, opening
from binarycop.bundle import files as bundles
from binarycop.clock import MonotonicClock
from binarycop.service import backends
from tests.accelerator.fakes import FabricBoard


@pytest.fixture
def board(tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FabricBoard:
    """A board that has loaded the overlay of the bundle in the folder ``built``; its service is stopped."""
    folder = tmp_path / "built"
    bundles.save(
        folder, tiny_bundle.manifest, tiny_bundle.weights, tiny_bundle.golden_inputs, tiny_bundle.golden_scores
    )
    design.write(folder, bundles.load(folder))
    bundles.write_manifest(folder, tiny_bundle.manifest)
    built = bundles.load(folder)
    board = FabricBoard(built, Fabric(built, MonotonicClock()))
    board.load()
    monkeypatch.setattr(backends, "open_board", lambda _, bundle: (bundle, board))
    monkeypatch.setattr(opening, "SysfsFpgaManager", lambda: board.manager)
    return board


def test_the_overlay_gives_the_scores_of_the_bundle_and_the_board_is_closed(
    board: FabricBoard, tiny_bundle: Bundle, tmp_path: Path
) -> None:
    with binarycop.open(str(tmp_path / "built"), "overlay") as net:
        assert repr(net) == "<MaskClassifier: random 0.0.0 on overlay>"
        assert np.array_equal(net.scores(tiny_bundle.golden_inputs), tiny_bundle.golden_scores)
        assert net.look(np.full((48, 64, 3), 90, np.uint8)).backend == "overlay"
        assert not board.is_closed
    assert board.is_closed


def test_auto_takes_the_loaded_overlay(board: FabricBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("binarycop.service.auto_backend.find_spec", lambda _: object())
    with binarycop.open(str(tmp_path / "built")) as net:
        assert (net.backend, net.why_emulator) == ("overlay", "")


def test_auto_takes_the_emulator_when_another_overlay_is_loaded(board: FabricBoard, tmp_path: Path) -> None:
    board.manager.record_loaded("0" * 64)
    with binarycop.open(str(tmp_path / "built")) as net:
        assert (net.backend, net.why_emulator) == ("emulator", "the loaded overlay is another one")


def test_a_board_whose_logic_is_gone_is_closed(
    board: FabricBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board.fabric, "is_operating", lambda: False)
    with pytest.raises(BackendError, match="none is loaded"):
        binarycop.open(str(tmp_path / "built"), "overlay")
    assert board.is_closed
