"""Scores the units as `systemd-analyze security` does, and fails above their limits: ``make test-sandbox``.

Needs systemd 250 or newer (``--offline=``), no root. Lower is better: 10 is a service without any protection.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SYSTEMD, DROP_INS = ROOT / "systemd", ROOT / "deploy/drop-ins"
OFFLINE_SINCE = 250
TARGETS = ("sysinit", "basic", "shutdown", "local-fs", "multi-user", "sockets")  # what every unit depends on


@dataclass(frozen=True)
class Case:
    """A unit with drop-ins, and its highest allowed score, in tenths."""

    unit: str
    most: int
    drop_ins: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The unit, and its drop-ins."""
        return " with ".join([self.unit, *self.drop_ins])


CASES = (
    Case("binarycop.service", 5),
    Case("binarycop.service", 13, ("overlay-as-root.conf",)),
    Case("binarycop-overlay.service", 13),
    Case("binarycop-overlay.service", 13, ("10-bundle.conf",)),
    Case("binarycop-relay-off-list.service", 8),
    Case("binarycop-journal.service", 5),
    Case("binarycop-degraded.service", 5),
    Case("binarycop-reset.service", 6),
    Case("binarycop-trial.service", 7),
    Case("binarycop-metrics.service", 5),
)
"""Every unit and every drop-in that is shipped; a test compares."""


def main() -> int:
    """Score and verify all units. Returns 0 only if every score is within its limit and systemd reports no problem."""
    if version() < OFFLINE_SINCE:
        print(f"test-sandbox: systemd-analyze of systemd {OFFLINE_SINCE} or newer is needed", file=sys.stderr)
        return 1
    bad = [case for case in CASES if not _report(case)]
    return 1 if bad else 0


def version() -> int:
    """The version of systemd-analyze; 0 if it is not installed."""
    if shutil.which("systemd-analyze") is None:
        return 0
    output = subprocess.run(["systemd-analyze", "--version"], capture_output=True, text=True, check=True).stdout
    return int(output.split()[1])


def shipped() -> set[str]:
    """The names of all units with a sandbox, and of all drop-ins."""
    files = (*SYSTEMD.glob("*.service"), *SYSTEMD.glob("*.conf"), *DROP_INS.glob("*.conf"))
    return {file.name for file in files}


def score(case: Case, folder: Path = SYSTEMD) -> float:
    """The score of a unit in ``folder``."""
    with tempfile.TemporaryDirectory(prefix="test-sandbox-") as name:
        root = Path(name)
        _lay_out(root, case, folder)
        output = _run(root, "security", "--offline=true", case.unit).stdout
    return float(re.findall(r"Overall exposure level for \S+: ([\d.]+)", output)[0])


def check(case: Case, folder: Path = SYSTEMD) -> tuple[bool, str]:
    """Whether a unit in ``folder`` is within its limit and well formed; and systemd's output about it."""
    with tempfile.TemporaryDirectory(prefix="test-sandbox-") as name:
        root = Path(name)
        _lay_out(root, case, folder)
        rated = _run(root, "security", "--offline=true", f"--threshold={case.most}", case.unit)
        verify = _run(root, "verify", "--man=no", case.unit)
    exceptions = [line for line in rated.stdout.splitlines() if line.startswith(("✗", "→"))]
    output = rated.stderr + verify.stderr + verify.stdout
    return rated.returncode == 0 and not output, "\n".join([*exceptions, *output.splitlines()])


def _report(case: Case) -> bool:
    is_good, output = check(case)
    print(f"{'good' if is_good else 'BAD '} {case.name}, at most {case.most / 10}:\n{output}\n")
    return is_good


def _lay_out(root: Path, case: Case, folder: Path) -> None:
    """Install the units as the package does, with an empty file for each program that they start."""
    units = root / "usr/lib/systemd/system"
    drop_ins = units / f"{case.unit}.d"
    drop_ins.mkdir(parents=True)
    for file in (*folder.glob("*.service"), *folder.glob("*.timer"), *folder.glob("*.socket")):
        shutil.copy(file, units)
        for program in re.findall(r"^Exec\w+=[-+!@:]*(/\S+)", file.read_text(), re.MULTILINE):
            path = root / program.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o755)
    for target in TARGETS:
        (units / f"{target}.target").write_text("[Unit]\n")
    for drop_in in case.drop_ins:
        shutil.copy(next(place / drop_in for place in (folder, DROP_INS) if (place / drop_in).exists()), drop_ins)


def _run(root: Path, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", verb, "--no-pager", f"--root={root}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


if __name__ == "__main__":
    sys.exit(main())
