"""The paper's Figure 3, operations and clock cycles of each layer; and the Pareto fronts of foldings and circuits."""

import json
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from overlays.dimensioning.circuit import shell_luts
from overlays.dimensioning.circuit_search import circuit_front
from overlays.dimensioning.costs import network_costs
from overlays.dimensioning.paper import CHIPS, CLOCK_HZ, TABLE_II
from overlays.dimensioning.search import pareto_front
from overlays.dimensioning.table import layer_names
from overlays.networks.tables import Network

# With these settings the same numbers give the same bytes.
matplotlib.rcParams["svg.hashsalt"] = "binarycop"
matplotlib.rcParams["svg.fonttype"] = "none"

_CIRCUITS = Path(__file__).resolve().parents[1] / "rtl" / "figures.json"


def operations_and_clocks(network: Network, file: Path) -> None:
    """Draw the figure of a network into ``file`` (SVG): two bars for each layer, with separate axes."""
    costs, names = network_costs(network), layer_names(network)
    figure = Figure(figsize=(9, 3), layout="constrained")
    left = figure.add_subplot()
    right = left.twinx()
    places = range(len(costs))
    millions = [cost.operations / 1e6 for cost in costs]
    clocks = [cost.cycles for cost in costs]
    done = left.bar([x - 0.2 for x in places], millions, 0.4, color="tab:blue", label="operations")
    taken = right.bar([x + 0.2 for x in places], clocks, 0.4, color="tab:orange", label="clocks")
    slowest = right.axhline(max(clocks), color="tab:orange", linestyle=":", label="slowest")
    left.set_xticks(places, [f"{name}\n{layer.pe}×{layer.simd}" for name, layer in zip(names, network.layers)])
    left.set_ylabel("operations per image, millions")
    right.set_ylabel("clocks per image")
    left.set_title(f"{network.name}: PE × SIMD, {sum(millions):.1f} million operations, {max(clocks)} clocks")
    figure.legend(handles=[done, taken, slowest], loc="outside lower center", ncols=3)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})


def foldings_and_circuits(network: Network, file: Path) -> None:
    """Draw the Pareto fronts of FINN's foldings and of our circuits on a XC7Z020, with the measured points (SVG)."""
    chip = CHIPS["xc7z020"]
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.add_subplot()
    foldings = pareto_front(network, chip.luts, chip.bram18)
    circuits = circuit_front(network, chip.luts, chip.bram18)
    for found, colour, label in (
        ([(each.rate_hz, each.estimate.luts) for each in foldings], "tab:orange", "FINN's foldings, estimated"),
        ([(each.rate_hz, each.luts) for each in circuits], "tab:blue", "our circuit, estimated"),
    ):
        axes.step(*zip(*found), where="post", color=colour, marker=".", label=label)
    paper = TABLE_II[network.name]
    axes.plot(paper.rate_hz, paper.luts, "*", color="tab:red", markersize=12, label="the paper's Table II, measured")
    ours = json.loads(_CIRCUITS.read_text(encoding="utf-8"))[network.name]
    rate, luts = CLOCK_HZ / ours["cycles_per_image"], ours.get("luts_with_shell") or ours["luts"] + shell_luts(network)
    axes.plot(rate, luts, "*", color="tab:blue", markersize=12, label="our circuit, synthesised by yosys")
    axes.set_xscale("log")
    axes.set_xlim(100, 200_000)
    axes.set_ylim(0, None)
    axes.set_xlabel("images a second at 100 MHz")
    axes.set_ylabel("LUTs of the whole accelerator")
    axes.set_title(f"{network.name}: rate and size, FINN's foldings and our circuit, within a {chip.name}")
    axes.grid(alpha=0.3)
    axes.legend()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})
