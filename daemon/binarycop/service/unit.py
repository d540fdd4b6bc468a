"""The state of the daemon's unit in systemd, for the commands that root's units run around the daemon."""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

UNIT = "binarycop.service"
DEGRADED = "binarycop-degraded.service"
SEE_JOURNAL = "journalctl -u 'binarycop*' -x -n 20 says why"
"""The remedy where only the journal has the reason."""

_SINCE, _STARTED = "ActiveEnterTimestampMonotonic", "ExecMainStartTimestampMonotonic"
_PROPERTIES = ("ActiveState", _SINCE, _STARTED, "NRestarts", "StatusText", "MainPID", "Result", "ExecMainStatus")
_LIMIT_S = 10
_MAX_COUNT = 9  # digits
_JUDGED = rf"\b([0-9]{{1,{_MAX_COUNT}}}) permitted, ([0-9]{{1,{_MAX_COUNT}}}) refused\b"


@dataclass(frozen=True)
class UnitState:
    """The daemon's unit at one moment.

    is_active: the daemon has sent READY=1. since_s: when. started_s: when its process was started. Both are seconds of
    the monotonic clock. restarts: how often systemd has restarted it after a failure, since it was last started by
    hand. status: the line that ``service.status_text`` writes; only the unit's main process can send it. state:
    systemd's word, such as ``failed``; empty where the unit is unknown. pid: the main process's, 0 if there is none.
    failure: the exit code of its last process if that has failed, otherwise 0.
    """

    is_active: bool
    since_s: float
    started_s: float
    restarts: int
    status: str
    state: str = ""
    pid: int = 0
    failure: int = 0

    def has_worked(self, now_s: float, for_s: float) -> bool:
        """Whether it has worked for that long, is in service now, and has judged somebody. now_s: monotonic."""
        judged = sum(int(count) for counts in re.findall(_JUDGED, self.status) for count in counts)
        in_service = self.is_active and "OUT OF ORDER" not in self.status
        return in_service and now_s - self.since_s >= for_s and judged > 0


def read(name: str = UNIT) -> UnitState | None:
    """The unit's state; None where there is no systemd, or it does not answer."""
    text = systemctl(["show", name, f"--property={','.join(_PROPERTIES)}"])
    return None if text is None else parse(text)


def systemctl(arguments: Sequence[str]) -> str | None:
    """What systemctl writes, in English; None if there is none, it fails, or it does not end within 10 s."""
    try:
        done = subprocess.run(
            ["systemctl", *arguments],
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_LIMIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def parse(text: str) -> UnitState:
    """The state from the output of ``systemctl show``."""
    values = dict(line.partition("=")[::2] for line in text.splitlines())
    return UnitState(
        values.get("ActiveState") == "active",
        _whole(values.get(_SINCE, "")) / 1e6,
        _whole(values.get(_STARTED, "")) / 1e6,
        _whole(values.get("NRestarts", "")),
        values.get("StatusText", ""),
        values.get("ActiveState", ""),
        _whole(values.get("MainPID", "")),
        _whole(values.get("ExecMainStatus", "")) if values.get("Result") == "exit-code" else 0,
    )


def _whole(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else 0
