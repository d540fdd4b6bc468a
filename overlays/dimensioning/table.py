"""Text tables: each MVTU of a network, then the whole design compared with the paper's Table II."""

from collections.abc import Mapping, Sequence

from overlays.dimensioning.costs import Cost, Weights, dsps_for_xnors, network_costs
from overlays.dimensioning.estimate import FITTED, fit_resource_model
from overlays.dimensioning.paper import CLOCK_HZ, Measured
from overlays.dimensioning.pipeline import PipelineTiming, SlidingWindow, simulate
from overlays.networks.tables import Network


def layer_names(network: Network) -> list[str]:
    """The paper's names of the layers: conv1_1, conv1_2, conv2_1, … fc1, …; a pool ends a group of convolutions."""
    names: list[str] = []
    group, convs, fcs = 1, 0, 0
    for layer in network.layers:
        if layer.kind == "fc":
            fcs += 1
            names.append(f"fc{fcs}")
            continue
        convs += 1
        names.append(f"conv{group}_{convs}")
        if layer.pool:
            group, convs = group + 1, 0
    return names


def align(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows as text with columns of equal width, the first aligned left and the others right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            word.ljust(width) if at == 0 else word.rjust(width) for at, (word, width) in enumerate(zip(row, widths))
        )
        for row in rows
    )


def layers(network: Network, costs: Sequence[Cost]) -> str:
    """A line for each MVTU: operations, weights, clocks, memory of each PE, use of its block RAM, LUTs."""
    rows = [("layer", "PE", "SIMD", "Mop", "weights", "clocks", "per PE", "RAMB18", "filled", "LUTs")]
    for name, layer, cost in zip(layer_names(network), network.layers, costs):
        rows.append(
            (
                name,
                str(layer.pe),
                str(layer.simd),
                f"{cost.operations / 1e6:.3f}",
                str(cost.weight_bits),
                str(cost.cycles),
                f"{cost.memory_depth}x{cost.memory_width}",
                str(cost.bram18) if cost.bram18 else "in LUTs",
                f"{cost.filled:.0%}" if cost.filled is not None else "-",
                str(cost.luts),
            )
        )
    bits, bram18 = sum(cost.weight_bits for cost in costs), sum(cost.bram18 for cost in costs)
    rows.append(
        (
            "all",
            str(sum(layer.pe for layer in network.layers)),
            "",
            f"{sum(cost.operations for cost in costs) / 1e6:.3f}",
            str(bits),
            f"{max(cost.cycles for cost in costs)}",
            "",
            str(bram18),
            "",
            str(sum(cost.luts for cost in costs)),
        )
    )
    return align(rows)


def timings(network: Network, fifos: Mapping[str, Sequence[int]], measured: Measured | None) -> str:
    """Rate and latency: from the slowest MVTU, simulated with each of ``fifos``, and as measured in the paper."""
    slowest, first = max(network.cycles), network.cycles[0] + network.cycles[1]
    rows = [("speed", "clocks per image", "images/s", "latency, ms", "to the paper")]

    def row(name: str, timing: PipelineTiming | None, interval: float) -> None:
        latency = f"{timing.latency / CLOCK_HZ * 1e3:.2f}" if timing else "-"
        off = f"{interval / measured.interval - 1:+.1%}" if measured else "-"
        rows.append((name, f"{interval:.0f}", f"{CLOCK_HZ / interval:.0f}", latency, off))

    row("slowest MVTU", None, slowest)
    row("first two layers in turn", None, max(first, slowest))
    for window in SlidingWindow:
        for name, depths in fifos.items():
            timing = simulate(network, depths, window)
            row(f"simulated, FIFOs {name}, windows {window.value}", timing, timing.interval)
    if measured:
        rows.append(
            ("the paper, measured", str(measured.interval), str(measured.rate_hz), f"{measured.latency_ms:.2f}", "")
        )
    return align(rows)


def resources(network: Network, weights: Weights, measured: Measured | None) -> str:
    """LUTs, block RAM and DSPs of the whole design, compared with the paper."""
    estimate = fit_resource_model().estimate(network_costs(network, weights))
    rows = [
        ("whole design", "LUTs", "RAMB18", "DSPs"),
        (f"estimate, weights {weights.value}", str(estimate.luts), str(estimate.bram18), "not modelled"),
    ]
    if measured:
        fitted = " (fitted)" if network in FITTED else ""
        luts, bram18 = estimate.luts / measured.luts - 1, estimate.bram18 / measured.bram18 - 1
        rows += [
            ("the paper, measured", str(measured.luts), str(measured.bram18), str(measured.dsps)),
            (f"difference{fitted}", f"{luts:+.1%}", f"{bram18:+.1%}", ""),
        ]
    own, shared = (sum(dsps_for_xnors(network, shared=shared)) for shared in (False, True))
    rows.append(("its XNORs in DSP48E1s, 48 each", "", "", f"{own}, or {shared} if PEs share them"))
    return align(rows)
