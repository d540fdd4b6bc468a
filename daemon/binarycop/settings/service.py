"""Settings of ``service``: the loop, and when it sleeps."""

from dataclasses import dataclass
from enum import Enum

from binarycop.settings.field import bounded


class Mode(Enum):
    """Every frame for as long as the daemon runs, or asleep until something moves."""

    PERFORMANCE = "performance"
    LOW_POWER = "low-power"


@dataclass(frozen=True)
class ServiceSettings:
    """The loop, and when it sleeps."""

    hang_s: float = bounded(5.0, 1, 60)
    """Seconds that a step of the loop, or of the perception, may take; after that, the kernel ends the process.

    The default is below the unit's ``WatchdogSec=`` (8), so that this acts first.
    """

    mode: Mode = Mode.PERFORMANCE
    """``performance`` looks at every frame. ``low-power`` sleeps until something moves, and judges a person once."""

    sleep_after_s: float = bounded(10.0, 2, 3600)
    """In low-power: seconds without motion, face or any other sign after which the service sleeps."""

    sleep_rate_hz: float = bounded(5.0, 2, 30)
    """In low-power: how many pictures a second are taken from each camera while the service sleeps.

    Of a lane with a short ``frames.stale_s`` at least four within that time.
    """
