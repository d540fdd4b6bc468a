"""Simulation of a core with Verilator: images go in, all scores are compared with the emulator's."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle
from binarycop.classifier.choose import open_emulator
from binarycop.geometry import SIDE_PX
from overlays.rtl import core, generate
from overlays.rtl.plan import Plan

BENCH = Path(__file__).with_name("bench") / "core_bench.cpp"
STATES = Path(__file__).with_name("states") / "core_states.sv"
TOP = "binarycop_core"
_LONGEST_S = 3600


class SimulationError(RuntimeError):
    """A tool is missing or failed; the message has the end of its output."""


@dataclass(frozen=True)
class Stalls:
    """How a run is disturbed. input, output: percent of the clocks in which the stream stalls. resets: their number."""

    input: int = 0
    output: int = 0
    resets: int = 0


@dataclass(frozen=True)
class Result:
    """What the bench counted.

    broken_rules: of AXI-Stream. clocks_per_image, latency_clocks: without stalls and resets, those of the schedule.
    """

    images: int
    wrong_scores: int
    broken_rules: int
    clocks_per_image: float
    latency_clocks: int


@dataclass(frozen=True)
class Bench:
    """A compiled bench for a bundle's core."""

    program: Path
    bundle: Bundle

    def run(
        self, images: NDArray[np.uint8], stalls: Stalls = Stalls(), seed: int = 1, coverage: Path | None = None
    ) -> Result:
        """Run images, (N, 32, 32, 3) uint8, through the circuit. Raises SimulationError if scores are missing.

        coverage: the file for the counts of the states, if the bench was built with ``counts_states``.
        """
        scores = open_emulator(self.bundle).scores(images)
        with TemporaryDirectory() as temporary:
            files = Path(temporary) / "images", Path(temporary) / "scores"
            files[0].write_bytes(np.ascontiguousarray(images).tobytes())
            files[1].write_bytes(scores.astype("<i4").tobytes())
            numbers = (seed, stalls.input, stalls.output, stalls.resets)
            words = [*map(str, files), *map(str, numbers), *([str(coverage)] if coverage else [])]
            output = _call([str(self.program), *words], allowed=(0, 1))
        if not output.strip():
            raise SimulationError(f"{self.program.name} gave no result: a score is missing")
        return Result(**json.loads(output))


def build(
    folder: Path, plan: Plan, bundle: Bundle, modules: Path = generate.MODULES, *, counts_states: bool = False
) -> Bench:
    """Write the circuit to ``folder`` and compile it with the bench. modules: folder of the hand-written modules.

    counts_states: add cover properties for the states of the control. A warning of Verilator is an error, except with
    ``counts_states``. Raises SimulationError.
    """
    generate.write(folder, plan, bundle, modules)
    # Little optimisation: compiling takes longer than simulating a few hundred images.
    command = ["verilator", "--cc", "--exe", "--build", "-j", str(os.cpu_count() or 1), "-O3"]
    command += ["--coverage-user", "-Wno-lint", str(STATES)] if counts_states else ["-Wall"]
    command += ["--x-assign", "unique", "--x-initial", "unique", "--top-module", TOP]
    command += ["-CFLAGS", f"-DSCORE_BITS={core.score_bits(bundle)}", "-MAKEFLAGS", "OPT_FAST=-O1"]
    command += ["-MAKEFLAGS", "OPT_SLOW=-O0", "-MAKEFLAGS", "OPT_GLOBAL=-O1"]
    command += ["-Mdir", str(folder / "model"), "-F", str(folder / generate.FILE_LIST), str(BENCH), "-o", "bench"]
    _call(command)
    return Bench(folder / "model" / "bench", bundle)


def pictures(count: int, seed: int) -> NDArray[np.uint8]:
    """Random images, (count, 32, 32, 3) uint8: noise, flat colours, gradients, stripes and black-and-white noise.

    Noise alone gives all layers about the same activations.
    """
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    ramp = np.arange(SIDE_PX)
    for index in range(count):
        kind, low, high = index % 5, rng.integers(0, 256, 3), rng.integers(0, 256, 3)
        if kind == 1:
            images[index] = low
        elif kind == 2:
            blend = np.add.outer(ramp * rng.random(), ramp * rng.random())[..., None] / (2 * SIDE_PX)
            images[index] = (low + (high - low) * blend).astype(np.uint8)
        elif kind == 3:
            stripes = ((np.add.outer(ramp * rng.integers(0, 3), ramp) // rng.integers(1, 9)) % 2)[..., None]
            images[index] = np.where(stripes, low, high)
        elif kind == 4:
            images[index] = np.where(images[index] < 128, 0, 255)
    return images


def _call(command: list[str], allowed: tuple[int, ...] = (0,)) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_LONGEST_S, check=False
        )
    except FileNotFoundError as error:
        raise SimulationError(f"{command[0]} is missing: apt install verilator g++") from error
    except subprocess.TimeoutExpired as error:
        raise SimulationError(f"{command[0]} took longer than {_LONGEST_S} s") from error
    if done.returncode not in allowed:
        raise SimulationError(f"{command[0]} failed:\n{(done.stderr + done.stdout)[-4000:]}")
    return done.stdout
