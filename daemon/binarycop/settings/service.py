"""Settings of ``service``: the loop."""

from dataclasses import dataclass

from binarycop.settings.field import bounded


@dataclass(frozen=True)
class ServiceSettings:
    """The loop."""

    hang_s: float = bounded(5.0, 1, 60)
    """Seconds that a step of the loop, or of the perception, may take; after that, the kernel ends the process.

    The default is below the unit's ``WatchdogSec=`` (8), so that this acts first.
    """
