"""The paper's Figure 3: operations and clock cycles of each layer, which show if the pipeline is balanced."""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from overlays.dimensioning.costs import network_costs
from overlays.dimensioning.table import layer_names
from overlays.networks.tables import Network

# With these settings the same numbers give the same bytes.
matplotlib.rcParams["svg.hashsalt"] = "binarycop"
matplotlib.rcParams["svg.fonttype"] = "none"


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
