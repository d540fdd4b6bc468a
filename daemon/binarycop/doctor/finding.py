"""The result of a check: one line for a person, with the remedy."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How a check came out; the value is the word that is shown."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"
    NOT_CHECKED = "--"


@dataclass(frozen=True)
class Finding:
    """One check.

    name: what was checked. text: what was found; of a check that could not be done, why. remedy: what to do about it,
    empty if there is nothing. gate: the gate that it is about, empty for the whole board.
    """

    name: str
    level: Level
    text: str
    remedy: str = ""
    gate: str = ""


@dataclass(frozen=True)
class Section:
    """Findings about one part of the gate."""

    title: str
    findings: tuple[Finding, ...]


def ok(name: str, text: str, *, gate: str = "") -> Finding:
    """As it should be."""
    return Finding(name, Level.OK, text, "", gate)


def warn(name: str, text: str, remedy: str, *, gate: str = "") -> Finding:
    """The gate works, but somebody should know."""
    return Finding(name, Level.WARN, text, remedy, gate)


def fail(name: str, text: str, remedy: str, *, gate: str = "") -> Finding:
    """The gate does not work as it should, or not for long."""
    return Finding(name, Level.FAIL, text, remedy, gate)


def not_checked(name: str, why: str, remedy: str = "", *, gate: str = "") -> Finding:
    """It could not be found out here."""
    return Finding(name, Level.NOT_CHECKED, f"not checked: {why}", remedy, gate)


def count(sections: Iterable[Section], level: Level) -> int:
    """How many findings have this level."""
    return sum(finding.level is level for section in sections for finding in section.findings)
