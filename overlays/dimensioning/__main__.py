"""Estimate the resources and the speed of a network with a given folding.

python -m overlays.dimensioning table [n-cnv] [--folding 16x3,16x16,...]      each MVTU, and all of them, with Table II
python -m overlays.dimensioning figures --out overlays/dimensioning/figures   the paper's Figure 3, Pareto (matplotlib)
python -m overlays.dimensioning search u-cnv --chip xc7z010 --rate 1646       the cheapest folding, the Pareto front
python -m overlays.dimensioning circuit n-cnv --luts 14000                    our own circuit within a budget
python -m overlays.dimensioning fit                                           its costs, and their errors
python -m overlays.dimensioning dsps u-cnv --chip xc7z010                     its XNORs in DSP48E1s
"""

import argparse
import sys
from pathlib import Path

from overlays.command_line import make_parser
from overlays.dimensioning import circuit, search, table
from overlays.dimensioning.circuit_search import circuit_front
from overlays.dimensioning.costs import (
    XNORS_PER_DSP,
    Weights,
    dsps_for_xnors,
    luts_of_xnors,
    network_costs,
    with_folding,
)
from overlays.dimensioning.estimate import WEIGHTS, fit_resource_model
from overlays.dimensioning.paper import CHIPS, CLOCK_HZ, TABLE_II
from overlays.finn.recipe import Flavour, fifo_depths
from overlays.networks.tables import NETWORKS, Network

_LONGEST_US = 1e6


def main() -> int:
    """Run a command. Returns 1, with one line on stderr, if it fails."""
    parser = make_parser(__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("table", help="each MVTU, and all of them, compared with Table II")
    command.add_argument("network", nargs="*", default=sorted(NETWORKS), help=", ".join(sorted(NETWORKS)))
    command.add_argument("--folding", help="PExSIMD for each layer, separated by commas (default: Table I)")
    command = commands.add_parser("figures", help="the paper's Figure 3")
    command.add_argument("--out", type=Path, required=True, help="folder for the figures")
    command = commands.add_parser("search", help="the cheapest folding for a rate and a chip, and the Pareto front")
    command.add_argument("network")
    command.add_argument("--rate", type=float, required=True, metavar="IMAGES_PER_S")
    command.add_argument("--chip", choices=sorted(CHIPS), default="xc7z020")
    command.add_argument("--luts", type=int, help="LUTs that may be used (default: all of the chip)")
    command.add_argument("--bram18", type=int, help="RAMB18 that may be used (default: all of the chip)")
    command = commands.add_parser("circuit", help="our own circuit: the Pareto front of rate and LUTs within a budget")
    command.add_argument("network")
    command.add_argument("--chip", choices=sorted(CHIPS), default="xc7z020")
    command.add_argument("--luts", type=int, help="LUTs that may be used (default: all of the chip)")
    command.add_argument("--bram18", type=int, help="RAMB18 that may be used (default: all of the chip)")
    command.add_argument(
        "--latency-us", type=float, help="at most, from the core's first pixel to its last score (default: any)"
    )
    commands.add_parser("fit", help="the costs of our own circuit, with the error of each measured stage")
    command = commands.add_parser("dsps", help="the XNORs of a network in DSP48E1s")
    command.add_argument("network")
    command.add_argument("--chip", choices=sorted(CHIPS), default="xc7z010")
    arguments = parser.parse_args()
    try:
        {"table": _table, "figures": _figures, "search": _search, "dsps": _dsps, "circuit": _circuit, "fit": _fit}[
            arguments.command
        ](arguments)
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
        raise ValueError(f"folding {words!r}: give PExSIMD for each layer, for example 16x3,16x16,…") from None


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
    from overlays.dimensioning.figures import foldings_and_circuits, operations_and_clocks  # noqa: PLC0415 - needs matplotlib

    for name, network in NETWORKS.items():
        operations_and_clocks(network, arguments.out / f"{name}.svg")
        foldings_and_circuits(network, arguments.out / f"{name}-pareto.svg")
        print(arguments.out / f"{name}.svg", arguments.out / f"{name}-pareto.svg")


def _search(arguments: argparse.Namespace) -> None:
    network, chip = _network(arguments.network), CHIPS[arguments.chip]
    luts = chip.luts if arguments.luts is None else arguments.luts
    bram18 = chip.bram18 if arguments.bram18 is None else arguments.bram18
    chosen = search.cheapest(network, arguments.rate, luts, bram18)
    print(f"{network.name}, at most {luts} LUTs and {bram18} RAMB18 (estimates); * cheapest for {arguments.rate:g}/s\n")
    print("  images/s   LUTs  RAMB18  PExSIMD per layer")
    for candidate in search.pareto_front(network, luts, bram18):
        mark = "*" if candidate == chosen else " "
        folding = ",".join(f"{pe}x{simd}" for pe, simd in candidate.folding)
        estimate = candidate.estimate
        print(f"{mark} {candidate.rate_hz:8.0f} {estimate.luts:6} {estimate.bram18:7}  {folding}")


def _circuit(arguments: argparse.Namespace) -> None:
    network, chip = _network(arguments.network), CHIPS[arguments.chip]
    luts = chip.luts if arguments.luts is None else arguments.luts
    bram18 = chip.bram18 if arguments.bram18 is None else arguments.bram18
    within, latency = f"{luts} LUTs and {bram18} RAMB18", None
    if arguments.latency_us is not None:
        if not 0 < arguments.latency_us <= _LONGEST_US:
            raise ValueError(f"--latency-us {arguments.latency_us:g}: give one above 0 and at most {_LONGEST_US:g}")
        within, latency = f"{within}, {arguments.latency_us:g} µs", int(arguments.latency_us * CLOCK_HZ / 1e6)
    front = circuit_front(network, luts, bram18, latency)
    if not front:
        raise ValueError(f"no circuit of {network.name} fits {within}")
    print(f"{network.name}, our circuit with its shell, at most {within} (estimates)\n")
    print("images/s  latency, µs   LUTs  RAMB18  per layer: weights, outputs x parts of the inputs one after the other")
    for found in front:
        stages = ", ".join(f"{stage.weights.value} {stage.fold}x{stage.passes}" for stage in found.stages)
        latency_us = found.latency_clocks * 1e6 / CLOCK_HZ
        print(f"{found.rate_hz:8.0f} {latency_us:12.1f} {found.luts:6} {found.ramb18:7}  {stages}")


def _fit(arguments: argparse.Namespace) -> None:
    model, measured = circuit.fit(), circuit.measured_stages()
    factors = ", ".join(f"{kind.value} {factor:.3f}" for kind, factor in model.factors.items())
    print(f"times the matrix unit's own estimate: {factors}; {model.for_each_output:.3f} for each output,", end=" ")
    print(f"{model.for_each_input:.3f} for each input, {model.fixed:.1f}; and the memory\n")
    rows: list[tuple[str, ...]] = [("stage", "measured", "estimate", "error", "without it")]
    for each, error, without in zip(measured, circuit.residuals(model), circuit.left_out()):
        estimate = str(model.luts(each.stage, each.fifo))
        rows.append((each.name, str(each.luts), estimate, f"{error:+.1%}", f"{without:+.1%}"))
    print(table.align(rows))


def _dsps(arguments: argparse.Namespace) -> None:
    network, chip = _network(arguments.network), CHIPS[arguments.chip]
    costs = network_costs(network)
    own, shared = dsps_for_xnors(network, shared=False), dsps_for_xnors(network, shared=True)
    print(
        f"{network.name}: {XNORS_PER_DSP} XNORs fit in a DSP48E1's logic unit; FINN's resType dsp needs one DSP each\n"
    )
    rows: list[tuple[str, ...]] = [
        ("layer", "PE", "SIMD", "XNORs", "DSPs, each PE", "DSPs, shared", "DSPs, FINN", "LUTs saved")
    ]
    for name, layer, cost, for_each_pe, for_all_pes in zip(
        table.layer_names(network), network.layers, costs, own, shared
    ):
        numbers = (layer.pe, layer.simd, cost.xnors, for_each_pe, for_all_pes, cost.xnors, luts_of_xnors(cost.xnors))
        rows.append((name, *map(str, numbers)))
    xnors = sum(cost.xnors for cost in costs)
    rows.append(("all", "", "", *map(str, (xnors, sum(own), sum(shared), xnors, luts_of_xnors(xnors)))))
    print(table.align(rows), end="\n\n")
    luts = fit_resource_model().estimate(network_costs(network, WEIGHTS[network.name])).luts
    print(f"{chip.name} has {chip.dsps} DSPs and {chip.luts} LUTs; the design needs about {luts} LUTs,", end=" ")
    print(f"and {luts - luts_of_xnors(xnors)} with its XNORs in DSPs")


_COMMANDS = {
    "table": _table,
    "figures": _figures,
    "search": _search,
    "circuit": _circuit,
    "fit": _fit,
    "dsps": _dsps,
}


if __name__ == "__main__":
    sys.exit(main())
