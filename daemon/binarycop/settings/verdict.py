"""Settings of ``verdict``: votes."""

from dataclasses import dataclass

from binarycop.settings.field import bounded


@dataclass(frozen=True)
class VerdictSettings:
    """``votes`` of the last ``window`` frames within ``within_s`` make a verdict.

    margin: lead of the best score below which a frame abstains; null takes the bundle's own.
    give_up_s: after this long without a verdict the person counts as undecided.
    """

    votes: int = bounded(5, 1, 100)
    window: int = bounded(8, 1, 100)
    within_s: float = bounded(1.5, 0.1, 30)
    give_up_s: float = bounded(3.0, 0.1, 60)
    margin: int | None = bounded(None, 0, 100_000)

    def least_margin(self, calibrated: int) -> int:
        """The margin that holds: the one set, else the bundle's own."""
        return calibrated if self.margin is None else self.margin
