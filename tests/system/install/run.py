"""Installs the commit's wheel and source distribution as their users do, with pip. ``make test-install``.

Each installation gets a fresh environment and runs outside any checkout. It never skips a check, and needs the package
index but no root. The exit code is 0 only if every check was good.
"""

import os
import platform
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from tests.system import host
from tests.system.host import ROOT, Reports

# A step takes two minutes at most on a quiet machine; on a busy one a limit must not decide.
BUILD_LONGEST_S = 1800
STEP_LONGEST_S = 3600
NETWORKS = ("n-cnv", "u-cnv", "cnv")
# What the tests of an unpacked source distribution need besides its own requirements. The quick ones run here.
TEST_TOOLS = ("pytest>=7", "hypothesis>=6")
QUICK_TESTS = ("tests/bundle", "tests/deploy", "tests/docs", "tests/gate", "tests/settings", "tests/test_verdict.py")
# The index's wheels for other processors: what pip calls them, and the kernel's name for the machine.
AARCH64 = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
ARMV7L = ("linux_armv7l", "manylinux_2_31_armv7l")
FROM_THE_IMAGE = {"numpy", "opencv-python-headless", "PyYAML", "pynq"}
PIP_AS = """
import platform, runpy, sys
machine = sys.argv.pop(1)
platform.machine = lambda: machine
runpy.run_module("pip", run_name="__main__")
"""
NOTEBOOK = "3-where-it-looks.ipynb"
DETECTOR_NAME = """
from binarycop.detection.lookout.engine import make_engine
from binarycop.detection.lookout.detector import WEIGHTS
from binarycop.detection.lookout.network import PROPOSAL
from binarycop.detection.lookout.weights import read_weights
from binarycop.settings.faces import EngineKind
print("detector on", make_engine(EngineKind.AUTO, PROPOSAL, read_weights(WEIGHTS, PROPOSAL)).name)
"""


@dataclass(frozen=True)
class Environment:
    """A fresh environment below ``folder``, and an empty folder in which its programs run."""

    folder: Path
    elsewhere: Path

    def pip(self, *arguments: str) -> None:
        """Install something. Raises AssertionError."""
        call(sys.executable, "-m", "pip", "--python", str(self.folder), "install", "--quiet", *arguments)

    def run(self, *command: str) -> str:
        """Run one of its programs. Returns its output. Raises AssertionError."""
        return call(str(self.folder / "bin" / command[0]), *command[1:], cwd=self.elsewhere)

    def versions(self, *packages: str) -> str:
        """The installed versions of these packages."""
        program = (
            "import sys; from importlib.metadata import version as v; print(*(f'{p} {v(p)}' for p in sys.argv[1:]))"
        )
        return self.run("python", "-c", program, *packages).strip()


def on_ncnn(environment: Environment) -> str:
    """The face detector runs on ncnn."""
    said = environment.run("python", "-c", DETECTOR_NAME).strip()
    assert said == "detector on ncnn", said
    return f"{environment.versions('ncnn', 'numpy', 'opencv-python-headless')}; {said}"


def on_the_simulated_board(environment: Environment) -> str:
    """The driver decides with pynq on the simulated board."""
    said = environment.run("binarycop", "selftest", "--backend", "simulated-board").strip()
    return f"{environment.versions('pynq', 'numpy', 'opencv-python-headless')}; {said}"


def beside_onnxruntime(environment: Environment) -> str:
    """The emulator is measured beside onnxruntime."""
    said = environment.run("binarycop", "bench", "kernel", "--bundle", "n-cnv")
    row = next((line for line in said.splitlines() if "onnxruntime: one crop, " in line), "")
    assert row, said
    return f"{environment.versions('onnxruntime')}; {' '.join(row.split())}"


def in_a_notebook(environment: Environment) -> str:
    """A notebook of the package runs from top to bottom."""
    program = (
        "from importlib.resources import files; from pathlib import Path; "
        f"Path('{NOTEBOOK}').write_bytes((files('binarycop.notebooks') / '{NOTEBOOK}').read_bytes())"
    )
    environment.run("python", "-c", program)
    environment.run("jupyter", "execute", NOTEBOOK)
    return f"{environment.versions('jupyterlab', 'matplotlib', 'numpy')}; {NOTEBOOK} ran"


EXTRAS: Mapping[str, Callable[[Environment], str]] = {
    "ncnn": on_ncnn,
    "simulated-board": on_the_simulated_board,
    "notebooks": in_a_notebook,
    "bench": beside_onnxruntime,
}
"""Each extra that users install. ``test`` and ``train`` are for a checkout, where make installs them."""


def call(*command: str, cwd: Path | None = None, longest_s: int = STEP_LONGEST_S) -> str:
    """Run a program without this one's settings of Python. Returns its output. AssertionError if it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=longest_s,
    )
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}"
    return done.stdout


def main() -> int:
    """Build, install, run, report."""
    began_s, reports = monotonic(), Reports()
    with tempfile.TemporaryDirectory(prefix="test-install-") as folder:
        checks = _checks(Path(folder))
        for name, run in checks:
            reports.add(host.check(name, run))
            if not reports[0]["good"]:
                break
    good = sum(report["good"] for report in reports)
    print(f"test-install: {good} of {len(checks)} checks good, {monotonic() - began_s:.0f} s in all")
    return 0 if good == len(checks) else 1


def _checks(work: Path) -> list[tuple[str, Callable[[], str]]]:
    dist, commit = work / "dist", call("git", "-C", str(ROOT), "rev-parse", "HEAD").strip()
    extras = [
        (f"[{extra}] in a fresh environment", lambda extra=extra, run=run: run(_installed(work, extra)))
        for extra, run in EXTRAS.items()
    ]
    return [
        ("the commit gives a wheel and a source distribution", lambda: _build(dist)),
        ("the source distribution has every file of the commit", lambda: _complete(dist, commit)),
        ("without an extra it decides on the demo, outside any checkout", lambda: _plain(_installed(work))),
        *extras,
        ("on aarch64 pip takes wheels only", lambda: _resolve(dist, "aarch64", AARCH64)),
        ("on a board pip takes wheels only, and nothing that the image has", lambda: _on_board(dist)),
        ("the tests of the unpacked source distribution", lambda: _tests(work)),
    ]


def _build(dist: Path) -> str:
    environment = os.environ | {"PYTHON": sys.executable}
    command = [str(ROOT / "deploy/package"), str(dist), "python"]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=BUILD_LONGEST_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return "\n".join(f"{file.name}  {file.stat().st_size} bytes" for file in sorted(dist.iterdir()))


def _complete(dist: Path, commit: str) -> str:
    committed = call("git", "-C", str(ROOT), "ls-tree", "-r", "--name-only", "-z", commit).split("\0")[:-1]
    with tarfile.open(_only(dist, "*.tar.gz")) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    lacking = sorted(set(committed) - packed)
    assert not lacking, f"it lacks {', '.join(lacking)}: see MANIFEST.in"
    return f"{len(committed)} files"


def _only(folder: Path, pattern: str) -> Path:
    [found] = folder.glob(pattern)
    return found


def _fresh(work: Path, name: str) -> Environment:
    folder, elsewhere = work / name, work / f"{name}-elsewhere"
    call(sys.executable, "-m", "venv", "--without-pip", str(folder))
    elsewhere.mkdir()
    return Environment(folder, elsewhere)


def _installed(work: Path, extra: str = "") -> Environment:
    environment = _fresh(work, f"with-{extra or 'nothing'}")
    environment.pip(f"{_only(work / 'dist', '*.whl')}{f'[{extra}]' if extra else ''}")
    return environment


def _plain(environment: Environment) -> str:
    for network in NETWORKS:
        environment.run("binarycop", "selftest", "--bundle", network)
    *_, live = environment.run("binarycop", "run").strip().splitlines()
    assert live.startswith("summary: "), live
    # In the recording's own time, since a busy machine drops frames of a live source.
    *_, summary = environment.run("binarycop", "replay", "demo").strip().splitlines()
    assert "4 persons, 1 permitted, " in summary, summary
    return f"{environment.versions('binarycop', 'numpy', 'opencv-python-headless', 'gpiozero', 'PyYAML')}\n{summary}"


def _resolve(dist: Path, machine: str, platforms: tuple[str, ...]) -> str:
    """What pip would install on another kind of machine, from wheels only. Raises AssertionError if it has to build."""
    with tempfile.TemporaryDirectory() as nowhere:
        output = call(
            sys.executable, "-c", PIP_AS, machine, "install", "--dry-run", "--ignore-installed",
            "--target", nowhere, "--python-version", "3.10", "--implementation", "cp", "--only-binary", ":all:",
            *(argument for name in platforms for argument in ("--platform", name)), str(_only(dist, "*.whl")),
        )  # fmt: skip
    return next(line for line in output.splitlines() if line.startswith("Would install")).removeprefix("Would install ")


def _on_board(dist: Path) -> str:
    found = _resolve(dist, "armv7l", ARMV7L)
    names = {name.rsplit("-", 1)[0] for name in found.split()}
    assert "gpiozero" in names, found
    assert not names & FROM_THE_IMAGE, found
    return found


def _tests(work: Path) -> str:
    environment = _fresh(work, "tests")
    source = _only(work / "dist", "*.tar.gz")
    environment.pip(str(source), *TEST_TOOLS)
    with tarfile.open(source) as archive:
        archive.extractall(work)
    unpacked = _only(work, "binarycop-*")
    output = call(str(environment.folder / "bin/python"), "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider",
                  *QUICK_TESTS, cwd=unpacked)  # fmt: skip
    return f"{platform.python_version()}: {output.strip().splitlines()[-1]}"


if __name__ == "__main__":
    sys.exit(main())
