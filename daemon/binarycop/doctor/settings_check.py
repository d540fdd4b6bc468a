"""Checks of the settings: what is wrong, what is advised, what was read."""

from collections.abc import Sequence
from dataclasses import dataclass

from binarycop.doctor.finding import Finding, fail, ok, warn

_MEANT = "leave it if it is meant; binarycop check-config --changes shows the settings"
_ROUNDS = "binarycop check-config, until it reports nothing"


@dataclass(frozen=True)
class SettingsFacts:
    """files: that were read. problems: errors, with file, line and key. notes: what works, but is worth a look.

    gates: how many; 0 if the settings are wrong.
    """

    files: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    gates: int = 0


def check_settings(facts: SettingsFacts) -> list[Finding]:
    """Every check of this module."""
    if facts.problems:
        return [fail("settings", problem, _ROUNDS) for problem in facts.problems]
    gates = "1 gate" if facts.gates == 1 else f"{facts.gates} gates"
    files = _counted(facts.files)
    return [ok("settings", f"{gates}, from {files}"), *(warn("settings", note, _MEANT) for note in facts.notes)]


def _counted(files: Sequence[str]) -> str:
    return ", ".join(files) or "no file: the defaults"
