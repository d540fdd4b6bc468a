"""Settings of ``verdict``: how votes become a verdict."""

from dataclasses import dataclass

from binarycop.settings.field import bounded


@dataclass(frozen=True)
class VerdictSettings:
    """``votes`` equal votes in the last ``window`` frames, none older than ``within_s``, make a verdict."""

    votes: int = bounded(5, 1, 100, reloadable=True)
    """Equal votes that a verdict needs. More than half of ``window``, so that two classes cannot both have them."""

    window: int = bounded(8, 1, 100, reloadable=True)
    """How many of the last frames are counted."""

    within_s: float = bounded(1.5, 0.1, 30, reloadable=True)
    """A vote older than this, in seconds, does not count."""

    give_up_s: float = bounded(3.0, 0.1, 60, reloadable=True)
    """After this many seconds without a verdict, the person counts as undecided."""

    margin: int | None = bounded(None, 0, 100_000, reloadable=True)
    """Best score minus second best; a frame with less than this abstains. null: the bundle's calibrated margin."""

    @property
    def needed_hz(self) -> float:
        """How many frames a second have to be looked at, so that a whole window of votes fits into its time."""
        return self.window / self.within_s

    def effective_margin(self, calibrated: int) -> int:
        """The margin that applies: this setting, or the bundle's ``calibrated`` one."""
        return calibrated if self.margin is None else self.margin
