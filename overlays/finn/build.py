"""Build the bitstream of a bundle, with the gate's lines and the dead-man timer, with FINN's dataflow builder.

python -m overlays.finn.build n-cnv --flavour deep --out work/finn      (in FINN's container; build.sh calls it)
python -m overlays.finn.build n-cnv --out work/finn --estimate          (needs FINN's Python, but no Vivado)
python -m overlays.finn.build n-cnv --out work/finn --write             (needs no FINN: writes only its input)

FINN verifies its graph with golden vectors of the bundle after several of its steps. The result for
`binarycop import-build` is the folder OUT/<build>/deploy.
"""

import json
import sys
from argparse import ArgumentTypeError
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from binarycop.bundle import files as bundles
from binarycop.errors import BinaryCoPError
from overlays.command_line import make_parser
from overlays.finn import lines
from overlays.finn.errors import BuildMismatch, FinnMissing
from overlays.finn.recipe import BOARDS, BUILD_STEPS, ESTIMATE_STEPS, GOLDEN, PYNQ_Z1, TCL, Flavour, Recipe
from overlays.finn.steps import resolve
from overlays.networks.tables import CLOCK_MHZ, NETWORKS

BUNDLES = Path(__file__).resolve().parents[1] / "bundles"


def write(
    recipe: Recipe, bundle: Path, folder: Path, *, estimate: bool, max_on_s: float = lines.MAX_ON_S
) -> dict[str, Any]:
    """Write FINN's input into ``folder`` (an absolute path), and return its configuration as plain data.

    Files: folding.json, config.json, input.npy (N, 3, 32, 32) and expected_output.npy (N, 4), both float32,
    gate_lines.xdc and gate_lines.tcl; and lines.yaml for the gate's settings. max_on_s: of the dead-man timer. Raises
    BundleError if the bundle is not valid, BuildMismatch if it has another network than the recipe, and ValueError.
    """
    loaded = bundles.load(bundle)
    if loaded.manifest.layers != recipe.network.layers:
        raise BuildMismatch(f"network of {bundle}", loaded.manifest.name, recipe.network.name)
    folder.mkdir(parents=True, exist_ok=True)
    folding = folder / "folding.json"
    config = recipe.config(folder, folding, estimate=estimate)
    _json(folding, recipe.folding())
    _json(folder / "config.json", config)
    np.save(folder / "input.npy", loaded.golden_inputs[:GOLDEN].transpose(0, 3, 1, 2).astype(np.float32))
    np.save(folder / "expected_output.npy", loaded.golden_scores[:GOLDEN].astype(np.float32))
    xdc = folder / "gate_lines.xdc"
    xdc.write_text(lines.constraints(), encoding="utf-8")
    (folder / TCL).write_text(lines.block_design(xdc, CLOCK_MHZ, max_on_s=max_on_s), encoding="utf-8")
    (folder / "lines.yaml").write_text(lines.settings(max_on_s), encoding="utf-8")
    return config


def check_verification(folder: Path, names: list[str]) -> None:
    """Raises BuildMismatch if a verification of FINN failed or is missing: FINN continues after a failure."""
    for name in names:
        results = sorted((folder / "verification_output").glob(f"verify_{name}_*"))
        good = [result for result in results if result.stem.endswith("_SUCCESS")]
        if len(good) != GOLDEN or len(results) != GOLDEN:
            raise BuildMismatch(f"golden vectors right after {name}", f"{len(good)} of {len(results)}", f"all {GOLDEN}")


def main() -> int:
    """Run the build. Returns 1, with one line on stderr, if it fails."""
    parser = make_parser(__doc__)
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--flavour", choices=[flavour.value for flavour in Flavour], default=Flavour.DEEP.value)
    parser.add_argument("--board", choices=sorted(BOARDS), default=PYNQ_Z1.finn_name.lower())
    parser.add_argument("--bundle", type=Path, help="folder of the bundle (default: the shipped one)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the build")
    parser.add_argument(
        "--max-on",
        type=_max_on_s,
        default=lines.MAX_ON_S,
        metavar="SECONDS",
        help=f"maximum on-time of the permission (default: {lines.MAX_ON_S:g}; 0: no maximum), see docs/wiring.md",
    )
    until = parser.add_mutually_exclusive_group()
    until.add_argument("--estimate", action="store_true", help="stop before Vivado is needed")
    until.add_argument("--write", action="store_true", help="write FINN's input and stop")
    arguments = parser.parse_args()
    try:
        recipe = Recipe(NETWORKS[arguments.network], Flavour(arguments.flavour), BOARDS[arguments.board])
        folder = (arguments.out / recipe.name).resolve()
        bundle = arguments.bundle or BUNDLES / recipe.network.name
        config = write(recipe, bundle, folder, estimate=arguments.estimate, max_on_s=arguments.max_on)
        if not arguments.write:
            _build(recipe, bundle, config, ESTIMATE_STEPS if arguments.estimate else BUILD_STEPS)
            check_verification(folder, config["verify_steps"])
    except (BinaryCoPError, ValueError) as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    print(f"build: {recipe.name} is in {folder}")
    return 0


def _build(recipe: Recipe, bundle: Path, config: dict[str, Any], names: tuple[str, ...]) -> None:
    steps = resolve(names, recipe)
    try:
        from finn.builder.build_dataflow import build_dataflow_cfg  # noqa: PLC0415 - FINN exists only in its container
        from finn.builder.build_dataflow_config import DataflowBuildConfig  # noqa: PLC0415
    except ImportError as error:
        raise FinnMissing(str(error)) from error
    built = DataflowBuildConfig.from_dict(config)
    built.steps = steps
    # FINN keeps the results of earlier builds, also of failed ones.
    rmtree(Path(config["output_dir"]) / "verification_output", ignore_errors=True)
    if build_dataflow_cfg(str(bundle / "model.onnx"), built) != 0:
        raise BuildMismatch("FINN's build", "not complete", f"complete; see {config['output_dir']}/build_dataflow.log")


def _max_on_s(text: str) -> float:
    """The option's value, within the bounds of ``lines.max_on_s`` in the settings. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if value != 0 and not 2 <= value <= 3600:
        raise ArgumentTypeError(f"{text} is neither 0 nor a number from 2 to 3600")
    return value


def _json(file: Path, data: dict[str, Any]) -> None:
    file.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
