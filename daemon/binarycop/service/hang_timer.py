"""A kernel timer that ends the process if one step of the loop takes too long."""

import signal
from types import TracebackType


class HangTimer:
    """While entered, ends the process by SIGALRM if there is no ``restart`` for ``limit_s`` seconds.

    The signal keeps its default action. So it works without any Python code and without any lock, and it writes no core
    dump. The relay is then switched off in the same way as after kill -9 (docs/wiring.md). Only for the main thread.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s

    def __enter__(self) -> "HangTimer":
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        self.restart()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def restart(self, busy_s: float = 0.0) -> None:
        """Start to count again: a step is complete. busy_s: for how long a call in another thread has been running."""
        signal.setitimer(signal.ITIMER_REAL, max(self._limit_s - busy_s, 0.001))
