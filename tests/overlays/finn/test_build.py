"""What the build command writes and refuses without FINN."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from binarycop.errors import BundleError
from overlays.finn import build
from overlays.finn.errors import BuildMismatch
from overlays.finn.recipe import GOLDEN, Flavour, Recipe
from overlays.networks.tables import N_CNV, U_CNV


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["build", *map(str, words)])
    return build.main()


def test_the_golden_vectors_are_written_in_finns_layout(tmp_path: Path) -> None:
    config = build.write(Recipe(N_CNV, Flavour.DEEP), build.BUNDLES / "n-cnv", tmp_path, estimate=False)
    bundle = bundles.load(build.BUNDLES / "n-cnv")
    inputs, scores = np.load(config["verify_input_npy"]), np.load(config["verify_expected_output_npy"])
    assert inputs.shape == (GOLDEN, 3, 32, 32)
    assert np.array_equal(inputs.transpose(0, 2, 3, 1), bundle.golden_inputs[:GOLDEN])
    assert np.array_equal(scores, bundle.golden_scores[:GOLDEN])


def test_the_written_files_are_those_that_finn_reads(tmp_path: Path) -> None:
    recipe = Recipe(U_CNV, Flavour.PAPER)
    config = build.write(recipe, build.BUNDLES / "u-cnv", tmp_path, estimate=True)
    assert json.loads((tmp_path / "config.json").read_text()) == config
    assert json.loads(Path(config["folding_config_file"]).read_text()) == recipe.folding()
    xdc = tmp_path / "gate_lines.xdc"
    assert "gate_permission" in xdc.read_text()
    assert f"{{{xdc}}}" in (tmp_path / "gate_lines.tcl").read_text()


def test_the_bundle_of_another_network_is_refused(tmp_path: Path, tiny_bundle: Bundle) -> None:
    with pytest.raises(BuildMismatch, match="random, but should be n-cnv"):
        build.write(Recipe(N_CNV, Flavour.DEEP), tiny_bundle.folder, tmp_path, estimate=True)
    with pytest.raises(BundleError, match=r"no manifest.json"):
        build.write(Recipe(N_CNV, Flavour.DEEP), tmp_path, tmp_path, estimate=True)


def test_a_failed_verification_fails_the_build_although_finn_continues(tmp_path: Path) -> None:
    folder = tmp_path / "verification_output"
    folder.mkdir()
    for index in range(GOLDEN):
        (folder / f"verify_initial_python_{index}_SUCCESS.npy").touch()
    build.check_verification(tmp_path, ["initial_python"])
    with pytest.raises(BuildMismatch, match="after streamlined_python is 0 of 0"):
        build.check_verification(tmp_path, ["initial_python", "streamlined_python"])
    (folder / "verify_initial_python_0_SUCCESS.npy").rename(folder / "verify_initial_python_0_FAIL.npy")
    with pytest.raises(BuildMismatch, match=f"{GOLDEN - 1} of {GOLDEN}"):
        build.check_verification(tmp_path, ["initial_python"])


def test_an_error_of_the_command_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "n-cnv", "--out", tmp_path, "--write") == 0
    assert (tmp_path / "n-cnv-deep-pynq-z1" / "folding.json").exists()
    capsys.readouterr()
    assert run(monkeypatch, "n-cnv", "--board", "arty-z7-10", "--out", tmp_path, "--write") == 1
    assert capsys.readouterr().err == "build: n-cnv does not fit the XC7Z010; only u-cnv does\n"


def test_without_finn_the_error_says_where_to_run_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "finn", None)
    assert run(monkeypatch, "n-cnv", "--out", tmp_path) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "run this in FINN's container" in error
