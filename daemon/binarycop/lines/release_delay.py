"""An input that is active at once, and inactive only after a stable time."""


class ReleaseDelay:
    """Active with the first active level; inactive when the level has been inactive for ``for_s`` seconds in a row.

    Without it a chattering contact would switch the relay with each read.
    """

    def __init__(self, for_s: float) -> None:
        self._for_s = for_s
        self._active_until_s: float | None = None

    def step(self, level: bool, now_s: float) -> bool:
        """The input's state, from its level at ``now_s``."""
        if level:
            self._active_until_s = now_s + self._for_s
        elif self._active_until_s is not None and now_s >= self._active_until_s:
            self._active_until_s = None
        return self._active_until_s is not None
