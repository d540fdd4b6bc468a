"""Checks of systemd's units, of udev's names, and of users and groups. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from binarycop.doctor.finding import Finding, fail, not_checked, ok, warn
from binarycop.service.unit import DEGRADED, SEE_JOURNAL, UNIT

HELPERS = (
    "binarycop-relay-off-list.service",
    "binarycop-overlay.service",
    "binarycop-journal.socket",
    "binarycop-journal.service",
    "binarycop-status.socket",
    "binarycop-trial.timer",
)
USER, GROUPS = "binarycop", ("video", "gpio")
AS_ROOT = "overlay-as-root.conf"


@dataclass(frozen=True)
class Unit:
    """One unit, as ``systemctl show`` has it. watchdog: its time in words, empty without one."""

    load: str = ""
    active: str = ""
    result: str = ""
    enabled: str = ""
    status: str = ""
    watchdog: str = ""
    restarts: int = 0
    needs_reload: bool = False
    drop_ins: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnitFacts:
    """units: by name; None where there is no systemd, or it does not answer.

    groups: those of the user ``binarycop``; None if there is no such user. needs_root: the settings use pynq, for which
    the daemon must be root. has_rules: udev's rules are installed. names: of /dev/binarycop. gate_release: the program
    can be run. list_problem: why the list for gate-release does not fit the settings, empty if it does; None if it is
    unknown, since the daemon has not been started since the boot.
    """

    units: dict[str, Unit] | None = None
    groups: frozenset[str] | None = None
    needs_root: bool = False
    has_rules: bool = False
    names: tuple[str, ...] = ()
    gate_release: bool = False
    list_problem: str | None = None

    @property
    def daemon(self) -> Unit | None:
        """The daemon's unit; None if it is not installed here."""
        unit = (self.units or {}).get(UNIT)
        return unit if unit is not None and unit.load == "loaded" else None

    @property
    def is_running(self) -> bool:
        """Whether the daemon runs, or starts: it then holds cameras and lines."""
        return self.daemon is not None and self.daemon.active in ("active", "activating", "reloading", "deactivating")


def check_daemon(facts: UnitFacts, unit: Unit) -> Finding:
    """Whether the gate works now."""
    degraded = (facts.units or {}).get(DEGRADED, Unit())
    if unit.active == "failed" or degraded.active == "active":
        remedy = f"{SEE_JOURNAL}; then systemctl start binarycop"
        return fail("daemon", f"has failed ({unit.result or 'too many starts'}), relay off", remedy)
    if unit.active == "active" and "OUT OF ORDER" in unit.status:
        return fail("daemon", unit.status, SEE_JOURNAL)
    if unit.active == "active":
        return ok("daemon", unit.status or "running")
    if unit.active in ("activating", "reloading", "deactivating"):
        return warn("daemon", f"{unit.active}: {unit.status or 'wait for it'}", "run doctor again in a minute")
    return warn("daemon", "stopped, relay off", "systemctl start binarycop")


def check_boot(_: UnitFacts, unit: Unit) -> Finding:
    """Whether it starts by itself."""
    if unit.enabled.startswith("enabled"):
        return ok("start at boot", "enabled")
    return fail("start at boot", f"{unit.enabled or 'not enabled'}", "systemctl enable binarycop.service")


def check_restarts(_: UnitFacts, unit: Unit) -> Finding:
    """How often systemd had to start it again."""
    if unit.restarts:
        failures = "1 failure" if unit.restarts == 1 else f"{unit.restarts} failures"
        return warn("restarts", f"started again after {failures}", SEE_JOURNAL)
    return ok("restarts", "none after a failure")


def check_watchdog(_: UnitFacts, unit: Unit) -> Finding:
    """Whether systemd ends a daemon that hangs."""
    if unit.watchdog in ("", "0", "infinity"):
        return fail("watchdog", "systemd does not watch the daemon", "remove the drop-in that sets WatchdogSec=")
    limit = re.sub(r"(?<=[0-9])(?=[a-z])", " ", unit.watchdog)  # systemd writes 1min 30s
    return ok("watchdog", f"systemd ends a daemon that is silent for {limit}")


def check_files(_: UnitFacts, unit: Unit) -> Finding:
    """Whether systemd has read the unit's files as they are."""
    if unit.needs_reload:
        return warn("unit files", "changed since systemd read them", "systemctl daemon-reload, restart binarycop")
    names = ", ".join(path.rpartition("/")[2] for path in unit.drop_ins)
    return ok("unit files", f"with the drop-ins {names}" if names else "without drop-ins")


def check_root(facts: UnitFacts, unit: Unit) -> Finding:
    """Whether the daemon has the rights that pynq needs, and no others."""
    is_root = any(path.endswith(f"/{AS_ROOT}") for path in unit.drop_ins)
    if facts.needs_root and not is_root:
        remedy = f"copy /usr/share/binarycop/{AS_ROOT} to /etc/systemd/system/binarycop.service.d/, daemon-reload"
        return fail("rights", "pynq needs root for the overlay, and the unit runs as binarycop", remedy)
    if is_root and not facts.needs_root:
        remedy = f"remove /etc/systemd/system/binarycop.service.d/{AS_ROOT}, systemctl daemon-reload, restart"
        return warn("rights", "the daemon runs as root, and these settings do not need it", remedy)
    return ok("rights", "root, as pynq needs it" if is_root else "the user binarycop")


def check_helpers(facts: UnitFacts, _: Unit) -> Finding:
    """The units around the daemon."""
    units = facts.units or {}
    lacking = [name for name in HELPERS if units.get(name, Unit()).load != "loaded"]
    failed = [name for name in HELPERS if units.get(name, Unit()).active == "failed"]
    if lacking:
        return fail("other units", f"not installed: {', '.join(lacking)}", "install the package again")
    if failed:
        return fail("other units", f"failed: {', '.join(failed)}", SEE_JOURNAL)
    return ok("other units", f"the {len(HELPERS)} that the daemon needs are installed, none has failed")


def check_user(facts: UnitFacts, _: Unit) -> Finding:
    """The daemon's user and groups."""
    if facts.groups is None:
        return fail("user and groups", f"there is no user {USER}", "systemd-sysusers binarycop.conf")
    lacking = [group for group in GROUPS if group not in facts.groups]
    if lacking:
        remedy = f"usermod -aG {','.join(lacking)} {USER}, then systemctl restart binarycop"
        return fail("user and groups", f"{USER} is not in {' and '.join(lacking)}", remedy)
    return ok("user and groups", f"{USER} is in {' and '.join(GROUPS)}")


def check_names(facts: UnitFacts, _: Unit) -> Finding:
    """udev's rules and the names that they give."""
    if not facts.has_rules:
        return fail("udev names", "70-binarycop.rules is not installed", "install the package again")
    if not facts.names:
        remedy = "plug in the camera, udevadm trigger, ls /dev/binarycop; is this a Zynq board?"
        return warn("udev names", "the rules are installed, and /dev/binarycop has no name", remedy)
    return ok("udev names", ", ".join(f"/dev/binarycop/{name}" for name in facts.names))


def check_release(facts: UnitFacts, _: Unit) -> Finding:
    """What switches the relays off once the daemon is gone."""
    if not facts.gate_release:
        return fail("gate-release", "/usr/lib/binarycop/gate-release cannot be run", "install the package again")
    if facts.list_problem is None:
        return not_checked("gate-release", "its list is written before the daemon's first start after a boot")
    if facts.list_problem:
        return fail("gate-release", facts.list_problem, "systemctl restart binarycop writes it again")
    return ok("gate-release", "can be run, and its list is that of the settings")


Check = Callable[[UnitFacts, Unit], Finding]

CHECKS: tuple[Check, ...] = (
    check_daemon,
    check_boot,
    check_restarts,
    check_watchdog,
    check_files,
    check_root,
    check_helpers,
    check_user,
    check_names,
    check_release,
)


def check_units(facts: UnitFacts) -> list[Finding]:
    """Every check of this module, or the one reason why there is none."""
    if facts.units is None:
        return [not_checked("units", "there is no systemd here, or it does not answer")]
    unit = facts.daemon
    if unit is None:
        return [not_checked("units", f"{UNIT} is not installed here", "deploy/install installs it on a board")]
    return [check(facts, unit) for check in CHECKS]
