"""Functions for the checks that run inside a booted system, which has only Python and the gate.

Every wait has a limit. Times are on the monotonic clock, which a container shares with its machine.
"""

import json
import re
import subprocess
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

UNIT = "binarycop.service"
PATIENCE_S = 60.0
_TABLE = "binarycop/journal/events.py"
TABLES = (Path("/opt/gate/daemon", _TABLE), Path("/usr/lib/binarycop/python", _TABLE))


def run(*command: str, rc: int = 0) -> str:
    """Run a command. Returns its output; with ``rc`` its errors too. AssertionError if the exit code is not ``rc``."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == rc, f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout if rc == 0 else done.stdout + done.stderr


def shown(name: str, unit: str = UNIT) -> str:
    """A property of a unit."""
    return run("systemctl", "show", "--value", "-p", name, unit).strip()


def is_ready() -> bool:
    """Whether the gate's service is ready."""
    return shown("ActiveState") == "active"


def wait_for(what: str, holds: Callable[[], Any], longest_s: float = PATIENCE_S) -> Any:
    """Wait until ``holds`` returns something true, and return it. AssertionError, with the status, if it does not."""
    end_s = monotonic() + longest_s
    while not (found := holds()):
        if monotonic() > end_s:
            status = subprocess.run(("systemctl", "status", UNIT), capture_output=True, text=True, check=False)
            raise AssertionError(f"waited {longest_s:.0f} s for {what}\n{status.stdout}")
        sleep(0.05)
    return found


def logged(name: str, *arguments: str) -> list[dict[str, str]]:
    """The journal's entries of one event, of this boot by default; faster than ``binarycop events``."""
    message_id = dict(message_ids())[name]
    output = run("journalctl", "-q", "-o", "json", *(arguments or ("-b",)), f"MESSAGE_ID={message_id}")
    return [json.loads(line) for line in output.splitlines()]


def message_ids() -> list[tuple[str, str]]:
    """Each event's name and id, from the table of the installed daemon."""
    [table] = [path for path in TABLES if path.exists()]
    return re.findall(r'EventSpec\(\s*"(\w+)",\s*"([0-9a-f]{32})"', table.read_text())


def events(*arguments: str) -> list[dict[str, Any]]:
    """The events that ``binarycop events`` prints."""
    return [json.loads(line) for line in run("binarycop", "events", "--json", *arguments).splitlines()]


def carry_out(checks: Iterable[Callable[[], str]], reports: Path, only: str = "", *, tries: int = 1) -> None:
    """Run each check whose name contains ``only``, and write a line for each to ``reports``.

    tries: how often a check may be tried. It is for checks that measure times and may be repeated: one that got too
    little of the processor is good the next time, and a fault fails each time. The report has what failed before.
    """
    with reports.open("a") as out:
        for check in checks:
            if only not in check.__name__:
                continue
            begun_s = monotonic()
            good, detail = _attempt(check)
            for number in range(2, tries + 1):
                if good:
                    break
                before = detail
                good, detail = _attempt(check)
                detail += f"\ntry {number}; the one before had failed:\n{before}"
            name = check.__name__.replace("_", " ")
            report = {"check": name, "good": good, "detail": detail, "took_s": monotonic() - begun_s}
            out.write(json.dumps(report) + "\n")
            out.flush()


def _attempt(check: Callable[[], str]) -> tuple[bool, str]:
    """Whether a check is good, and what it says or why it is not."""
    try:
        return True, check()
    except Exception:  # noqa: BLE001 - the next check must still run
        return False, traceback.format_exc()
