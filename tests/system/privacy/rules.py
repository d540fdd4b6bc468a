"""What the daemon may do, as a table: everything that it does must be one of these, each with its reason."""

import re
import site
import sys
import sysconfig
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.system.privacy.acts import Act

ROOT = Path(__file__).resolve().parents[3]
_FACTS = (
    r"/etc/(ld\.so\.\S+|locale\.alias|localtime|ssl/openssl\.cnf|nsswitch\.conf|passwd)|/dev/(u?random|null)"
    r"|/proc/(cpuinfo|meminfo|stat|filesystems|self/(maps|status|auxv|cgroup|mountinfo)|sys/(crypto|vm|kernel)/\S+)"
    r"|/sys/(devices/system/(cpu|node)|fs/cgroup|firmware/devicetree)/\S+"
)


@dataclass(frozen=True)
class Rule:
    """what: in words. pattern: of ``str(act)``, from its beginning to its end. why: the reason that it is allowed."""

    what: str
    pattern: str
    why: str


@dataclass(frozen=True)
class Verdict:
    """rows: each rule with the acts that it allows; unlisted: those that no rule allows."""

    rows: tuple[tuple[Rule, Counter[Act]], ...]
    unlisted: Counter[Act]


def rules(work: Path, source: Path) -> tuple[Rule, ...]:
    """The table. work: the folder of this trial, with its runtime directory; source: the pictures."""
    home = "|".join(sorted({re.escape(one) for one in _programs()}))
    run = re.escape(str(work / "run"))
    return (
        Rule(
            "starts itself",
            r"execve \S*python[\d.]*",
            "once, by the service manager; the kernel refuses every later start (service/hardening.py)",
        ),
        Rule("starts threads of its own", "thread", "one memory, one process: nothing is handed over"),
        Rule(
            "reads programs, libraries and its bundle",
            rf"open to read ({home})(/.*)?( refused)?",
            "installed files, which hold nobody's picture",
        ),
        Rule(
            "reads the system's own facts",
            rf"open to read ({_FACTS})( refused)?",
            "where libraries lie, the time zone, how many processors there are",
        ),
        Rule(
            "maps a system table",
            r"mmap shared \S*/gconv-modules\.cache read",
            "the C library's table of text encodings, to read only",
        ),
        Rule(
            "reads its settings",
            rf"open to read {re.escape(str(work))}/gate\.(yaml|d)( refused)?",
            "the gate's own file",
        ),
        Rule(
            "lists its working folder",
            rf"open to read {re.escape(str(work))}/core",
            "Python looks for modules there; it is empty",
        ),
        Rule("reads the camera", rf"open to read {re.escape(str(source))}", "here a clip in the camera's place"),
        Rule(
            "writes the list for gate-release",
            rf"(open to write|write|fchmod|rename) {run}/\.release\.new( {run}/release)?|open to read {run}",
            "once, before the first frame: names of lines and levels, no other byte",
        ),
        Rule(
            "writes journal and summary",
            r"write pipe",
            "standard output and error, which journald takes: words and numbers; searched for the canary",
        ),
        Rule(
            "makes a local socket",
            r"socket AF_UNIX<?.*, SOCK_DGRAM(\|SOCK_CLOEXEC)?",
            "for the service manager; no family that leaves the device",
        ),
        Rule(
            "tells the service manager",
            rf"sendto {re.escape(str(work))}/notify",
            "ready, alive, and one line of state: words and numbers",
        ),
    )


def judge(acts: Counter[Act], table: tuple[Rule, ...]) -> Verdict:
    """Each act under the first rule that allows it."""
    allowed: dict[Rule, Counter[Act]] = {rule: Counter() for rule in table}
    unlisted: Counter[Act] = Counter()
    for act, count in acts.items():
        rule = next((one for one in table if re.fullmatch(one.pattern, str(act))), None)
        (unlisted if rule is None else allowed[rule])[act] += count
    return Verdict(tuple(allowed.items()), unlisted)


def _programs() -> list[str]:
    """Where Python, libraries and the daemon lie."""
    found = {"/usr", "/lib", "/lib64", sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib")}
    found |= {*site.getsitepackages(), str(ROOT / "daemon"), str(ROOT / "overlays/bundles"), str(ROOT / ".venv")}
    # A checkout may have the finder's file, which is not the project's, beside it.
    return [*found, str(ROOT.parent / "shared/data/models")]
