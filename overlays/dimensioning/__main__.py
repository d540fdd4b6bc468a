"""Dimensions a network on paper.

python -m overlays.dimensioning table [n-cnv] [--folding 16x3,16x16,...]   per MVTU, and the whole beside Table II
python -m overlays.dimensioning figures --out overlays/dimensioning/figures   the paper's Figure 3 (needs matplotlib)
python -m overlays.dimensioning search u-cnv --chip xc7z010 --rate 1646    a folding, and the Pareto front
python -m overlays.dimensioning dsps u-cnv --chip xc7z010                  its XNORs moved into DSP48E1s
"""

import argparse
import sys
from pathlib import Path

from overlays.dimensioning import search, table
from overlays.dimensioning.costs import (
    XNORS_PER_DSP,
    Weights,
    dsps_for_xnors,
    luts_of_xnors,
    network_costs,
    with_folding,
)
from overlays.dimensioning.estimate import WEIGHTS, fit_resource_model
from overlays.dimensioning.paper import CHIPS, TABLE_II
from overlays.finn.recipe import Flavour, fifo_depths
from overlays.networks.tables import NETWORKS, Network


def main() -> int:
    """Print what was asked for; 1 with one line where it cannot be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("table", help="per MVTU, and the whole beside Table II")
    one.add_argument("network", nargs="*", default=sorted(NETWORKS), help=", ".join(sorted(NETWORKS)))
    one.add_argument("--folding", help="PExSIMD per layer, with commas, instead of Table I's")
    one = commands.add_parser("figures", help="the paper's Figure 3")
    one.add_argument("--out", type=Path, required=True)
    one = commands.add_parser("search", help="a folding for a rate and a chip, and the Pareto front")
    one.add_argument("network")
    one.add_argument("--rate", type=float, required=True, metavar="IMAGES_PER_S")
    one.add_argument("--chip", choices=sorted(CHIPS), default="xc7z020")
    one.add_argument("--luts", type=int, help="instead of all of the chip's")
    one.add_argument("--bram18", type=int, help="instead of all of the chip's")
    one = commands.add_parser("dsps", help="XNORs moved into DSP48E1s")
    one.add_argument("network")
    one.add_argument("--chip", choices=sorted(CHIPS), default="xc7z010")
    arguments = parser.parse_args()
    try:
        {"table": _table, "figures": _figures, "search": _search, "dsps": _dsps}[arguments.command](arguments)
    except (ValueError, ImportError) as error:
        print(f"dimensioning: {error}", file=sys.stderr)
        return 1
    return 0


def _network(name: str) -> Network:
    if name not in NETWORKS:
        raise ValueError(f"there is no network {name!r}; there are {', '.join(sorted(NETWORKS))}")
    return NETWORKS[name]


def _folding(words: str) -> tuple[tuple[int, int], ...]:
    try:
        pairs = [tuple(int(number) for number in word.split("x")) for word in words.split(",")]
        return tuple((pe, simd) for pe, simd in pairs)
    except ValueError:
        raise ValueError(f"folding {words!r}: say PExSIMD per layer, as 16x3,16x16,…") from None


def _table(arguments: argparse.Namespace) -> None:
    for name in arguments.network:
        network = _network(name)
        measured, weights = TABLE_II.get(name), WEIGHTS[name]
        fifos = {flavour.value: fifo_depths(network, flavour) for flavour in Flavour}
        if arguments.folding:
            network, measured, weights = with_folding(network, _folding(arguments.folding)), None, Weights.BAKED
        print(f"{network.name}\n")
        print(table.layers(network, network_costs(network, weights)), end="\n\n")
        print(table.timings(network, fifos, measured), end="\n\n")
        print(table.resources(network, weights, measured), end="\n\n")


def _figures(arguments: argparse.Namespace) -> None:
    from overlays.dimensioning.figures import operations_and_clocks  # noqa: PLC0415 - needs matplotlib

    for name, network in NETWORKS.items():
        operations_and_clocks(network, arguments.out / f"{name}.svg")
        print(arguments.out / f"{name}.svg")


def _search(arguments: argparse.Namespace) -> None:
    network, chip = _network(arguments.network), CHIPS[arguments.chip]
    luts = chip.luts if arguments.luts is None else arguments.luts
    bram18 = chip.bram18 if arguments.bram18 is None else arguments.bram18
    chosen = search.cheapest(network, arguments.rate, luts, bram18)
    print(f"{network.name} within {luts} LUTs and {bram18} RAMB18, estimated; * the least for {arguments.rate:g}/s\n")
    print("  images/s   LUTs  RAMB18  PExSIMD per layer")
    for one in search.pareto_front(network, luts, bram18):
        mark = "*" if one == chosen else " "
        folding = ",".join(f"{pe}x{simd}" for pe, simd in one.folding)
        print(f"{mark} {one.rate_hz:8.0f} {one.estimate.luts:6} {one.estimate.bram18:7}  {folding}")


def _dsps(arguments: argparse.Namespace) -> None:
    network, chip = _network(arguments.network), CHIPS[arguments.chip]
    costs = network_costs(network)
    own, shared = dsps_for_xnors(network, shared=False), dsps_for_xnors(network, shared=True)
    print(f"{network.name}: {XNORS_PER_DSP} XNORs in a DSP48E1's logic unit; FINN's resType dsp puts one in each\n")
    rows: list[tuple[str, ...]] = [
        ("layer", "PE", "SIMD", "XNORs", "DSPs, own per PE", "DSPs, shared", "DSPs, FINN", "LUTs freed")
    ]
    for name, layer, cost, mine, ours in zip(table.layer_names(network), network.layers, costs, own, shared):
        numbers = (layer.pe, layer.simd, cost.xnors, mine, ours, cost.xnors, luts_of_xnors(cost.xnors))
        rows.append((name, *map(str, numbers)))
    xnors = sum(cost.xnors for cost in costs)
    rows.append(("all", "", "", *map(str, (xnors, sum(own), sum(shared), xnors, luts_of_xnors(xnors)))))
    print(table.align(rows), end="\n\n")
    luts = fit_resource_model().estimate(network_costs(network, WEIGHTS[network.name])).luts
    print(f"{chip.name} has {chip.dsps} DSPs and {chip.luts} LUTs; the whole takes about {luts} LUTs before,", end=" ")
    print(f"{luts - luts_of_xnors(xnors)} after")


if __name__ == "__main__":
    sys.exit(main())
