"""A dead man's switch in the kernel's hands: a process whose loop has hung is ended, whatever it hangs in."""

import signal
from types import TracebackType


class HangTimer:
    """While entered, ends the process by SIGALRM ``limit_s`` seconds after the last ``restart``.

    The signal keeps its default action, so that no Python code has to run, and no lock be free, for it to
    work; it dumps no core. What releases the coil then is what does so after kill -9. Main thread only.
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

    def restart(self) -> None:
        """Say that a step has been done."""
        signal.setitimer(signal.ITIMER_REAL, self._limit_s)
