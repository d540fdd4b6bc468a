"""Boots the virtual board and prints what its checks found. ``make test-board`` calls it; it never skips.

The board is a full machine (qemu, no acceleration needed) with Debian 12's kernel and simulated GPIO chips. What it
boots is built once by image.sh; the daemon's code, the checks and the fail-safe helper are added afresh each time.
Exit code 0 only if every check ran and was good.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import Any

from tests import rig
from tests.rig import ROOT

HERE = Path(__file__).resolve().parent
LONGEST_S = 600
MEMORY_MB = 2048


def main() -> int:
    """Build, boot, report; a word as argument runs those checks only whose names contain it."""
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    began_s = monotonic()
    image = rig.image(HERE / "image.sh", *rig.requirements())
    if image is None:
        return 1
    image_s = monotonic() - began_s
    with tempfile.TemporaryDirectory(prefix="test-board-") as work:
        initrd = Path(work, "initrd")
        _add_code(Path(work, "added"))
        _join(image / "root.cpio", Path(work, "added"), initrd)
        reports, ended = _boot(image / "kernel", initrd, only, Path(work))
        console = Path(work, "console").read_text(errors="replace")
    bad = [report for report in reports if not report["good"]]
    if not ended:
        print(f"test-board: the board did not finish within {LONGEST_S:.0f} s", file=sys.stderr)
    if bad or not ended:
        print(f"\n--- the console\n{chr(10).join(console.splitlines()[-60:])}")
    for report in bad:
        print(f"\n--- {report['check']}\n{report['detail']}")
    print(f"test-board: {len(reports) - len(bad)} of {len(reports)} checks good,", end=" ")
    print(f"{monotonic() - began_s:.0f} s in all, {image_s:.0f} s of them for the image")
    return 0 if ended and reports and not bad else 1


def _add_code(added: Path) -> None:
    """The daemon as it is now, with the metadata that entry points are found by; the checks; the helper."""
    board = added / "board"
    board.mkdir(parents=True)
    shutil.copy(HERE / "init", added / "init")
    shutil.copytree(ROOT / "daemon/binarycop", board / "daemon/binarycop", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "overlays/bundles/n-cnv", board / "overlays/bundles/n-cnv")
    shutil.copytree(HERE / "guest", board / "tests/board/guest", ignore=shutil.ignore_patterns("__pycache__"))
    for package in ("tests", "tests/board"):
        (board / package / "__init__.py").touch()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, board)
    subprocess.run(
        [sys.executable, "-c", "import setuptools; setuptools.setup()", "-q", "egg_info", "--egg-base", "daemon"],
        cwd=board,
        check=True,
    )
    helper = ROOT / "deploy/failsafe/gate-release.c"
    if helper.exists():
        subprocess.run(["gcc", "-O2", "-static", "-Wall", "-o", board / "gate-release", helper], check=True)


def _join(base: Path, added: Path, initrd: Path) -> None:
    # The kernel unpacks one archive after the other, the later over the earlier.
    with initrd.open("wb") as out:
        with base.open("rb") as archive:
            shutil.copyfileobj(archive, out, 1 << 20)
        out.write(b"\0" * (-out.tell() % 512))
        out.flush()
        find = subprocess.Popen(["find", "."], cwd=added, stdout=subprocess.PIPE)
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=added, stdin=find.stdout, stdout=out, check=True)


def _boot(kernel: Path, initrd: Path, only: str, work: Path) -> tuple[list[dict[str, Any]], bool]:
    """All reports, printed as they come; whether the board came to its end."""
    reports: list[dict[str, Any]] = []
    ended = False

    def look() -> None:
        nonlocal ended
        ended = _show_new(work / "reports", reports)

    rig.machine(kernel, initrd, f"-- {only}", work, MEMORY_MB, LONGEST_S, look)
    return reports, ended


def _show_new(file: Path, reports: list[dict[str, Any]]) -> bool:
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    parsed = [json.loads(line) for line in lines]
    for report in parsed[len(reports) :]:
        if "check" in report:
            reports.append(report)
            word = "good" if report["good"] else "BAD "
            detail = report["detail"].strip().splitlines() or [""]
            shown = detail if report["good"] else detail[-1:]
            print(
                f"{word} {report['took_s']:7.2f} s  {report['check']}: " + "\n                ".join(shown), flush=True
            )
    return bool(parsed) and "end" in parsed[-1]


if __name__ == "__main__":
    sys.exit(main())
