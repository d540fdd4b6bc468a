"""Boots systemd with the units in a Debian tree, twice, and prints what the checks in it found. ``make test-systemd``.

The tree is built once by image.sh; code, units and helper are added afresh. It never skips; root, as CI is. A word as
argument runs those checks only whose names contain it. Exit code 0 only if every check ran and was good.
"""

import configparser
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import Any

import cv2

from binarycop.frames.demo import HEIGHT_PX, WIDTH_PX, Demo

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
IMAGE_LONGEST_S = 1200
BOOT_LONGEST_S = 600
BOOTS = ("first", "second")
CLIP_RATE_HZ = 10  # a frame lasts long enough that a busy machine misses none
CLIP_ROUNDS = 8
INSTALLED = {
    "usr/lib/systemd/system": ("binarycop.service", "binarycop-overlay.service", "binarycop-degraded.service",
                               "binarycop-retry.timer"),
    "usr/lib/udev/rules.d": ("70-binarycop.rules",),
    "usr/lib/systemd/catalog": ("binarycop.catalog",),
}  # fmt: skip
RENAMED = {
    "binarycop.sysusers": "usr/lib/sysusers.d/binarycop.conf",
    "binarycop.tmpfiles": "usr/lib/tmpfiles.d/binarycop.conf",
    "binarycop.journald": "usr/lib/systemd/journald.conf.d/binarycop.conf",
}
LAUNCHER = """#!/bin/sh
PYTHONPATH=/opt/site:/opt/gate/daemon exec /usr/bin/python3 -m binarycop "$@"
"""
TRIAL = """[Unit]
Description=The checks of this boot
After=multi-user.target
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /opt/gate/guest.py {boot} {only}
"""
MACHINE_ID = "6b7f1d8e0a914c56b0c38f5f0a2f7c11"


def main() -> int:
    """Build, boot, report."""
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    if os.geteuid() != 0:
        print("test-systemd: root is needed (systemd-nspawn)", file=sys.stderr)
        return 1
    began_s = monotonic()
    command = [str(HERE / "image.sh"), sys.executable, *_requirements()]
    built = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=IMAGE_LONGEST_S)
    if built.returncode:
        return 1
    reports: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="test-systemd-") as name:
        work = Path(name)
        tree = work / "root"
        # Hard links: the tree is only ever written to through an overlay that goes with the container.
        subprocess.run(["cp", "-al", built.stdout.strip(), tree], check=True)
        _install(tree)
        (work / "journal").mkdir()
        (work / "reports").touch()
        ended = all(_boot(tree, work, boot, only) for boot in BOOTS)
        reports = [json.loads(line) for line in (work / "reports").read_text().splitlines()]
        bad = [report for report in reports if not report["good"]]
        for report in reports:
            word = "good" if report["good"] else "BAD "
            print(f"{word} {report['took_s']:6.1f} s  {report['check']}: {report['detail'].rstrip()}")
        if bad or not ended:
            print("\n--- the end of the console\n" + "\n".join((work / "console").read_text().splitlines()[-40:]))
    print(
        f"test-systemd: {len(reports) - len(bad)} of {len(reports)} checks good, {monotonic() - began_s:.0f} s in all"
    )
    return 0 if ended and reports and not bad else 1


def _requirements() -> list[str]:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    lines = settings["options"]["install_requires"].splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def _install(tree: Path) -> None:
    """What a package would put there, and the checks."""
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
    shutil.copy(HERE / "guest.py", gate)
    _draw(gate / "people.avi")
    launcher = tree / "usr/bin/binarycop"
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)
    helper = tree / "usr/lib/binarycop/gate-release"
    helper.parent.mkdir()
    subprocess.run(["gcc", "-O2", "-static", "-o", helper, ROOT / "deploy/failsafe/gate-release.c"], check=True)
    # A file of the cached tree is replaced, never written to.
    (tree / "etc/machine-id").unlink(missing_ok=True)
    (tree / "etc/machine-id").write_text(MACHINE_ID + "\n")
    (tree / "etc/binarycop").mkdir()
    for unit in ("binarycop", "trial"):
        wanted = tree / f"etc/systemd/system/multi-user.target.wants/{unit}.service"
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted.symlink_to(f"/usr/lib/systemd/system/{unit}.service")


def _draw(clip: Path) -> None:
    """The demo's people, several times over, as a file."""
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), CLIP_RATE_HZ, (WIDTH_PX, HEIGHT_PX))
    demo, pictures = Demo(), []
    while (frame := demo.read()) is not None:
        pictures.append(frame.pixels)
    for picture in pictures * CLIP_ROUNDS:
        writer.write(picture)
    writer.release()


def _boot(tree: Path, work: Path, boot: str, only: str) -> bool:
    """One boot to its power-off; whether it came to its end in time."""
    (tree / "usr/lib/systemd/system/trial.service").write_text(TRIAL.format(boot=boot, only=only))
    source = "/opt/gate/people.avi" if boot == BOOTS[0] else "/dev/video0"
    (tree / "etc/binarycop/gate.yaml").write_text(f"frames: {{source: {source}}}\n")
    command = ["timeout", "--kill-after=10", str(BOOT_LONGEST_S), "systemd-nspawn", "-q", "-D", str(tree)]
    command += ["--register=no", "--keep-unit", "--private-network", "--volatile=overlay"]
    command += [f"--bind={work}/journal:/var/log/journal", f"--bind={work}/reports:/reports", "-b"]
    with (work / "console").open("ab") as console:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, check=False)
    if ended.returncode:
        print(f"test-systemd: the {boot} boot did not end by itself within {BOOT_LONGEST_S} s", file=sys.stderr)
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
