"""The kept figures: complete for each network, and refused where they belong to another circuit."""

import json
import shutil
from pathlib import Path

import pytest

from binarycop.bundle import files
from overlays.networks.tables import NETWORKS
from overlays.rtl import accelerator, report, tables
from overlays.rtl.accelerator import shell_sha256
from overlays.rtl.generate import default_plan
from overlays.rtl.report import BUNDLES, PARTS, StaleFiguresError, circuit_sha256
from overlays.rtl.synthesis import Resources, SynthesisError, fmax_mhz, resources

KEYS = {key for part in PARTS.values() for key in part}


@pytest.fixture(scope="module")
def hashes() -> dict[str, str]:
    bundles = {name: files.load(BUNDLES / name) for name in NETWORKS}
    return {name: circuit_sha256(default_plan(bundle), bundle) for name, bundle in bundles.items()}


def kept(folder: Path, hashes: dict[str, str]) -> Path:
    file = folder / "figures.json"
    file.write_text(json.dumps({name: {"circuit_sha256": digest, "images": 96} for name, digest in hashes.items()}))
    return file


def test_figures_of_the_present_circuits_are_read(tmp_path: Path, hashes: dict[str, str]) -> None:
    figures = report.read(kept(tmp_path, hashes))
    assert set(figures) == set(NETWORKS)
    assert all(set(of_network) == KEYS for of_network in figures.values())


def test_what_was_not_measured_is_none(tmp_path: Path, hashes: dict[str, str]) -> None:
    figures = report.read(kept(tmp_path, hashes))
    assert figures["n-cnv"]["images"] == 96
    assert figures["n-cnv"]["fmax_mhz_ecp5"] is None


def test_figures_of_another_circuit_are_refused(tmp_path: Path, hashes: dict[str, str]) -> None:
    file = kept(tmp_path, {**hashes, "u-cnv": "0" * 64})
    with pytest.raises(StaleFiguresError, match="u-cnv's circuit has changed"):
        report.read(file)


def test_a_network_without_figures_is_named(tmp_path: Path, hashes: dict[str, str]) -> None:
    file = kept(tmp_path, {"n-cnv": hashes["n-cnv"]})
    with pytest.raises(StaleFiguresError, match="cnv was not measured"):
        report.read(file)


def test_the_hash_depends_on_the_weights(hashes: dict[str, str]) -> None:
    assert len(set(hashes.values())) == len(NETWORKS)


def test_a_measurement_keeps_the_other_parts_of_the_same_circuit(
    tmp_path: Path, hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept(tmp_path, hashes)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(report._MEASUREMENTS, "route", lambda folder, plan, bundle: {"fmax_mhz_ecp5": 123.4})
    report.measure("n-cnv", "route", file)
    figures = report.read(file)["n-cnv"]
    assert (figures["images"], figures["fmax_mhz_ecp5"]) == (96, 123.4)


def test_a_measurement_drops_the_figures_of_another_circuit(
    tmp_path: Path, hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept(tmp_path, {**hashes, "n-cnv": "0" * 64})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(report._MEASUREMENTS, "route", lambda folder, plan, bundle: {"fmax_mhz_ecp5": 123.4})
    report.measure("n-cnv", "route", file)
    figures = report.read(file)["n-cnv"]
    assert (figures["images"], figures["fmax_mhz_ecp5"]) == (None, 123.4)


def test_what_the_circuit_has_is_not_measured_again_if_only_the_missing_is_wanted(
    tmp_path: Path, hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept(tmp_path, hashes)
    monkeypatch.chdir(tmp_path)
    clocks = iter([123.4, 99.0])
    monkeypatch.setitem(report._MEASUREMENTS, "route", lambda folder, plan, bundle: {"fmax_mhz_ecp5": next(clocks)})
    for _ in range(2):
        report.measure("n-cnv", "route", file, if_missing=True)
    assert report.read(file)["n-cnv"]["fmax_mhz_ecp5"] == 123.4


def kept_with_shell(folder: Path, hashes: dict[str, str], shell: str) -> Path:
    file = kept(folder, hashes)
    figures = json.loads(file.read_text())
    figures["n-cnv"] |= {"shell_sha256": shell, "luts_with_shell": 12_000, "latency_cycles_with_shell": 2_439}
    file.write_text(json.dumps(figures))
    return file


def test_figures_with_the_present_shell_are_read_and_those_of_other_networks_are_none(
    tmp_path: Path, hashes: dict[str, str]
) -> None:
    figures = report.read(kept_with_shell(tmp_path, hashes, shell_sha256()))
    assert [figures[name]["luts_with_shell"] for name in ("n-cnv", "u-cnv")] == [12_000, None]


def test_figures_with_another_shell_are_refused(tmp_path: Path, hashes: dict[str, str]) -> None:
    file = kept_with_shell(tmp_path, hashes, "0" * 64)
    with pytest.raises(StaleFiguresError, match="the shell has changed since n-cnv was measured with it"):
        report.read(file)


def test_a_measurement_drops_the_figures_with_another_shell_and_keeps_those_of_the_core(
    tmp_path: Path, hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept_with_shell(tmp_path, hashes, "0" * 64)
    monkeypatch.chdir(tmp_path)
    measured = {"cycles_per_image_with_shell": 1024.0, "latency_cycles_with_shell": 2_440}
    monkeypatch.setitem(report._MEASUREMENTS, "shell-simulation", lambda folder, plan, bundle: measured)
    report.measure("n-cnv", "shell-simulation", file)
    figures = report.read(file)["n-cnv"]
    assert (figures["images"], figures["latency_cycles_with_shell"], figures["luts_with_shell"]) == (96, 2_440, None)


def test_a_measurement_of_the_core_keeps_the_figures_with_the_present_shell(
    tmp_path: Path, hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept_with_shell(tmp_path, hashes, shell_sha256())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(report._MEASUREMENTS, "route", lambda folder, plan, bundle: {"fmax_mhz_ecp5": 123.4})
    report.measure("n-cnv", "route", file)
    assert report.read(file)["n-cnv"]["luts_with_shell"] == 12_000


def test_a_shell_that_is_edited_while_it_is_measured_does_not_get_the_figures(
    tmp_path: Path, hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept(tmp_path, hashes)
    monkeypatch.chdir(tmp_path)

    def measure_and_edit(*_: object) -> dict[str, float]:
        monkeypatch.setattr(report, "shell_sha256", lambda: "1" * 64)
        return {"luts_with_shell": 12_000}

    monkeypatch.setitem(report._MEASUREMENTS, "shell-synthesis", measure_and_edit)
    report.measure("n-cnv", "shell-synthesis", file)
    with pytest.raises(ValueError, match="shell has changed"):
        report.read(file)


def test_the_hash_of_the_shell_depends_on_each_of_its_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shell_sha256()
    shutil.copytree(accelerator.SHELL, tmp_path / "shell")
    monkeypatch.setattr(accelerator, "SHELL", tmp_path / "shell")
    assert shell_sha256() == before
    with (tmp_path / "shell" / "beat_fifo.sv").open("a") as file:
        file.write("\n")
    assert shell_sha256() != before


def test_an_unknown_word_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        report.main(["--measure", "speed"])
    assert (
        "speed is neither a part (simulation, synthesis, route, shell-simulation, shell-synthesis) nor a network (cnv,"
        in capsys.readouterr().err
    )


def test_the_page_has_the_kept_figures() -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    figures = json.loads(report.FIGURES.read_text(encoding="utf-8"))
    assert tables.everything(figures) in page
    assert tables.beside_the_paper(figures) in page


def test_the_tables_replace_those_of_the_page_and_leave_the_rest() -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    figures = json.loads(report.FIGURES.read_text(encoding="utf-8"))
    changed = {name: {**of_network, "images": 7, "luts_with_shell": 8} for name, of_network in figures.items()}
    new = tables.replaced(page, [tables.everything(changed), tables.beside_the_paper(changed)])
    assert "| images compared with the emulator | 7 | 7 | 7 |" in new
    assert "| LUTs, here | 8 | 8 | 8 |" in new
    assert tables.replaced(new, [tables.everything(figures), tables.beside_the_paper(figures)]) == page
    with pytest.raises(ValueError, match="0 tables of the page have a row 'images compared with the emulator'"):
        tables.replaced("no table", [tables.everything(figures)])


def test_what_was_not_measured_is_a_dash_in_the_tables() -> None:
    table = tables.beside_the_paper({"cnv": {}, "n-cnv": {"cycles_per_image_with_shell": 1024.0}})
    assert "| images a second, here | – | 97,656 |" in table
    assert "| latency of one image, here | – | – |" in table


def test_ram_and_shift_registers_count_as_luts() -> None:
    cells = {"LUT6": 10, "LUT2": 5, "RAM32M": 2, "SRL16E": 3, "FDRE": 7, "FDSE": 1, "CARRY4": 4, "MUXF7": 9, "INV": 2}
    assert resources(cells) == Resources(luts=26, ffs=8, bram36=0, dsps=0)


def test_a_ramb18_is_half_a_block() -> None:
    assert resources({"RAMB36E1": 2, "RAMB18E1": 1, "DSP48E1": 3}) == Resources(0, 0, 2.5, 3)


def test_the_clock_is_the_one_after_routing() -> None:
    log = (
        "Info: Max frequency for clock '$glbnet$clk': 140.12 MHz (PASS at 100.00 MHz)\n"
        "Info: Max frequency for clock '$glbnet$clk': 123.70 MHz (PASS at 100.00 MHz)\n"
    )
    assert fmax_mhz(log) == 123.7


def test_a_log_without_a_clock_is_an_error() -> None:
    with pytest.raises(SynthesisError, match="no clock"):
        fmax_mhz("Info: nothing")
