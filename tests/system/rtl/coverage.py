"""Counts how often the benches of the circuit visit each state of its control.

python -m tests.system.rtl.coverage            a line for each unit; fails if a state is not visited and should be
python -m tests.system.rtl.coverage --write    also write overlays/rtl/states/README.md

The states are cover properties (``overlays/rtl/states``), compiled into the benches by Verilator: the small networks
with and without stalls, and the shell with its stand-in core.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from overlays.rtl import simulation
from overlays.rtl.simulation import SimulationError
from tests.random_bundles import random_bundle
from tests.system.rtl.core.run import DISTURBED, NETWORKS, ROOT

State = tuple[str, str]  # unit and label
STATES = ROOT / "overlays" / "rtl" / "states"
PAGE = STATES / "README.md"
UNITS = {
    "credit_fifo": "FIFO and credits",
    "sliding_window": "sliding window",
    "or_pool": "pool",
    "steps": "steps of a matrix unit",
    "burst_splitter": "bursts and address window",
    "read_dma": "DMA that reads",
    "write_dma": "DMA that writes",
    "beat_packer": "scores into beats",
    "control_registers": "registers and lock",
    "beat_fifo": "FIFO of a DMA",
    "deadman": "dead-man timer",
}
# Why no bench visits a state.
NOT_VISITED: dict[State, str] = {
    (
        "read_dma",
        "fault_by_data_that_nobody_asked_for",
    ): "the bench's memory keeps the rules of AXI; proven for any memory",
    (
        "write_dma",
        "fault_while_a_burst_is_on_its_way",
    ): "faults of the bench come between two bursts; proven for any time",
    (
        "write_dma",
        "fault_by_a_response_that_nobody_waits_for",
    ): "the bench's memory keeps the rules of AXI; proven for any memory",
    ("beat_packer", "beat_waits"): "scores come more slowly than they are written; proven for any streams",
    ("control_registers", "write_answer_waits"): "the bench takes answers at once; proven for any processor",
    ("control_registers", "read_answer_waits"): "the bench takes answers at once; proven for any processor",
    ("beat_fifo", "full_and_a_beat_waits"): "scores come more slowly than they are written; proven for any streams",
}
_LONGEST_S = 1800
_MODULE = re.compile(r"^module (\w+)_states\b", re.MULTILINE)
_LABEL = re.compile(r"^\s+(\w+): cover property", re.MULTILINE)
_COUNT = re.compile(r"v_user/(\w+?)_states(?:__\w+)?\x01o\x02(\w+)\x01.*' (\d+)$")


@dataclass(frozen=True)
class Visits:
    """How often each state was visited, in the order of the files."""

    counts: dict[State, int]

    @property
    def missing(self) -> list[State]:
        """States that were not visited, and should be."""
        return [state for state, count in self.counts.items() if not count and state not in NOT_VISITED]

    @property
    def wrongly_excused(self) -> list[State]:
        """States that were visited, although NOT_VISITED says why they are not."""
        return [state for state in NOT_VISITED if self.counts.get(state)]

    def of(self, unit: str) -> dict[str, int]:
        """The counts of a unit by label."""
        return {label: count for (found, label), count in self.counts.items() if found == unit}


def states() -> Iterator[State]:
    """All states, in the order of the files."""
    for file in sorted(STATES.glob("*.sv")):
        parts = _MODULE.split(file.read_text())
        for unit, text in zip(parts[1::2], parts[2::2]):
            for label in _LABEL.findall(text):
                yield unit, label


def visits(files: list[Path]) -> Visits:
    """The counts of Verilator's files, added up over all instances."""
    found: Counter[State] = Counter()
    for file in files:
        for line in file.read_text(errors="replace").splitlines():
            if match := _COUNT.search(line):
                found[match[1], match[2]] += int(match[3])
    return Visits({state: found[state] for state in states()})


def summary(counted: Visits) -> str:
    """A row of Markdown for each unit."""
    rows = ["| unit | states visited | the rarest one | times |", "|---|---|---|---|"]
    for unit, name in UNITS.items():
        counts = counted.of(unit)
        seen = {label: count for label, count in counts.items() if count}
        rarest = min(seen, key=lambda label: seen[label])
        rows.append(f"| {name} | {len(seen)} of {len(counts)} | {_words(rarest)} | {seen[rarest]:,} |")
    return "\n".join(rows)


def page(counted: Visits) -> str:
    """The page with every state."""
    visited = sum(count > 0 for count in counted.counts.values())
    parts = [
        "# How often the benches visit each state of the control\n",
        "`python -m tests.system.rtl.coverage --write` writes this page. The states are the cover properties of the",
        "files in this folder, one for each state or transition. Counts are in clocks, over all instances and benches.",
        "The benches are those of `make test-circuit`, with the shell's 64-bit port and CNV's packing of the scores.\n",
        f"{visited} of {len(counted.counts)} states are visited. The row of each other state gives the reason.\n",
    ]
    for unit, name in UNITS.items():
        parts.append(f"## {name[0].upper()}{name[1:]}: `{unit}`\n\n| state | clocks |\n|---|---|")
        for label, count in counted.of(unit).items():
            times = f"{count:,}" if count else f"never: {NOT_VISITED.get((unit, label), 'no reason is known')}"
            parts.append(f"| {_words(label)} | {times} |")
        parts.append("")
    return "\n".join(parts)


def _words(label: str) -> str:
    return label.replace("_", " ")


def _core(work: Path) -> Iterator[Path]:
    for index, network in enumerate(NETWORKS):
        bundle = random_bundle(work / f"bundle-{index}", network.layers, seed=5)
        bench = simulation.build(work / f"core-{index}", network.plan(bundle), bundle, counts_states=True)
        for seed, stalls in enumerate((simulation.Stalls(), *DISTURBED), 1):
            file = work / f"core-{index}-{seed}.dat"
            bench.run(simulation.pictures(15, seed), stalls, seed, file)
            yield file


def _shell(work: Path) -> list[Path]:
    program = ROOT / "tests" / "system" / "rtl" / "shell" / "run.sh"
    _call([str(program), "coverage"], work, {"COVERAGE": str(work / "shell.dat")})
    return sorted(work.glob("shell.dat.*"))


def _call(command: list[str], folder: Path, variables: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(variables or {})},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_LONGEST_S,
        check=False,
    )
    if done.returncode != 0:
        raise SimulationError(f"{Path(command[0]).name} failed:\n{(done.stdout + done.stderr)[-3000:]}")


def main(words: list[str]) -> int:
    """Run the benches. Returns 1 if one fails or a state is missing, 2 for an unknown word."""
    if set(words) - {"--write"}:
        print(__doc__, file=sys.stderr)
        return 2
    (ROOT / "build").mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="states-", dir=ROOT / "build") as temporary:
        work = Path(temporary)
        try:
            counted = visits([*_core(work), *_shell(work)])
        except SimulationError as error:
            print(f"coverage: {error}", file=sys.stderr)
            return 1
    print(summary(counted))
    for unit, label in counted.missing:
        print(f"coverage: {UNITS[unit]}: no bench visits “{_words(label)}”", file=sys.stderr)
    for unit, label in counted.wrongly_excused:
        print(f"coverage: {UNITS[unit]}: “{_words(label)}” is visited, and NOT_VISITED has it", file=sys.stderr)
    if "--write" in words:
        PAGE.write_text(page(counted))
    return 1 if counted.missing or counted.wrongly_excused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
