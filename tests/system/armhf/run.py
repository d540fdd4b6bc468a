"""Runs the board's package, and the daemon's functional tests, on the board's kind of processor. ``make test-armhf``.

The tree is Debian 12's armhf userland, built once by image.sh, with its Python, numpy and OpenCV; qemu-user runs its
programs. It never skips a check and needs root. Arguments are paths below tests/; then only these tests run.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.system import host
from tests.system.host import ROOT, Reports

HERE = Path(__file__).resolve().parent
# What runs on the board; without what only a desk has: pynq's simulated board, a compiler, a kernel of its own.
TESTS = ("frames", "detection", "tracking", "evaluation", "bundle", "classifier", "gate", "journal", "lines", "service",
         "settings", "cli", "test_verdict.py")  # fmt: skip
PROJECT = (
    "daemon",
    "tests",
    "systemd",
    "deploy",
    "docs",
    "overlays/bundles",
    "overlays/__init__.py",
    "overlays/command_line.py",
    "overlays/detector/__init__.py",
    "overlays/detector/golden.py",
    "setup.cfg",
    "README.md",
)
# Tests that do not depend on the processor and cannot run here: qemu-user supports neither seccomp nor a camera's
# ioctl, and writes a core dump of its own; Debian has OpenCV's cascades in a package that is not installed here.
NOT_HERE = (
    "frames/test_camera.py::test_a_device_or_file_that_is_not_a_camera_is_refused",
    "frames/test_choose.py::test_a_device_is_never_read_as_a_clip",
    "frames/test_v4l2.py::test_another_device_is_not_a_camera",
    "frames/test_v4l2.py::test_a_plain_file_is_not_a_camera",
    "service/test_hardening.py::test_a_hardened_process_cannot_start_a_program",
    "service/test_hardening.py::test_a_thread_that_was_there_before_cannot_start_a_program_either",
    "service/test_hardening.py::test_a_hardened_process_leaves_no_core_dump",
    "evaluation/test_haar.py::test_no_face_is_detected_on_a_bare_wall",
)
TESTS_LONGEST_S = 3000
STEP_LONGEST_S = 300
MODULES = "/usr/lib/binarycop/python"
ENGINE = """
from binarycop.detection.lookout.engine import make_engine
from binarycop.detection.lookout.detector import WEIGHTS
from binarycop.detection.lookout.network import PROPOSAL
from binarycop.detection.lookout.weights import read_weights
from binarycop.settings.faces import EngineKind
print(make_engine(EngineKind.AUTO, PROPOSAL, read_weights(WEIGHTS, PROPOSAL)).name)
"""
VERSIONS = """
import cv2, numpy, platform
print(platform.machine(), "Python", platform.python_version(), "numpy", numpy.__version__, "OpenCV", cv2.__version__)
"""


def image() -> Path | None:
    """The suite's image; None if it cannot be built."""
    return host.image(HERE / "image.sh")


def main() -> int:
    """Build, install, run, report."""
    return host.run_suite("test-armhf", image, _checks)


def _checks(image: Path, work: Path, reports: Reports) -> bool:
    tree = work / "root"
    subprocess.run(["cp", "-a", image, tree], check=True)
    for title, run in (
        ("the tree is the board's kind", lambda: host.run_in(tree, "python3", "-c", VERSIONS)),
        ("the board's package installs", lambda: _install(tree, work)),
        ("its detector runs on ncnn", lambda: _engine(tree)),
        ("its bundles reproduce their golden vectors", lambda: _selftests(tree)),
        ("it decides on the demo as on this machine", lambda: _replay(tree)),
        ("the daemon's tests", lambda: _test(tree, sys.argv[1:] or TESTS)),
    ):
        reports.add(host.check(title, run))
    return True


def _install(tree: Path, work: Path) -> str:
    """Install the commit's package with dpkg. OpenCV is in the tree, but not in dpkg's database."""
    environment = {**os.environ, "PYTHON": sys.executable}
    command = [str(ROOT / "deploy/package"), str(work / "dist"), "armhf"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=STEP_LONGEST_S)
    [package] = (work / "dist").glob("*_armhf.deb")
    shutil.copy(package, tree / "package.deb")
    host.run_in(tree, "dpkg", "--ignore-depends=python3-opencv", "--install", "/package.deb")
    return host.run_in(tree, "dpkg-query", "-W", "binarycop")


def _engine(tree: Path) -> str:
    name = host.run_in(tree, "env", f"PYTHONPATH={MODULES}", "python3", "-c", ENGINE).strip()
    assert name == "ncnn", f"it runs on {name}"
    return name


def _selftests(tree: Path) -> str:
    return "".join(host.run_in(tree, "binarycop", "selftest", "--bundle", name) for name in ("n-cnv", "u-cnv", "cnv"))


def _replay(tree: Path) -> str:
    there = _decisions(host.run_in(tree, "binarycop", "replay", "demo", "--json"))
    command = [sys.executable, "-m", "binarycop", "replay", "demo", "--json"]
    here = _decisions(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    assert there == here, f"{there}\nand here {here}"
    return ", ".join(there)


def _decisions(output: str) -> list[str]:
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [f"{event['event']} ({event['class']})" for event in events if event["event"] in ("permit", "refuse")]


def _test(tree: Path, tests: tuple[str, ...] | list[str]) -> str:
    project = tree / "opt/project"
    for name in PROJECT:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / name, project / name)
    # The tree has no compiler. The camera's fake has the structures of the board's kernel only if it is built for it.
    fake = project / "tests/frames/fake_v4l2.c"
    command = [
        "arm-linux-gnueabihf-gcc",
        "-shared",
        "-fPIC",
        "-O1",
        "-o",
        str(fake.with_suffix(".so")),
        str(fake),
        "-ldl",
    ]
    subprocess.run(command, check=True, timeout=STEP_LONGEST_S)
    # The tests import the package's daemon.
    output = host.run_in(
        tree, "env", "-C", "/opt/project", f"PYTHONPATH=/opt/project:{MODULES}",
        "python3", "-m", "pytest", "-q", "--color=no", "-o", "pythonpath=", "-p", "no:cacheprovider",
        "--hypothesis-profile=emulated",
        *(f"--deselect=tests/{name}" for name in NOT_HERE), *(f"tests/{name}" for name in tests),
        longest_s=TESTS_LONGEST_S,
    )  # fmt: skip
    return "\n".join(output.splitlines()[-30:])


if __name__ == "__main__":
    sys.exit(main())
