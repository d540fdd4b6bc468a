"""The generator: the same bundle gives the same bytes, each layer has its name in the circuit, errors are one line."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from binarycop.bundle.files import Bundle, load
from overlays.dimensioning.table import layer_names
from overlays.networks.tables import N_CNV
from overlays.rtl import core, generate
from overlays.rtl.generate import MAX_RATE_HZ, plan_for_luts, plan_for_rate
from tests.random_bundles import random_bundle

BUNDLES = Path(__file__).resolve().parents[3] / "overlays" / "bundles"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def n_cnv() -> Bundle:
    return load(BUNDLES / "n-cnv")


def texts(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_same_bundle_gives_the_same_bytes(tiny: Bundle, tmp_path: Path) -> None:
    for name in ("first", "second"):
        generate.write(tmp_path / name, plan_for_rate(tiny, 50_000), tiny)
    assert texts(tmp_path / "first") == texts(tmp_path / "second")


def test_another_plan_replaces_all_of_the_circuit_before_it(tiny: Bundle, tmp_path: Path) -> None:
    generate.write(tmp_path / "circuit", plan_for_rate(tiny, 5_000), tiny)
    generate.write(tmp_path / "circuit", plan_for_rate(tiny, MAX_RATE_HZ), tiny)
    generate.write(tmp_path / "fresh", plan_for_rate(tiny, MAX_RATE_HZ), tiny)
    assert texts(tmp_path / "circuit") == texts(tmp_path / "fresh")


def test_the_file_list_has_every_file_once_and_the_package_first(tiny: Bundle, tmp_path: Path) -> None:
    generate.write(tmp_path, plan_for_rate(tiny, MAX_RATE_HZ), tiny)
    names = (tmp_path / generate.FILE_LIST).read_text().split()
    assert names[0] == "tables.sv"
    assert sorted(names) == sorted(file.name for file in tmp_path.glob("*.sv"))


def test_every_instance_in_the_core_has_the_name_of_its_layer(n_cnv: Bundle) -> None:
    chosen = plan_for_rate(n_cnv, MAX_RATE_HZ)
    text = core.modules(chosen, n_cnv)["binarycop_core"]
    instances = re.findall(r"^  (?:\w+ #\((?:.|\n)*?\)|\w+_weights) (\w+) \($", text, re.MULTILINE)
    names = layer_names(N_CNV)
    assert {instance.rsplit("_", 1)[0] for instance in instances} == set(names)
    for name in names:
        assert {f"{name}_matrix", f"{name}_fifo"} <= set(instances)


def test_a_rom_has_the_weights_of_its_layer_in_the_order_of_the_steps(n_cnv: Bundle) -> None:
    chosen = plan_for_rate(n_cnv, MAX_RATE_HZ)
    stage = next(stage for stage in chosen.stages if stage.name == "conv3_2")
    words = re.findall(r"words\[\d+\] = \d+'h([0-9a-f]+);", core.modules(chosen, n_cnv)["conv3_2_weights"])
    assert len(words) == stage.steps
    bits = n_cnv.weights[5].bits
    for step, word in enumerate(words):
        row, part = divmod(step, stage.passes)
        lanes = bits[row, part * stage.lanes : (part + 1) * stage.lanes]
        assert [int(word, 16) >> lane & 1 for lane in range(stage.lanes)] == lanes.tolist()


def test_the_description_says_what_the_shell_needs(n_cnv: Bundle, tmp_path: Path) -> None:
    generate.write(tmp_path, plan_for_rate(n_cnv, MAX_RATE_HZ, 25.0), n_cnv)
    description = json.loads((tmp_path / generate.DESCRIPTION).read_text())
    assert (description["score_bits"], description["word_scores"], description["word_bytes"]) == (11, 1, 2)
    assert description["clocks_per_image"] == 1024
    assert description["latency_clocks"] <= 2500
    assert "localparam int SCORE_BITS = 11" in (tmp_path / "binarycop_core.sv").read_text()


@pytest.mark.parametrize("output_type", ["INT5", "UINT8"])
def test_a_type_that_cannot_hold_the_scores_is_refused(tiny: Bundle, output_type: str) -> None:
    narrow = replace(tiny, manifest=replace(tiny.manifest, output_type=output_type))
    with pytest.raises(ValueError, match=f"scores are from -20 to 20, which {output_type} cannot hold"):
        core.score_bits(narrow)


def test_a_lut_budget_gives_the_highest_rate_for_it(tiny: Bundle) -> None:
    fastest = plan_for_rate(tiny, MAX_RATE_HZ)
    assert plan_for_luts(tiny, fastest.luts) == fastest
    cheaper = plan_for_luts(tiny, fastest.luts - 1)
    assert cheaper.luts < fastest.luts
    assert cheaper.schedule.clocks_per_image >= fastest.schedule.clocks_per_image


def test_a_budget_below_the_smallest_core_is_refused(tiny: Bundle) -> None:
    with pytest.raises(ValueError, match=r"the smallest circuit takes \d+ LUTs, more than the budget of 10"):
        plan_for_luts(tiny, 10)


@pytest.mark.parametrize("rate", [0.0, 1e6, float("nan")])
def test_a_rate_out_of_bounds_is_refused(tiny: Bundle, rate: float) -> None:
    with pytest.raises(ValueError, match="give one from 100 to 97656"):
        plan_for_rate(tiny, rate)


def test_a_folder_without_a_bundle_is_one_line_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith("generate: ")


def test_the_command_writes_a_circuit(tiny: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main([str(tiny.folder), "--out", str(tmp_path), "--luts", "5000"]) == 0
    assert "clocks an image" in capsys.readouterr().out
    assert (tmp_path / "binarycop_core.sv").exists()


def test_other_systemverilog_in_the_folder_stays(
    tiny: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.sv"
    own.write_text("module own; endmodule")
    assert generate.main([str(tiny.folder), "--out", str(tmp_path)]) == 1
    assert "has SystemVerilog, such as own.sv, but no circuit; give another folder" in capsys.readouterr().err
    assert [file.name for file in tmp_path.glob("*.sv")] == ["own.sv"]


@pytest.mark.parametrize("latency_us", ["nan", "inf", "0", "-1", "1e300"])
def test_a_latency_that_is_no_time_is_refused(
    tiny: Bundle, tmp_path: Path, latency_us: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main([str(tiny.folder), "--out", str(tmp_path / "out"), "--latency-us", latency_us]) == 1
    assert f"a latency of {float(latency_us):g} µs; give one above 0" in capsys.readouterr().err
