"""Settings of ``journal``."""

from dataclasses import dataclass
from enum import Enum


class JournalTarget(Enum):
    """Where events go; auto is journald under systemd, otherwise standard error.

    Where the unit names the socket of the journal's writer, both auto and journald go there.
    """

    AUTO = "auto"
    JOURNALD = "journald"
    STDERR = "stderr"


@dataclass(frozen=True)
class JournalSettings:
    """The journal."""

    target: JournalTarget = JournalTarget.AUTO
    """``auto``, ``journald`` or ``stderr`` (standard error)."""
