"""Settings of ``service``: the loop."""

from dataclasses import dataclass

from binarycop.settings.field import bounded


@dataclass(frozen=True)
class ServiceSettings:
    """The loop."""

    hang_s: float = bounded(5.0, 1, 60)
    """Seconds that one step may take; after that, the kernel ends the process.

    Below the unit's ``WatchdogSec=`` (8), so that this acts first.
    """
