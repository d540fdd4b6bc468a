"""What the rigs share, each of which tries the gate in a system of its own: images, containers, reports.

A rig never skips, and its exit code is 0 only if every check ran and was good.
"""

import configparser
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
IMAGE_LONGEST_S = 1800
_NSPAWN_SAYS = ("Warning: using insecure memory!", "Attempted to remove disk file system under ")
"""Of itself, however quiet it was told to be."""
_TRIAL = """[Unit]
Description=The checks of this boot
After=multi-user.target
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=exec
ExecStart={command}
"""


def requirements() -> list[str]:
    """What the daemon needs from outside, as setup.cfg has it."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    lines = settings["options"]["install_requires"].splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def image(script: Path, *arguments: str) -> Path | None:
    """The image that ``script`` prints, built where there is none; None where it cannot be, which it has said."""
    command = [str(script), sys.executable, *arguments]
    built = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=IMAGE_LONGEST_S)
    return None if built.returncode else Path(built.stdout.strip())


def add_trial(tree: Path, command: str) -> None:
    """The boot's checks as a unit of ``tree``, which ends the boot when they have ended, however they did."""
    units = tree / "etc/systemd/system"
    wanted = units / "multi-user.target.wants"
    wanted.mkdir(parents=True, exist_ok=True)
    (units / "trial.service").write_text(_TRIAL.format(command=command))
    if not (wanted / "trial.service").is_symlink():
        (wanted / "trial.service").symlink_to("/etc/systemd/system/trial.service")


def nspawn(tree: Path, console: Path, longest_s: int, *options: str) -> bool:
    """Boot ``tree`` in a container, its changes thrown away, to its power-off; whether it came there in time."""
    command = ["timeout", "--kill-after=10", str(longest_s), "systemd-nspawn", "-q", "-D", str(tree)]
    command += ["--register=no", "--keep-unit", "--private-network", "--volatile=overlay", *options, "-b"]
    with console.open("ab") as out:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False)
    return ended.returncode == 0


def inside(tree: Path, *command: str, longest_s: int = 300, rc: int = 0) -> str:
    """What a program of ``tree``, not booted, prints. AssertionError unless it ends with ``rc`` in time."""
    # timeout: outside, since a tree may lack it.
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
    said = "".join(line for line in done.stdout.splitlines(keepends=True) if not line.startswith(_NSPAWN_SAYS))
    assert done.returncode == rc, f"{' '.join(command)} ended with {done.returncode}\n{said}"
    return said


def machine(
    kernel: Path,
    initrd: Path,
    words: str,
    work: Path,
    memory_mb: int,
    longest_s: int,
    look: Callable[[], None],
    *options: str,
) -> bool:
    """Boot a machine, emulated, to its power-off, and call ``look`` meanwhile; whether it came there in time.

    Its console goes to ``work``/console, what it writes to its second serial line to ``work``/reports.
    """  # fmt: skip
    # timeout: should this process be killed, the machine still ends by itself.
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
    """The report of one check: what it says, or what went wrong."""
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


def show_end(console: Path, lines: int = 40) -> None:
    """Print how a console ended."""
    text = console.read_text(errors="replace") if console.exists() else "nothing"
    print("\n--- the end of the console\n" + "\n".join(text.splitlines()[-lines:]))
