"""Settings of ``service``: the loop."""

from dataclasses import dataclass

from binarycop.settings.field import bounded


@dataclass(frozen=True)
class ServiceSettings:
    """The loop. hang_s: a step that takes longer has hung, and the kernel ends the process."""

    hang_s: float = bounded(5.0, 1, 60)
