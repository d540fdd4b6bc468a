"""The table of what the daemon may do, each with its reason. Every action must match one of these rules."""

import re
import site
import sys
import sysconfig
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.system.privacy.syscalls import Action

ROOT = Path(__file__).resolve().parents[3]
_FACTS = (
    r"/etc/(ld\.so\.\S+|locale\.alias|localtime|ssl/openssl\.cnf|nsswitch\.conf|passwd)|/dev/(u?random|null)"
    r"|/proc/(cpuinfo|meminfo|stat|filesystems|self/(maps|status|auxv|cgroup|mountinfo)|sys/(crypto|vm|kernel)/\S+)"
    r"|/sys/(devices/system/(cpu|node)|fs/cgroup|firmware/devicetree)/\S+"
)


@dataclass(frozen=True)
class Rule:
    """One rule. what: in words. pattern: matches the whole ``str(action)``. why: the reason that it is allowed."""

    what: str
    pattern: str
    why: str


@dataclass(frozen=True)
class RuleCheck:
    """All actions, sorted by rule. rows: each rule with the actions that it allows. unlisted: the other actions."""

    rows: tuple[tuple[Rule, Counter[Action]], ...]
    unlisted: Counter[Action]


def rules(work: Path, source: Path) -> tuple[Rule, ...]:
    """The table. work: the folder of this run, with the folder of gate-release's list in it. source: the clip."""
    home = "|".join(sorted({re.escape(folder) for folder in _programs()}))
    run = re.escape(str(work / "run"))
    return (
        Rule(
            "starts itself",
            r"execve \S*python[\d.]*",
            "once, by the service manager; the kernel denies every later start (service/hardening.py)",
        ),
        Rule("starts threads of its own", "thread", "one process with one memory: nothing leaves it"),
        Rule(
            "reads programs, libraries and its bundle",
            rf"open to read ({home})(/.*)?( refused)?",
            "installed files, which hold no picture of anybody",
        ),
        Rule(
            "reads facts about the system",
            rf"open to read ({_FACTS})( refused)?",
            "the paths of libraries, the time zone, the number of processors",
        ),
        Rule(
            "maps a system table",
            r"mmap shared \S*/gconv-modules\.cache read",
            "the C library's table of text encodings, read-only",
        ),
        Rule(
            "reads its settings",
            rf"open to read {re.escape(str(work))}(/gate\.(yaml|d))?( refused)?",
            "the gate's own file, and the names beside it, of which it tells those that it does not read",
        ),
        Rule(
            "lists its working folder",
            rf"open to read {re.escape(str(work))}/core",
            "Python looks for modules there; it is empty",
        ),
        Rule("reads the camera", rf"open to read {re.escape(str(source))}", "here a clip instead of a camera"),
        Rule(
            "reads the list for gate-release",
            rf"open to read {run}/release",
            "once, before the first frame, to check that it is there; root writes it",
        ),
        Rule(
            "looks whether the accelerator's clock was left slow",
            r"open to read /run/binarycop-overlay/slow-clock( refused)?",
            "once, before the first frame; a frequency in MHz, written by the daemon in low-power before it was killed",
        ),
        Rule(
            "sends entries to the journal's writer",
            rf"sendto {re.escape(str(work))}/journal/socket",
            "a process of its own, which holds each to the table of events; searched for the canary",
        ),
        Rule(
            "closes its standard output and error",
            r"(open to write|write) /dev/null(<char 1:3>)?",
            "before the first frame: from then on they end nowhere",
        ),
        Rule(
            "writes messages at its start",
            r"write pipe",
            "standard output and error until then, which journald reads; searched for the canary",
        ),
        Rule(
            "opens a local socket",
            r"socket AF_UNIX<?.*, SOCK_DGRAM(\|SOCK_CLOEXEC)?",
            "for the service manager and the journal's writer; no address family that leaves the device",
        ),
        Rule(
            "takes those who ask how it is",
            rf"accept4 {re.escape(str(work))}/status",
            "the socket is systemd's, for root and the group binarycop; the daemon reads nothing from them",
        ),
        Rule(
            "answers them",
            rf"sendto {re.escape(str(work))}/status",
            "one answer each, of at most 64 KiB: words and numbers, as in the journal; searched for the canary",
        ),
        Rule(
            "notifies the service manager",
            rf"sendto {re.escape(str(work))}/notify",
            "ready, watchdog, and one line of status: words and numbers",
        ),
    )


def check(actions: Counter[Action], table: tuple[Rule, ...]) -> RuleCheck:
    """Put each action under the first rule that allows it."""
    allowed: dict[Rule, Counter[Action]] = {rule: Counter() for rule in table}
    unlisted: Counter[Action] = Counter()
    for action, count in actions.items():
        rule = next((rule for rule in table if re.fullmatch(rule.pattern, str(action))), None)
        (unlisted if rule is None else allowed[rule])[action] += count
    return RuleCheck(tuple(allowed.items()), unlisted)


def _programs() -> list[str]:
    """The folders of Python, of its libraries and of the daemon."""
    found = {"/usr", "/lib", "/lib64", sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib")}
    found |= {*site.getsitepackages(), str(ROOT / "daemon"), str(ROOT / "overlays/bundles"), str(ROOT / ".venv")}
    # Next to a checkout there may be a detector's model file that is not part of the project.
    return [*found, str(ROOT.parent / "shared/data/models")]
