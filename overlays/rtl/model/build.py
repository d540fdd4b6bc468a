"""Compile a bundle's circuit, core and shell, into a library for the backend simulated-rtl.

python -m overlays.rtl.model.build overlays/bundles/n-cnv --out build/rtl

The result is OUT/<bundle's name>.so. It needs Verilator and a C++ compiler, and takes a minute or two.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from binarycop.bundle import files as bundles
from binarycop.errors import BinaryCoPError
from overlays.command_line import make_parser
from overlays.rtl import accelerator, generate

RTL = Path(__file__).resolve().parents[1]
RULES, MODEL = RTL / "rules", RTL / "model"
_LONGEST_S = 3600
_OPTIONS = ("-O3", "--x-assign", "fast", "--x-initial", "fast", "--assert", "-Wno-lint", "--timescale", "1ns/1ps")
# Little optimisation: Verilator has done its own, so -O2 gives no faster model and takes much longer to compile. Code
# that runs only once, to set the model up, is not optimised at all.
_SPEED = ("-MAKEFLAGS", "OPT_FAST=-O1", "-MAKEFLAGS", "OPT_SLOW=-O0")


class ModelError(BinaryCoPError, RuntimeError):
    """The circuit could not be compiled. reason: the end of the tool's output, or which tool is missing."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def shell_sources() -> list[Path]:
    """The shell's sources in the order of their compilation, and the rules of AXI."""
    return [*accelerator.shell_sources(), *sorted(RULES.glob("*.sv"))]


def build(bundle: Path, out: Path) -> Path:
    """Compile the circuit of a bundle's folder. Returns the library. Raises BundleError, ModelError."""
    loaded = bundles.load(bundle)
    manifest = loaded.manifest
    library = out.resolve() / f"{manifest.name}.so"
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out, prefix="model-") as temporary:
        circuit = Path(temporary).resolve() / "core"
        try:
            generate.write(circuit, generate.default_plan(loaded), loaded)
            parameters = accelerator.parameters(loaded)
        except ValueError as error:
            raise ModelError(f"there is no circuit for {bundle}: {error}") from error
        weights = manifest.sha256["weights.npz"]
        command = ["verilator", "--cc", "--exe", "--build", "-j", "2", *_OPTIONS, *_SPEED]
        command += ["--top-module", accelerator.TOP, *(f"-G{name}={value}" for name, value in parameters.items())]
        command += ["-CFLAGS", f"-fPIC -std=c++17 -I{MODEL} -DCIRCUIT_WEIGHTS={weights}"]
        command += ["-LDFLAGS", "-shared -fPIC", "-o", library.name, "--Mdir", str(circuit.with_name("build"))]
        # The core names its ROMs and sources relative to its folder.
        command += ["-f", generate.FILE_LIST, *map(str, shell_sources()), str(MODEL / "circuit_c.cpp")]
        _run(command, circuit)
        shutil.move(circuit.with_name("build") / library.name, library)
    return library


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_LONGEST_S, check=False
        )
    except FileNotFoundError as error:
        raise ModelError(f"{command[0]} is missing: apt install verilator g++") from error
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{command[0]} took longer than {_LONGEST_S} s") from error
    if done.returncode != 0:
        raise ModelError(f"{command[0]} failed:\n{(done.stderr or done.stdout)[-4000:]}")


def main() -> int:
    """Run the command. Returns 1, with the reason on stderr, if it fails."""
    parser = make_parser(__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument(
        "--out", type=Path, default=Path("build/rtl"), help="folder for the library (default: build/rtl)"
    )
    options = parser.parse_args()
    try:
        library = build(options.bundle, options.out)
    except (BinaryCoPError, OSError) as error:
        print(f"model: {error}", file=sys.stderr)
        return 1
    print(f"model: {library}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
