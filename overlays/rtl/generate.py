"""Write the circuit of a bundle in SystemVerilog.

python -m overlays.rtl.generate overlays/bundles/n-cnv --out work/rtl/n-cnv
python -m overlays.rtl.generate overlays/bundles/cnv --out work/rtl/cnv --rate 12000

The folder gets the modules, the core, its trees and ROMs, and core.json with its figures. The same bundle and options
give the same bytes.
"""

import json
import math
import sys
from pathlib import Path

from binarycop.bundle import files
from binarycop.bundle.files import Bundle
from binarycop.errors import BundleError
from binarycop.geometry import SIDE_PX
from overlays.command_line import make_parser
from overlays.dimensioning.table import layer_names
from overlays.networks.tables import Network
from overlays.rtl import accelerator, core
from overlays.rtl.plan import Plan, all_options, choose, plan
from overlays.rtl.schedule import schedule
from overlays.rtl.stage import Stage

MODULES = Path(__file__).with_name("modules")
DESCRIPTION = "core.json"
FILE_LIST = "files.f"  # what to compile, in this order
PACKAGE = "tables"
CLOCK_MHZ = 100.0
MAX_RATE_HZ = CLOCK_MHZ * 1e6 / 1024  # one pixel a clock
# With this budget for its matrix units, CNV takes 12,000 images a second in fewer LUTs than the paper's CNV.
DEFAULT_LUTS = 23_500
_LATENCY_IMAGES = 2.4
_SLOWEST_HZ = 100.0


def main(words: list[str] | None = None) -> int:
    """Run the command. Returns 1, with one line on stderr, if it fails."""
    parser = make_parser(__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for the circuit")
    wanted = parser.add_mutually_exclusive_group()
    wanted.add_argument("--rate", type=float, help="images a second at 100 MHz")
    wanted.add_argument(
        "--luts",
        type=int,
        default=DEFAULT_LUTS,
        help=f"the highest rate within this budget for the matrix units, by estimate (default: {DEFAULT_LUTS})",
    )
    parser.add_argument("--latency-us", type=float, help="from first pixel to last score (default: 2.4 images)")
    parser.add_argument("--xnor-in-dsp", action="store_true", help="XNORs with weights from a ROM go into DSP48E1s")
    options = parser.parse_args(words)
    try:
        bundle = files.load(options.bundle)
        if options.rate is not None:
            chosen = plan_for_rate(bundle, options.rate, options.latency_us, in_dsp=options.xnor_in_dsp)
        else:
            chosen = plan_for_luts(bundle, options.luts, options.latency_us, in_dsp=options.xnor_in_dsp)
        write(options.out, chosen, bundle)
    except (BundleError, ValueError, OSError) as error:
        print(f"generate: {error}", file=sys.stderr)
        return 1
    times = chosen.schedule
    name = bundle.manifest.name
    print(f"{name}: {times.clocks_per_image} clocks an image, {times.latency} from its first pixel to its last score")
    return 0


def default_plan(bundle: Bundle) -> Plan:
    """The plan without options: n-CNV and µ-CNV take a pixel a clock. Raises ValueError if there is none."""
    return plan_for_luts(bundle, DEFAULT_LUTS)


def plan_for_rate(bundle: Bundle, rate_hz: float, latency_us: float | None = None, *, in_dsp: bool = False) -> Plan:
    """The cheapest plan for a rate at 100 MHz. Raises ValueError if there is none.

    latency_us: the longest time from the first pixel to the last score; if None, the time of 2.4 images. A longer
    latency saves few LUTs, since only the deep layers can use it.
    """
    if not _SLOWEST_HZ <= rate_hz <= MAX_RATE_HZ:
        raise ValueError(f"a rate of {rate_hz:g} images a second; give one from {_SLOWEST_HZ:g} to {MAX_RATE_HZ:g}")
    layers, names = bundle.manifest.layers, _names(bundle)
    clocks = math.floor(CLOCK_MHZ * 1e6 / rate_hz)
    return plan(layers, names, clocks, _latency(clocks, latency_us), in_dsp=in_dsp)


def plan_for_luts(bundle: Bundle, luts: int, latency_us: float | None = None, *, in_dsp: bool = False) -> Plan:
    """The fastest plan whose matrix units take at most ``luts`` LUTs, by estimate. Raises ValueError if none does."""
    layers, names = bundle.manifest.layers, _names(bundle)

    def stages(clocks: int) -> tuple[Stage, ...]:
        return choose(layers, names, clocks, _latency(clocks, latency_us), in_dsp=in_dsp)

    # The slowest stage sets the rate, so the clocks of an image are one of these.
    pixels = SIDE_PX * SIDE_PX
    clocks = sorted({option.clocks for options in all_options(layers, names, in_dsp=in_dsp) for option in options})
    clocks = [each for each in clocks if pixels <= each <= CLOCK_MHZ * 1e6 / _SLOWEST_HZ]
    first, last = 0, len(clocks) - 1
    while first < last:
        middle = (first + last) // 2 if first else 0  # the fastest first: small networks reach it
        if sum(stage.luts for stage in stages(clocks[middle])) <= luts:
            last = middle
        else:
            first = middle + 1
    chosen = stages(clocks[first])
    if (least := sum(stage.luts for stage in chosen)) > luts:
        raise ValueError(f"the smallest circuit takes {least} LUTs, more than the budget of {luts}")
    return Plan(chosen, schedule(chosen))


def _names(bundle: Bundle) -> list[str]:
    manifest = bundle.manifest
    return layer_names(Network(manifest.name, manifest.layers, manifest.output_type))


def _latency(clocks: int, latency_us: float | None) -> int:
    if latency_us is None:
        return math.floor(_LATENCY_IMAGES * clocks)
    if not 0 < latency_us <= 1e6:
        raise ValueError(f"a latency of {latency_us:g} µs; give one above 0 and at most 1000000")
    return math.floor(latency_us * CLOCK_MHZ)


def texts(chosen: Plan, bundle: Bundle, modules: Path = MODULES) -> dict[str, str]:
    """The SystemVerilog of each module by its name: the hand-written modules, and those generated for this circuit."""
    return {source.stem: source.read_text() for source in modules.glob("*.sv")} | core.modules(chosen, bundle)


def write(folder: Path, chosen: Plan, bundle: Bundle, modules: Path = MODULES) -> None:
    """Write the circuit, in place of an earlier one. Raises ValueError if the folder has other SystemVerilog."""
    folder.mkdir(parents=True, exist_ok=True)
    written = list(folder.glob("*.sv"))
    if written and not (folder / DESCRIPTION).is_file():
        raise ValueError(f"{folder} has SystemVerilog, such as {written[0].name}, but no circuit; give another folder")
    for old in written:
        old.unlink()
    sources = texts(chosen, bundle, modules)
    for name, text in sources.items():
        (folder / f"{name}.sv").write_text(text)
    names = [PACKAGE, *sorted(set(sources) - {PACKAGE})]
    (folder / FILE_LIST).write_text("".join(f"{name}.sv\n" for name in names))
    (folder / DESCRIPTION).write_text(json.dumps(describe(chosen, bundle), indent=2) + "\n")


def describe(chosen: Plan, bundle: Bundle) -> dict[str, object]:
    """The contents of ``core.json``."""
    stages = [
        {
            "name": stage.name,
            "weights": stage.weights.value,
            "pes": stage.pes,
            "lanes": stage.lanes,
            "steps": stage.steps,
            "clocks": stage.clocks,
            "fifo": depth,
        }
        for stage, depth in zip(chosen.stages, core.fifo_depths(chosen))
    ]
    return {
        "name": bundle.manifest.name,
        "version": bundle.manifest.version,
        **{name.lower(): value for name, value in accelerator.parameters(bundle).items()},
        "clocks_per_image": chosen.schedule.clocks_per_image,
        "latency_clocks": chosen.schedule.latency,
        "stages": stages,
    }


if __name__ == "__main__":
    sys.exit(main())
