"""Functions for the suites of whole systems, on the machine that starts them: images, containers, qemu, reports.

A suite never skips a check. Its exit code is 0 only if every check ran and was good.
"""

import configparser
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]
IMAGE_LONGEST_S = 1800
_NSPAWN_MESSAGES = ("Warning: using insecure memory!", "Attempted to remove disk file system under ")
"""systemd-nspawn prints these even with -q."""
_ENTER = 'until [ "$1" = -- ]; do echo $$ >"$1/cgroup.procs" || exit 1; shift; done; shift; exec "$@"'
_TRIAL = """[Unit]
Description=The checks of this boot
After=multi-user.target
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=exec
ExecStart={command}
"""


class Reports(list[dict[str, Any]]):
    """The reports of a suite's checks; each is printed when it is added."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[Path, int] = {}

    def add(self, report: dict[str, Any]) -> None:
        """Keep a report, and print it."""
        self.append(report)
        show(report)

    def read(self, file: Path) -> None:
        """Add the reports that were written to ``file`` since the last call for it, one JSON object per line."""
        lines = file.read_text().split("\n")[:-1] if file.exists() else []
        for line in lines[self._lines.get(file, 0) :]:
            report = json.loads(line)
            if "check" in report:
                self.add(report)
        self._lines[file] = len(lines)


def run_suite(
    name: str,
    built_image: Callable[[], Path | None],
    checks: Callable[[Path, Path, Reports], bool],
    *,
    wanted: int | None = None,
) -> int:
    """Build the image if needed, run ``checks``, and print the result. Returns the exit code of the suite.

    If it is not good, the end of each console is printed: ``console`` in the folder of ``checks``, and in those in it.

    ``built_image`` returns the image, or None if it cannot be built. ``checks`` gets the image, an empty folder, and
    the reports to fill. It returns whether it ran to the end. ``wanted`` is the number of reports that are needed;
    without it, one is enough.
    """
    began_s = monotonic()
    built = built_image()
    if built is None:
        return 1
    image_s, reports = monotonic() - began_s, Reports()
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        work = Path(folder)
        ended = checks(built, work, reports)
        good, least = sum(report["good"] for report in reports), wanted or max(len(reports), 1)
        is_good = ended and good == len(reports) == least
        for console in () if is_good else (work / "console", *sorted(work.glob("*/console"))):
            if console.exists():
                show_end(console)
    print(f"{name}: {good} of {least} checks good,", end=" ")
    print(f"{monotonic() - began_s:.0f} s in all, {image_s:.0f} s of them for the image")
    return 0 if is_good else 1


def requirements() -> list[str]:
    """The daemon's requirements, from setup.cfg."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    lines = settings["options"]["install_requires"].splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def image(script: Path, *arguments: str) -> Path | None:
    """The image whose path ``script`` prints; it is built if needed. None if that fails; ``script`` has printed why."""
    command = [str(script), sys.executable, *arguments]
    built = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=IMAGE_LONGEST_S)
    return None if built.returncode else Path(built.stdout.strip())


def add_trial(tree: Path, command: str) -> None:
    """Add a unit to ``tree`` that runs the checks of a boot, and powers off after them."""
    units = tree / "etc/systemd/system"
    wanted = units / "multi-user.target.wants"
    wanted.mkdir(parents=True, exist_ok=True)
    (units / "trial.service").write_text(_TRIAL.format(command=command))
    if not (wanted / "trial.service").is_symlink():
        (wanted / "trial.service").symlink_to("/etc/systemd/system/trial.service")


def nspawn(tree: Path, console: Path, longest_s: int, *options: str) -> bool:
    """Boot ``tree`` in a container until its power-off, and discard its changes. Returns whether it ended in time."""
    command = ["timeout", "--kill-after=10", str(longest_s), "systemd-nspawn", "-q", "-D", str(tree)]
    command += ["--register=no", "--keep-unit", "--private-network", "--volatile=overlay", *options, "-b"]
    with console.open("ab") as out, control_groups() as groups:
        command = ["sh", "-c", _ENTER, "sh", *map(str, groups), "--", *command]
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False)
    return ended.returncode == 0


@contextmanager
def control_groups(
    mounted: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")
) -> Iterator[list[Path]]:
    """New control groups below those of this process, one in each hierarchy, for the time of a container.

    Without them, containers that run at the same time share those of their units: limits are counted together, and
    each systemd may remove a group that the other is about to use.
    """
    # One name in all: nspawn makes its group of version 2 in systemd's hierarchy of version 1, too.
    made, group = list[Path](), f"binarycop-{uuid4().hex[:12]}"
    try:
        for line in own.read_text().splitlines():
            number, controllers, path = line.split(":", 2)
            names = (controllers.removeprefix("name="),) if number != "0" else ("unified", "")
            parents = (mounted / name / path.lstrip("/") for name in names)
            parent = next((folder for folder in parents if (folder / "cgroup.procs").exists()), None)
            # A group of cpuset takes no process before it has cores and memory of its own; systemd does not use it.
            if parent is not None and controllers != "cpuset":
                (parent / group).mkdir()
                made.append(parent / group)
        yield made
    finally:
        for top in made:
            for folder, _, _ in os.walk(top, topdown=False):
                with suppress(OSError):  # the last process of a container that was killed is not yet gone
                    os.rmdir(folder)


def run_in(tree: Path, *command: str, longest_s: int = 300, rc: int = 0) -> str:
    """Run a program of ``tree``, which is not booted. Returns its output. AssertionError unless it ends with ``rc``."""
    # timeout runs outside, since a tree may not have it.
    container = ["timeout", "--kill-after=10", str(longest_s), "systemd-nspawn", "-q", "-D", str(tree), "--register=no"]
    container += ["--keep-unit", "--private-network", "--as-pid2"]
    container += ["--setenv=PYTHONDONTWRITEBYTECODE=1", "--setenv=SYSTEMD_COLORS=0"]
    done = subprocess.run(
        [*container, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=longest_s + 30,
    )
    output = "".join(line for line in done.stdout.splitlines(keepends=True) if not line.startswith(_NSPAWN_MESSAGES))
    assert done.returncode == rc, f"{' '.join(command)} ended with {done.returncode}\n{output}"
    return output


def qemu(
    kernel: Path,
    initrd: Path,
    words: str,
    work: Path,
    memory_mb: int,
    longest_s: int,
    look: Callable[[], None],
    *options: str,
) -> bool:
    """Boot an emulated machine until its power-off, and call ``look`` meanwhile. Returns whether it ended in time.

    Its console goes to ``work``/console, its second serial line to ``work``/reports.
    """  # fmt: skip
    # With timeout, the machine ends even if this process is killed.
    command = ["timeout", str(longest_s + 10), "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max"]
    command += ["-smp", "2", "-m", str(memory_mb), "-kernel", str(kernel), "-initrd", str(initrd)]
    command += ["-append", f"console=ttyS0 quiet panic=-1 {words}"]
    command += ["-nodefaults", "-nic", "none", "-display", "none", "-no-reboot"]
    command += ["-chardev", f"file,id=console,path={work}/console,append=on", "-serial", "chardev:console"]
    command += ["-chardev", f"file,id=reports,path={work}/reports,append=on", "-serial", "chardev:reports", *options]
    end_s = monotonic() + longest_s
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as running:
        try:
            while running.poll() is None:
                look()
                if monotonic() > end_s:
                    return False
                sleep(0.2)
            look()
            return running.returncode == 0
        finally:
            running.terminate()


def check(name: str, run: Callable[[], str]) -> dict[str, Any]:
    """Run one check. Returns its report: what the check returned, or what failed."""
    began_s = monotonic()
    try:
        good, detail = True, run()
    except (AssertionError, OSError, subprocess.SubprocessError) as problem:
        good, detail = False, str(problem)
    return {"check": name, "good": good, "took_s": monotonic() - began_s, "detail": detail}


def show(report: dict[str, Any]) -> None:
    """Print a report."""
    detail = "\n               ".join(report["detail"].strip().splitlines())
    print(f"{'good' if report['good'] else 'BAD '} {report['took_s']:6.1f} s  {report['check']}: {detail}", flush=True)


def show_end(console: Path, lines: int = 60) -> None:
    """Print the last lines of a console."""
    print("\n--- the end of the console\n" + "\n".join(console.read_text(errors="replace").splitlines()[-lines:]))
