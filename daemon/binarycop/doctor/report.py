"""The text for support: the findings, versions and settings, without anything that names a person or this machine."""

from collections.abc import Iterable, Sequence

from binarycop.doctor.finding import Level, Section, count
from binarycop.doctor.privacy import Names, without_names
from binarycop.printable import printable

_HEAD = """binarycop doctor: report for support

What this file holds: what each check found, versions, and the settings that differ
from the defaults. Gates are numbered. What was taken out, as (left out): host name,
user names, serial numbers, MAC and IP addresses, home folders, names of drop-ins,
and the names under /dev/v4l/by-id, which have serial numbers. There is no picture,
no decision and no time of a person in it; of a daemon that runs it says how many
people were permitted and refused since its start. An error in the settings quotes the
value that is wrong, which may be a name. Read it before you send it.
"""


def report(sections: Sequence[Section], versions: Iterable[tuple[str, str]], settings: str, names: Names) -> str:
    """The whole text. versions: of programs. settings: YAML of what differs from the defaults, without names."""
    lines = [_HEAD, "versions"]
    lines += [f"  {name:<12} {version}" for name, version in versions]
    for section in sections:
        lines += ["", section.title]
        for finding in section.findings:
            gate = f"{finding.gate}: " if finding.gate else ""
            lines.append(_filtered(f"  {finding.level.value:<5} {finding.name}: {gate}{finding.text}", names))
            if finding.remedy:
                lines.append(_filtered(f"        -> {finding.remedy}", names))
    lines += ["", summary(sections), "", "settings that differ from the defaults", "", settings or "none"]
    return "\n".join(lines).rstrip("\n") + "\n"


def summary(sections: Sequence[Section]) -> str:
    """How many checks had each result."""
    words = {Level.OK: "ok", Level.WARN: "warn", Level.FAIL: "FAIL", Level.NOT_CHECKED: "not checked"}
    return ", ".join(f"{number} {words[level]}" for level in Level if (number := count(sections, level)))


def _filtered(line: str, names: Names) -> str:
    return printable(without_names(line, names))
