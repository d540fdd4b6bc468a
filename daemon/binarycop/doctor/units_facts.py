"""Reads the facts that ``units`` checks: from ``systemctl``, the user database, and files."""

import grp
import os
import pwd
from collections.abc import Callable, Sequence
from pathlib import Path

from binarycop.doctor.units import HELPERS, USER, Unit, UnitFacts
from binarycop.errors import LineError
from binarycop.lines import relay_off_list
from binarycop.service.unit import DEGRADED, UNIT, systemctl
from binarycop.settings.classifier import Backend, MemoryAccess
from binarycop.settings.schema import Settings

LIST = Path("/run/binarycop/release")

_PROPERTIES = (
    "Id,LoadState,ActiveState,Result,UnitFileState,StatusText,WatchdogUSec,NRestarts,NeedDaemonReload,DropInPaths"
)
_RULES = ("usr/lib/udev/rules.d", "lib/udev/rules.d", "etc/udev/rules.d")

Run = Callable[[Sequence[str]], str | None]


def read_units(settings: Settings | None, root: Path = Path("/"), run: Run = systemctl) -> UnitFacts:
    """The facts of this machine.

    settings: None if they are wrong, so that the list cannot be compared. run: gives what systemctl writes.
    """
    text = run(["show", f"--property={_PROPERTIES}", UNIT, *HELPERS, DEGRADED])
    folder = root / "dev/binarycop"
    helper = root / "usr/lib/binarycop/gate-release"
    return UnitFacts(
        units=None if text is None else parse(text),
        groups=_groups(),
        needs_root=settings is not None and _needs_root(settings),
        has_rules=any((root / place / "70-binarycop.rules").exists() for place in _RULES),
        names=tuple(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else (),
        gate_release=os.access(helper, os.X_OK),
        list_problem=None if settings is None else _list_problem(settings, root / LIST.relative_to("/")),
    )


def parse(text: str) -> dict[str, Unit]:
    """The units of ``systemctl show``, whose blocks are divided by an empty line."""
    units = {}
    for block in text.split("\n\n"):
        values = dict(line.partition("=")[::2] for line in block.splitlines())
        count = values.get("NRestarts", "")
        units[values.get("Id", "")] = Unit(
            load=values.get("LoadState", ""),
            active=values.get("ActiveState", ""),
            result=values.get("Result", ""),
            enabled=values.get("UnitFileState", ""),
            status=values.get("StatusText", ""),
            watchdog=values.get("WatchdogUSec", ""),
            restarts=int(count) if count.isdecimal() and len(count) < 10 else 0,
            needs_reload=values.get("NeedDaemonReload") == "yes",
            drop_ins=tuple(values.get("DropInPaths", "").split()),
        )
    return units


def _groups() -> frozenset[str] | None:
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        return None
    found = os.getgrouplist(USER, user.pw_gid)
    return frozenset(group.gr_name for group in grp.getgrall() if group.gr_gid in found)


def _needs_root(settings: Settings) -> bool:
    classifier = settings.classifier
    return classifier.backend is Backend.OVERLAY and classifier.overlay.memory is MemoryAccess.PYNQ


def _list_problem(settings: Settings, file: Path) -> str | None:
    if not file.exists():
        return None
    try:
        relay_off_list.check(file, settings.gates, settings.gates[0].lines.factory)
    except LineError as error:
        return error.reason
    return ""
