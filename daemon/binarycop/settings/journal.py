"""Settings of ``journal``."""

from dataclasses import dataclass
from enum import Enum


class JournalTarget(Enum):
    """Where events go; auto is journald under systemd, else standard error."""

    AUTO = "auto"
    JOURNALD = "journald"
    STDERR = "stderr"


@dataclass(frozen=True)
class JournalSettings:
    """Where the journal goes."""

    target: JournalTarget = JournalTarget.AUTO
