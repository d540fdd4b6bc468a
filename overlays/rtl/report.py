"""The measured figures of the three networks' circuits.

python -m overlays.rtl.report                    the table
python -m overlays.rtl.report --json             an object by network
python -m overlays.rtl.report --measure          measure everything again (hours); --measure simulation u-cnv: one part
python -m overlays.rtl.report --write            also write the tables into README.md

The figures are kept in figures.json with the hashes of the measured circuit and shell. If the circuit or the shell has
changed since, they are refused. A figure that was not measured, such as the clock of a network that was not routed, is
null. Figures whose names end in with_shell are of the whole accelerator, the others are of the core.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from binarycop.bundle import files
from binarycop.bundle.files import Bundle
from binarycop.errors import BinaryCoPError
from overlays.atomic_write import atomic_write
from overlays.command_line import make_parser, print_progress
from overlays.networks.tables import NETWORKS
from overlays.rtl import generate, simulation, synthesis, tables
from overlays.rtl.accelerator import sha256_of, shell_sha256
from overlays.rtl.generate import default_plan
from overlays.rtl.model import latency
from overlays.rtl.model.build import build
from overlays.rtl.plan import Plan
from overlays.rtl.simulation import SimulationError, Stalls

FIGURES = Path(__file__).with_name("figures.json")
PAGE = Path(__file__).with_name("README.md")
BUNDLES = Path(__file__).resolve().parents[1] / "bundles"
PARTS = {
    "simulation": ("images", "wrong_scores", "cycles_per_image", "latency_cycles"),
    "synthesis": ("luts", "ffs", "bram36", "dsps"),
    "route": ("fmax_mhz_ecp5",),
    "shell-simulation": ("cycles_per_image_with_shell", "latency_cycles_with_shell"),
    "shell-synthesis": ("luts_with_shell", "ffs_with_shell", "bram36_with_shell", "dsps_with_shell"),
}
_SHELL_HASH = "shell_sha256"
_WITH_SHELL = ("shell-simulation", "shell-synthesis")
_IMAGES = {"cnv": 1_000, "n-cnv": 10_000, "u-cnv": 10_000}
_DISTURBED = Stalls(input=30, output=30, resets=2)
_DISTURBED_IMAGES = 100
_BATCHES = (8, 16)  # images; the scores of eight are a whole number of beats, however they are packed

Figures = dict[str, Any]


class StaleFiguresError(ValueError):
    """The figures belong to another circuit, or there are none."""


def circuit_sha256(plan: Plan, bundle: Bundle) -> str:
    """The hash of all SystemVerilog of a circuit."""
    return sha256_of(sorted(generate.texts(plan, bundle).items()))


def read(file: Path = FIGURES, bundles: Path = BUNDLES) -> dict[str, Figures]:
    """The figures of each network. Raises StaleFiguresError, BundleError."""
    kept, shell = _kept(file), shell_sha256()
    figures = {}
    for name in NETWORKS:
        bundle = files.load(bundles / name)
        if name not in kept:
            raise StaleFiguresError(f"{name} was not measured; run python -m overlays.rtl.report --measure")
        if kept[name]["circuit_sha256"] != circuit_sha256(default_plan(bundle), bundle):
            raise StaleFiguresError(
                f"{name}'s circuit has changed since it was measured; measure it again with --measure"
            )
        if kept[name].get(_SHELL_HASH, shell) != shell:
            raise StaleFiguresError(
                f"the shell has changed since {name} was measured with it; "
                f"measure it again with --measure {' '.join(_WITH_SHELL)} {name}"
            )
        figures[name] = {key: kept[name].get(key) for part in PARTS.values() for key in part}
    return figures


def measure(name: str, part: str, file: Path = FIGURES, *, if_missing: bool = False) -> None:
    """Measure one part of one network and write it to the figures. if_missing: only if this circuit lacks it.

    Raises BundleError, ModelError, and SimulationError, SynthesisError and other kinds of RuntimeError.
    """
    bundle = files.load(BUNDLES / name)
    plan = default_plan(bundle)
    digest = circuit_sha256(plan, bundle)
    # The hash is taken before the measurement: if the sources are edited meanwhile, the figures are refused.
    of_shell = {_SHELL_HASH: shell_sha256()} if part in _WITH_SHELL else {}
    if if_missing and set(PARTS[part]) <= set(_valid(_kept(file), name, digest)):
        return
    with TemporaryDirectory(prefix="rtl-", dir=_work()) as temporary:
        measured = _MEASUREMENTS[part](Path(temporary), plan, bundle)
    kept = _kept(file)  # read again, since another part may have been measured meanwhile
    kept[name] = {"circuit_sha256": digest, **_valid(kept, name, digest), **of_shell, **measured}
    with atomic_write(file) as partial:
        partial.write_text(json.dumps(dict(sorted(kept.items())), indent=2) + "\n")
    print_progress(f"{name} {part}: {measured}")


def _kept(file: Path) -> dict[str, Figures]:
    return json.loads(file.read_text()) if file.exists() else {}


def _valid(kept: dict[str, Figures], name: str, digest: str) -> Figures:
    """A network's figures if they are of this circuit; those with the shell only if they are of this shell too."""
    figures = kept.get(name, {})
    if figures.get("circuit_sha256") != digest:
        return {}
    if figures.get(_SHELL_HASH) == shell_sha256():
        return figures
    of_shell = {_SHELL_HASH, *(key for part in _WITH_SHELL for key in PARTS[part])}
    return {key: value for key, value in figures.items() if key not in of_shell}


def _work() -> Path:
    folder = Path("build")  # the packaged yosys has a /tmp of its own
    folder.mkdir(exist_ok=True)
    return folder.resolve()


def _simulation(folder: Path, plan: Plan, bundle: Bundle) -> Figures:
    bench = simulation.build(folder, plan, bundle)
    count = _IMAGES[bundle.manifest.name]
    golden = bench.run(bundle.golden_inputs)
    disturbed = bench.run(simulation.pictures(_DISTURBED_IMAGES, seed=2), _DISTURBED, seed=2)
    rest = bench.run(simulation.pictures(count, seed=3))
    results = (golden, disturbed, rest)
    if broken := sum(result.broken_rules for result in results):
        raise SimulationError(f"{broken} breaches of AXI-Stream's rules")
    return {
        "images": sum(result.images for result in results),
        "wrong_scores": sum(result.wrong_scores for result in results),
        "cycles_per_image": rest.clocks_per_image,
        "latency_cycles": rest.latency_clocks,
    }


def _synthesis(folder: Path, plan: Plan, bundle: Bundle) -> Figures:
    found = synthesis.synthesize(folder, plan, bundle)
    return {"luts": found.luts, "ffs": found.ffs, "bram36": found.bram36, "dsps": found.dsps}


def _route(folder: Path, plan: Plan, bundle: Bundle) -> Figures:
    return {"fmax_mhz_ecp5": synthesis.route(folder, plan, bundle)}


def _shell_simulation(folder: Path, _plan: Plan, bundle: Bundle) -> Figures:
    library = build(BUNDLES / bundle.manifest.name, folder)
    small, large = _BATCHES
    less, more = (latency.clocks(bundle, library, images) for images in _BATCHES)
    return {
        "cycles_per_image_with_shell": (more - less) / (large - small),
        "latency_cycles_with_shell": latency.clocks(bundle, library, 1),
    }


def _shell_synthesis(folder: Path, plan: Plan, bundle: Bundle) -> Figures:
    found = synthesis.synthesize(folder, plan, bundle, with_shell=True)
    return {
        "luts_with_shell": found.luts,
        "ffs_with_shell": found.ffs,
        "bram36_with_shell": found.bram36,
        "dsps_with_shell": found.dsps,
    }


_MEASUREMENTS: dict[str, Callable[[Path, Plan, Bundle], Figures]] = {
    "simulation": _simulation,
    "synthesis": _synthesis,
    "route": _route,
    "shell-simulation": _shell_simulation,
    "shell-synthesis": _shell_synthesis,
}


def main(words: list[str] | None = None) -> int:
    """Run the command. Returns 1, with one line on stderr, if it fails."""
    parser = make_parser(__doc__)
    parser.add_argument("--json", action="store_true", help="print an object")
    parser.add_argument("--measure", nargs="*", metavar="WORD", help="parts and networks to measure; none: all of them")
    parser.add_argument("--write", action="store_true", help="write the tables into README.md")
    parser.add_argument("--missing", action="store_true", help="measure only figures that these circuits lack")
    options = parser.parse_args(words)
    try:
        if options.measure is not None:
            _measure(parser, options.measure, if_missing=options.missing)
        figures = read()
    except (BinaryCoPError, StaleFiguresError, RuntimeError, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    if options.write:
        tables_of_page = tables.everything(figures), tables.beside_the_paper(figures)
        PAGE.write_text(tables.replaced(PAGE.read_text(encoding="utf-8"), tables_of_page), encoding="utf-8")
    print(json.dumps(figures, indent=2) if options.json else tables.everything(figures))
    return 0


def _measure(parser: argparse.ArgumentParser, words: list[str], *, if_missing: bool) -> None:
    if unknown := set(words) - set(PARTS) - set(NETWORKS):
        parser.error(f"{unknown.pop()} is neither a part ({', '.join(PARTS)}) nor a network ({', '.join(NETWORKS)})")
    for name in [word for word in words if word in NETWORKS] or NETWORKS:
        for part in [word for word in words if word in PARTS] or PARTS:
            measure(name, part, if_missing=if_missing)


if __name__ == "__main__":
    sys.exit(main())
