"""Builds the packages, boots Debian, and installs, upgrades, rolls back and removes there. ``make test-package``.

The tree is built once by image.sh. It never skips a check and needs root. The exit code is 0 only if every check ran
and was good. It tests what is committed, since packages are made from commits.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from binarycop.bundle import files as bundles
from binarycop.bundle import manifest as manifests
from tests.system import host
from tests.system.host import ROOT, Reports
from tests.system.package import guest

HERE = Path(__file__).resolve().parent
BUILD_LONGEST_S = 600
BOOT_LONGEST_S = 1200
SETTINGS = "frames: {source: /dev/video0}\nlines: {factory: mock}\n"


def image() -> Path | None:
    """The suite's image; None if it cannot be built."""
    return host.image(HERE / "image.sh")


def main() -> int:
    """Build, look, boot, report."""
    return host.run_suite("test-package", image, _checks, wanted=len(guest.CHECKS) + 3)


def _checks(image: Path, work: Path, reports: Reports) -> bool:
    # Both builds at once: one waits for the package index half of its time.
    with ThreadPoolExecutor() as pool:
        again = pool.submit(_package, work / "again", umask=0o077, zone="Asia/Kathmandu")
        packages = _package(work / "dist", umask=0o022, zone="UTC")
        looks = (
            ("a commit gives the same bytes again", lambda: _same(packages, again.result())),
            ("lintian reports no error", lambda: _lintian(packages)),
            ("the board's own helper runs", lambda: _helper_runs(work, packages["armhf.deb"])),
        )
        running = [pool.submit(host.check, name, look) for name, look in looks]
        _make_sticks(work, packages["amd64.deb"])
        ended = _boot(image, work)
        for look in running:
            reports.add(look.result())
    reports.read(work / "reports")
    return ended


def _package(out: Path, *, umask: int, zone: str) -> dict[str, Path]:
    """Build the wheel and the packages of the commit. Returns them by the end of their names."""
    done = subprocess.run(
        [ROOT / "deploy/package", out],
        env={**os.environ, "PYTHON": sys.executable, "TZ": zone},
        umask=umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=BUILD_LONGEST_S,
    )
    guest.expect(done.returncode == 0, f"deploy/package ended with {done.returncode}:\n{done.stdout}")
    return {file.name.rsplit("_", 1)[-1].rsplit("-", 1)[-1]: file for file in sorted(out.iterdir())}


def _same(packages: dict[str, Path], again: dict[str, Path]) -> str:
    lines = []
    for end, first in packages.items():
        one, other = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, again[end]))
        guest.expect(one == other, f"{first.name}: {one} and {other}")
        lines.append(f"{one}  {first.name}  {first.stat().st_size} bytes")
    return "\n".join(lines)


def _lintian(packages: dict[str, Path]) -> str:
    debs = [str(path) for end, path in packages.items() if end.endswith(".deb")]
    guest.call("lintian", "--fail-on", "error,warning", *debs)
    return f"{len(debs)} packages, no error and no warning"


def _helper_runs(work: Path, package: Path) -> str:
    guest.call("dpkg-deb", "-x", str(package), str(work / "armhf"))
    helper = str(work / "armhf/usr/lib/binarycop/gate-release")
    guest.expect("usage: " in guest.call("qemu-arm-static", helper, fails=True), "it does not print its usage")
    output = guest.call("qemu-arm-static", helper, "nowhere=0", fails=True)
    guest.expect("there is no such line" in output, output)
    return output.strip()


def _make_sticks(work: Path, package: Path) -> None:
    """Make three sticks of successive versions, the third with a bundle that fails, and three that are refused."""
    sticks = work / "sticks"
    second = _next(work, package, guest.SECOND, lambda scores: scores)
    third = _next(work, package, guest.THIRD, lambda scores: scores + 1)
    for name, deb in (("first", package), ("second", second), ("third", third)):
        guest.call(str(ROOT / "deploy/stick"), "--package", str(deb), "--nothing-else", str(sticks / name))
        (sticks / name / "gate.d").mkdir(exist_ok=True)
        (sticks / name / "gate.d/40-trial.yaml").write_text(SETTINGS)
        guest.call(str(ROOT / "deploy/stick"), "--sums", str(sticks / name))
    shutil.copytree(sticks / "first", sticks / "damaged")
    (sticks / "damaged/gate.d/40-trial.yaml").write_text(SETTINGS + "# bent\n")
    for name, added in (("settings", "gate.d/99-late.yaml"), ("package", f"debs/{package.name}")):
        shutil.copytree(sticks / "first", sticks / f"added-{name}")
        (sticks / f"added-{name}" / added).parent.mkdir(exist_ok=True)
        (sticks / f"added-{name}" / added).write_text("gate: {policy: off}\n")


def _next(work: Path, package: Path, version: str, change: Callable[[Any], Any]) -> Path:
    """Make a package of a later version: with other defaults, and another version of n-cnv."""
    tree = work / f"next-{version}"
    guest.call("dpkg-deb", "-R", str(package), str(tree))
    control = tree / "DEBIAN/control"
    lines = [
        f"Version: {version}" if line.startswith("Version:") else line for line in control.read_text().splitlines()
    ]
    control.write_text("\n".join(lines) + "\n")
    settings = tree / "etc/binarycop/gate.yaml"
    settings.write_text(settings.read_text() + f"# as of {version}\n")
    folder = tree / "usr/share/binarycop/shipped/n-cnv"
    with np.load(folder / bundles.GOLDEN) as golden:
        np.savez_compressed(folder / bundles.GOLDEN, inputs=golden["inputs"], scores=change(golden["scores"]))
    manifest = replace(manifests.read(folder), version=version)
    bundles.write_manifest(folder, manifest)
    out = work / f"binarycop_{version}_amd64.deb"
    guest.call("dpkg-deb", "--root-owner-group", "-Zxz", "-z0", "--build", str(tree), str(out))
    return out


def _boot(image: Path, work: Path) -> bool:
    """Boot the tree until its power-off. Returns whether it ended in time."""
    tree = work / "root"
    # Hard links: all writes go to an overlay that is discarded with the container.
    subprocess.run(["cp", "-al", image, tree], check=True)
    (tree / "trial").mkdir()
    shutil.copy(HERE / "guest.py", tree / "trial")
    host.add_trial(tree, "/usr/bin/python3 /trial/guest.py")
    (work / "reports").touch()
    binds = (f"--bind-ro={work}/sticks:/sticks", f"--bind={work}/reports:/reports")
    ended = host.nspawn(tree, work / "console", BOOT_LONGEST_S, *binds)
    if not ended:
        print(f"test-package: the machine did not end by itself within {BOOT_LONGEST_S} s", file=sys.stderr)
    return ended


if __name__ == "__main__":
    sys.exit(main())
