"""The command: tables, figures, and errors in one line."""

import sys
from pathlib import Path

import pytest

from overlays.dimensioning import __main__ as command
from overlays.dimensioning.table import layer_names
from overlays.networks.tables import CNV, NETWORKS, U_CNV

FIGURES = Path(command.__file__).parent / "figures"


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["dimensioning", *map(str, words)])
    return command.main()


def test_layers_have_the_names_of_the_paper() -> None:
    assert layer_names(CNV) == ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "fc1", "fc2", "fc3"]
    assert layer_names(U_CNV) == ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "fc1", "fc2"]


def test_the_table_has_the_papers_measurements(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "table", "n-cnv") == 0
    shown = capsys.readouterr().out
    assert [word for line in shown.splitlines() if line.startswith("conv1_1") for word in line.split()][:6] == (
        ["conv1_1", "16", "3", "0.778", "432", "8100"]
    )
    assert "the paper, measured" in shown
    assert "15480" in shown


def test_the_table_of_another_folding_has_no_measurements(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "table", "u-cnv", "--folding", "16x3,16x16,4x16,4x32,1x32,1x16,1x1") == 0
    shown = capsys.readouterr().out
    assert "8100" in shown
    assert "the paper, measured" not in shown


def test_the_search_marks_its_choice(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "search", "u-cnv", "--chip", "xc7z010", "--rate", 3000) == 0
    marked = [line for line in capsys.readouterr().out.splitlines()[1:] if line.startswith("*")]
    assert len(marked) == 1
    assert float(marked[0].split()[1]) >= 3000


def test_the_dsps_of_the_small_chip_are_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "dsps", "u-cnv") == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[-3].split() == ["all", "305", "15", "10", "305", "671"]
    assert "XC7Z010 has 80 DSPs" in shown


def test_a_circuit_has_its_latency(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "circuit", "u-cnv", "--luts", 14_000) == 0
    rate, latency_us, *_ = capsys.readouterr().out.splitlines()[3].split()
    assert rate == "97656"
    assert float(latency_us) == pytest.approx(26.2, abs=1)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("table", "m-cnv"), "there is no network 'm-cnv'; there are cnv, n-cnv, u-cnv"),
        (("table", "n-cnv", "--folding", "1,2"), "give PExSIMD for each layer"),
        (("search", "cnv", "--rate", "1e6"), "no folding of cnv reaches 1e+06 images/s"),
        (("circuit", "u-cnv", "--latency-us", "0"), "--latency-us 0: give one above 0 and at most 1e+06"),
        (
            ("circuit", "u-cnv", "--chip", "xc7z010", "--latency-us", "10"),
            "no circuit of u-cnv fits 17600 LUTs and 120 RAMB18, 10 µs",
        ),
    ],
)
def test_an_error_is_one_line(
    words: tuple[str, ...], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *words) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert says in error


def test_every_network_has_a_figure_and_the_shipped_figures_show_every_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, network in NETWORKS.items():
        shipped = (FIGURES / f"{name}.svg").read_text(encoding="utf-8")
        assert all(f">{layer}<" in shipped for layer in layer_names(network))
        assert f"{max(network.cycles)} clocks" in shipped
    pytest.importorskip("matplotlib", reason="needs matplotlib")
    assert run(monkeypatch, "figures", "--out", tmp_path) == 0
    for name in NETWORKS:
        assert f"{max(NETWORKS[name].cycles)} clocks" in (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
