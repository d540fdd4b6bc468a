"""How many permissions each unbroken presence in front of the gate has had. Pure.

A presence is one face that the tracker has not lost. A picture that is held up, or a recording that is played to the
camera, does not walk on after a permission as people do, so the permissions of one presence have a limit.
"""

from dataclasses import dataclass

_MAX_PRESENCES = 64  # those that are remembered; the tracker follows 8 faces at most


@dataclass(frozen=True)
class PresenceCounts:
    """Permissions by the number of their presence, the presence that was in front last at the end."""

    counts: tuple[tuple[int, int], ...] = ()

    def of(self, presence: int) -> int:
        """How many permissions this presence has had."""
        return dict(self.counts).get(presence, 0)

    def keep(self, presence: int) -> "PresenceCounts":
        """Put this presence at the end: it is in front now, so it is the last one to be forgotten."""
        count = self.of(presence)
        return self._with(presence, count) if count else self

    def count(self, presence: int) -> "PresenceCounts":
        """The counts with one more permission for this presence."""
        return self._with(presence, self.of(presence) + 1)

    def _with(self, presence: int, count: int) -> "PresenceCounts":
        others = tuple(pair for pair in self.counts if pair[0] != presence)
        return PresenceCounts((*others, (presence, count))[-_MAX_PRESENCES:])
