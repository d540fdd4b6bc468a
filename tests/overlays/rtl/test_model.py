"""What the command that compiles a circuit refuses. No circuit is compiled here."""

from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from overlays.rtl.model.build import ModelError, build, shell_sources


def test_scores_that_do_not_fill_their_words_are_refused(tiny_bundle: Bundle, tmp_path: Path) -> None:
    manifest = replace(tiny_bundle.manifest, output_packed=(1, 4, 2), sha256={})
    folder = tmp_path / "bundle"
    bundles.save(folder, manifest, tiny_bundle.weights, tiny_bundle.golden_inputs, tiny_bundle.golden_scores)
    with pytest.raises(ModelError, match=r"no circuit for .*packed as \[1, 4, 2\] does not hold 4 scores of type INT8"):
        build(folder, tmp_path)


def test_without_verilator_the_error_says_what_to_install(
    tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = replace(tiny_bundle.manifest, output_type="INT11", output_packed=(1, 4, 2), sha256={})
    folder = tmp_path / "bundle"
    bundles.save(folder, manifest, tiny_bundle.weights, tiny_bundle.golden_inputs, tiny_bundle.golden_scores)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ModelError, match="verilator is missing: apt install verilator"):
        build(folder, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_bundle_without_a_circuit_is_refused_with_the_reason(
    tiny_bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = replace(tiny_bundle.manifest, output_type="UINT11", output_packed=(1, 4, 2), sha256={})
    folder = tmp_path / "bundle"
    bundles.save(folder, manifest, tiny_bundle.weights, tiny_bundle.golden_inputs, tiny_bundle.golden_scores)
    with pytest.raises(ModelError, match=r"there is no circuit for .*: scores are from .*, which UINT11"):
        build(folder, tmp_path / "out")
    assert capsys.readouterr().out == "", "figures may be printed as JSON after it"


def test_the_package_is_compiled_before_the_modules_that_use_it() -> None:
    names = [source.name for source in shell_sources()]
    assert names[0] == "fault_causes.sv"
    assert {"binarycop_shell.sv", "bind.sv", "deadman.v"} <= set(names)
    assert len(names) == len(set(names))
