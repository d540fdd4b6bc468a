"""Boots systemd with the units in a Debian tree, and prints the results of the checks. ``make test-systemd``.

The tree is built once by image.sh; code, units and gate-release are added each time. The checks mostly wait, so they
run in several containers at once; one of these boots twice. It never skips a check and needs root. With a word as
argument only the checks whose names contain it run. Many measure times, so a check that fails is tried once more in the
same boot. The exit code is 0 only if all were good then.
"""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path

import cv2

from binarycop.frames.demo import HEIGHT_PX, WIDTH_PX, Demo
from tests.system import host
from tests.system.host import ROOT, Reports
from tests.system.systemd import guest

HERE = Path(__file__).resolve().parent
BOOT_LONGEST_S = 900
CONTAINERS = (("status",), ("ends",), ("journal", guest.SECOND_BOOT))
"""The boots of each, one after the other."""
CLIP_RATE_HZ = 10  # low enough that a busy machine misses no frame
CLIP_ROUNDS = 8
INSTALLED = {
    "usr/lib/systemd/system": tuple(
        sorted(file.name for file in (ROOT / "systemd").iterdir() if file.suffix in (".service", ".timer", ".socket"))
    ),
    "usr/lib/udev/rules.d": ("70-binarycop.rules",),
    "usr/lib/systemd/catalog": ("binarycop.catalog",),
}  # fmt: skip
CODE = ("tests/__init__.py", "tests/system/__init__.py", "tests/system/guest.py",
        "tests/system/systemd/__init__.py", "tests/system/systemd/guest.py",
        *(f"tests/system/sandbox/{name}.py" for name in ("__init__", "guest", "probe", "flood")))  # fmt: skip
RENAMED = {
    "binarycop.sysusers": "usr/lib/sysusers.d/binarycop.conf",
    "binarycop.tmpfiles": "usr/lib/tmpfiles.d/binarycop.conf",
    "binarycop.journald": "usr/lib/systemd/journald.conf.d/binarycop.conf",
}
LAUNCHER = """#!/bin/sh
PYTHONPATH=/opt/site:/opt/gate/daemon exec /usr/bin/python3 -m binarycop "$@"
"""
OLDER = "systemd 247 knows every key but those that came with 248"
SINCE_248 = {"NoExecPaths", "PrivateIPC"}
MACHINE_ID = "6b7f1d8e0a914c56b0c38f5f0a2f7c11"


def image() -> Path | None:
    """The suite's image; None if it cannot be built."""
    return host.image(HERE / "image.sh", *host.requirements(), _ncnn())


def main() -> int:
    """Build, boot, report."""
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    wanted = sum(only in check.__name__ for checks in guest.CHECKS.values() for check in checks) + (only in OLDER)
    return host.run_suite("test-systemd", image, partial(_checks, only), wanted=wanted)


def _checks(only: str, image: Path, work: Path, reports: Reports) -> bool:
    tree = work / "root"
    # Hard links: all writes go to an overlay that is discarded with the container.
    subprocess.run(["cp", "-al", image, tree], check=True)
    _install(tree)
    if only in OLDER:
        reports.add(host.check(OLDER, lambda: _older_knows(tree)))
    chosen = [
        boots for boots in CONTAINERS if any(only in check.__name__ for boot in boots for check in guest.CHECKS[boot])
    ]
    all_ended = True
    with ThreadPoolExecutor(len(CONTAINERS)) as pool:
        running = {pool.submit(_run, tree, work / boots[0], boots, only): work / boots[0] for boots in chosen}
        for done in as_completed(running):
            folder, before = running[done], len(reports)
            reports.read(folder / "reports")
            if not done.result():
                all_ended = False
            elif all(report["good"] for report in reports[before:]):
                (folder / "console").unlink()
    return all_ended


def _run(tree: Path, folder: Path, boots: tuple[str, ...], only: str) -> bool:
    """Boot a container once for each of ``boots``, with one journal. Returns whether all ended in time."""
    (folder / "journal").mkdir(parents=True)
    (folder / "reports").touch()
    # Each container has other settings, and the checks of another boot.
    subprocess.run(["cp", "-al", tree, folder / "root"], check=True)
    return all(_boot(folder, boot, only) for boot in boots)


def _ncnn() -> str:
    """ncnn in the release of the board's package, so that the unit's sandbox is tested with it."""
    lines = (ROOT / "deploy/ncnn-armhf.txt").read_text().splitlines()
    return next(line.split()[0] for line in lines if not line.startswith("#"))


def _install(tree: Path) -> None:
    """Install what the package installs, and the checks."""
    for folder, names in INSTALLED.items():
        (tree / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copy(ROOT / "systemd" / name, tree / folder)
    for name, target in RENAMED.items():
        (tree / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "systemd" / name, tree / target)
    gate = tree / "opt/gate"
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "daemon/binarycop", gate / "daemon/binarycop", ignore=left_out)
    shutil.copytree(ROOT / "overlays/bundles/n-cnv", gate / "overlays/bundles/n-cnv")
    for name in CODE:
        (gate / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, gate / name)
    _draw(gate / "people.avi")
    launcher = tree / "usr/bin/binarycop"
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)
    helper = tree / "usr/lib/binarycop/gate-release"
    helper.parent.mkdir()
    subprocess.run(["gcc", "-O2", "-static", "-o", helper, ROOT / "deploy/gate-release/gate-release.c"], check=True)
    # Replace a file of the cached tree; never write into it.
    (tree / "etc/machine-id").unlink(missing_ok=True)
    (tree / "etc/machine-id").write_text(MACHINE_ID + "\n")
    (tree / "etc/binarycop").mkdir()
    wanted = tree / "etc/systemd/system/multi-user.target.wants/binarycop.service"
    wanted.parent.mkdir(parents=True, exist_ok=True)
    wanted.symlink_to("/usr/lib/systemd/system/binarycop.service")
    # The services may not write there, and each of them would compile all that it imports at each start.
    host.run_in(tree, "/usr/bin/python3", "-m", "compileall", "-q", "/opt/gate")


def _older_knows(tree: Path) -> str:
    """Check that the units use no key that systemd 249 lacks."""
    older = tree / "opt/older"
    units = INSTALLED["usr/lib/systemd/system"]
    for name in units:
        shutil.copy(ROOT / "systemd" / name, older / "etc/systemd/system")
    # The exit code is 1, since it also reports programs that its tree lacks; these are ignored.
    output = host.run_in(older, "systemd-analyze", "verify", "--man=no", *units, rc=1)
    unknown = set(re.findall(r"Unknown key name '(\w+)'", output))
    assert unknown == SINCE_248, f"unknown to 247: {sorted(unknown)}\n{output}"
    assert "Failed to parse" not in output, output
    return f"unknown to 247: {', '.join(sorted(unknown))}"


def _draw(clip: Path) -> None:
    """Write the demo's people as a clip, several times over."""
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), CLIP_RATE_HZ, (WIDTH_PX, HEIGHT_PX))
    demo, pictures = Demo(), []
    while (frame := demo.read()) is not None:
        pictures.append(frame.pixels)
    for picture in pictures * CLIP_ROUNDS:
        writer.write(picture)
    writer.release()


def _boot(folder: Path, boot: str, only: str) -> bool:
    """Boot the tree until its power-off. Returns whether it ended in time."""
    tree = folder / "root"
    host.add_trial(
        tree, f"/usr/bin/env PYTHONPATH=/opt/gate /usr/bin/python3 -m tests.system.systemd.guest {boot} {only}"
    )
    source = "/dev/video0" if boot == guest.SECOND_BOOT else "/opt/gate/people.avi"
    (tree / "etc/binarycop/gate.yaml").write_text(f"frames: {{source: {source}}}\n")
    binds = (f"--bind={folder}/journal:/var/log/journal", f"--bind={folder}/reports:/reports")
    ended = host.nspawn(tree, folder / "console", BOOT_LONGEST_S, *binds)
    if not ended:
        print(f"test-systemd: the boot {boot} did not end by itself within {BOOT_LONGEST_S} s", file=sys.stderr)
    return ended


if __name__ == "__main__":
    sys.exit(main())
