"""Boots the virtual board and prints the results of its checks. ``make test-board`` calls it; it never skips a check.

The board is a full machine (qemu, no acceleration needed) with Debian 12's kernel and simulated GPIO chips. What it
boots is built once by image.sh; the daemon's code, the checks and gate-release are added each time.
Exit code 0 only if every check ran and was good.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.system import host
from tests.system.host import ROOT, Reports

HERE = Path(__file__).resolve().parent
LONGEST_S = 600
MEMORY_MB = 2048


def image() -> Path | None:
    """The suite's image; None if it cannot be built."""
    return host.image(HERE / "image.sh", *host.requirements())


def main() -> int:
    """Build, boot, report. With a word as argument only the checks whose names contain it run."""
    return host.run_suite("test-board", image, _checks)


def _checks(image: Path, work: Path, reports: Reports) -> bool:
    _add_code(work / "added")
    _join(image / "root.cpio", work / "added", work / "initrd")
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    file = work / "reports"
    host.qemu(image / "kernel", work / "initrd", f"-- {only}", work, MEMORY_MB, LONGEST_S, lambda: reports.read(file))
    ended = _has_ended(file)
    if not ended:
        print(f"test-board: the board did not finish within {LONGEST_S:.0f} s", file=sys.stderr)
    return ended


def _add_code(added: Path) -> None:
    """Add the daemon with the metadata of its entry points, the checks, and gate-release."""
    board = added / "board"
    board.mkdir(parents=True)
    shutil.copy(HERE / "init", added / "init")
    shutil.copytree(ROOT / "daemon/binarycop", board / "daemon/binarycop", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "overlays/bundles/n-cnv", board / "overlays/bundles/n-cnv")
    shutil.copytree(HERE / "guest", board / "tests/system/board/guest", ignore=shutil.ignore_patterns("__pycache__"))
    for package in ("tests", "tests/system", "tests/system/board"):
        (board / package / "__init__.py").touch()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, board)
    subprocess.run(
        [sys.executable, "-c", "import setuptools; setuptools.setup()", "-q", "egg_info", "--egg-base", "daemon"],
        cwd=board,
        check=True,
    )
    # Debian 12's Python takes what a Python 3.11 here has compiled; to compile it there takes ten times as long.
    compile_all = [sys.executable, "-m", "compileall", "-q", "-s", str(added), "-p", "/", str(board)]
    subprocess.run(compile_all, check=True)
    helper = ROOT / "deploy/gate-release/gate-release.c"
    if helper.exists():
        subprocess.run(["gcc", "-O2", "-static", "-Wall", "-o", board / "gate-release", helper], check=True)


def _join(base: Path, added: Path, initrd: Path) -> None:
    # The kernel unpacks one archive after the other; the last one wins.
    with initrd.open("wb") as out:
        with base.open("rb") as archive:
            shutil.copyfileobj(archive, out, 1 << 20)
        out.write(b"\0" * (-out.tell() % 512))
        out.flush()
        find = subprocess.Popen(["find", "."], cwd=added, stdout=subprocess.PIPE)
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=added, stdin=find.stdout, stdout=out, check=True)


def _has_ended(file: Path) -> bool:
    """Whether the board's last line says that all checks have run."""
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return bool(lines) and "end" in json.loads(lines[-1])


if __name__ == "__main__":
    sys.exit(main())
