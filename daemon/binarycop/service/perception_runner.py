"""Runs the perception: in the caller's thread, or in a thread of its own, so that the gate never waits for it."""

import threading
from collections.abc import Mapping
from typing import Protocol

from binarycop.clock import Clock
from binarycop.frames.base import Frame
from binarycop.service.perception import Perception, Sighting


class PerceptionRunner(Protocol):
    """Runs one step of the perception at a time. Only one thread may use it."""

    @property
    def is_idle(self) -> bool:
        """Whether ``submit`` may be called, and whether the caller may use the perception's classifier."""

    def submit(self, frames: Mapping[int, Frame], now_s: float) -> None:
        """Begin a step. Raises RuntimeError if the result of the last one has not been taken."""

    def take(self, timeout_s: float) -> list[Sighting] | None:
        """What each lane sees, once for each step; None if there is no result within ``timeout_s``.

        Raises what ``Perception.step`` raises.
        """

    def busy_s(self) -> float:
        """For how many seconds the present step has been running; 0 if none is running."""

    def close(self, timeout_s: float) -> bool:
        """Stop. Waits up to ``timeout_s``; returns False if the step hangs and its thread is abandoned."""


class SyncPerception:
    """Runs each step within ``submit``, so that the same frames always give the same results."""

    def __init__(self, perception: Perception) -> None:
        self._perception = perception
        self._result: list[Sighting] | None = None

    @property
    def is_idle(self) -> bool:
        """See ``PerceptionRunner``."""
        return self._result is None

    def submit(self, frames: Mapping[int, Frame], now_s: float) -> None:
        """See ``PerceptionRunner.submit``. Raises what ``Perception.step`` raises."""
        if self._result is not None:
            raise RuntimeError("the last result has not been taken yet")
        self._result = self._perception.step(frames, now_s)

    def take(self, timeout_s: float) -> list[Sighting] | None:
        """See ``PerceptionRunner.take``."""
        result, self._result = self._result, None
        return result

    def busy_s(self) -> float:
        """See ``PerceptionRunner.busy_s``."""
        return 0.0

    def close(self, timeout_s: float) -> bool:
        """See ``PerceptionRunner.close``."""
        return True


class ThreadPerception:
    """Runs each step in a thread of its own, which starts with the first step that has frames."""

    def __init__(self, perception: Perception, clock: Clock) -> None:
        self._perception, self._clock = perception, clock
        self._thread = threading.Thread(target=self._run, name="perception", daemon=True)
        self._changed = threading.Condition()  # guards all fields below
        self._job: tuple[Mapping[int, Frame], float] | None = None
        self._result: list[Sighting] | Exception | None = None
        self._busy_since_s: float | None = None
        self._is_idle, self._is_closing = True, False

    @property
    def is_idle(self) -> bool:
        """See ``PerceptionRunner``."""
        with self._changed:
            return self._is_idle

    def submit(self, frames: Mapping[int, Frame], now_s: float) -> None:
        """See ``PerceptionRunner.submit``. A step without frames is so short that it runs here, at once."""
        with self._changed:
            if not self._is_idle:
                raise RuntimeError("the last result has not been taken yet")
            self._is_idle = False
            if frames:
                self._job, self._busy_since_s = (frames, now_s), self._clock.now_s()
                self._changed.notify_all()
        if not frames:
            self._put(self._perception.step(frames, now_s))
        elif self._thread.ident is None:
            self._thread.start()

    def take(self, timeout_s: float) -> list[Sighting] | None:
        """See ``PerceptionRunner.take``."""
        with self._changed:
            self._changed.wait_for(lambda: self._result is not None, timeout_s)
            result, self._result = self._result, None
            if result is not None:
                self._is_idle = True
        if isinstance(result, Exception):
            raise result
        return result

    def busy_s(self) -> float:
        """See ``PerceptionRunner.busy_s``."""
        with self._changed:
            return 0.0 if self._busy_since_s is None else self._clock.now_s() - self._busy_since_s

    def close(self, timeout_s: float) -> bool:
        """See ``PerceptionRunner.close``. May be called twice."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (job := self._wait()) is not None:
            try:
                result: list[Sighting] | Exception = self._perception.step(*job)
            except BaseException as error:  # noqa: BLE001 - raised in the loop, where it ends the service
                result = error if isinstance(error, Exception) else RuntimeError(f"ended by {type(error).__name__}")
            del job  # the frames are not needed any more
            self._put(result)

    def _put(self, result: list[Sighting] | Exception) -> None:
        with self._changed:
            self._result, self._busy_since_s = result, None
            self._changed.notify_all()

    def _wait(self) -> tuple[Mapping[int, Frame], float] | None:
        """The next step's frames and time; None once the runner is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing or self._job is not None)
            job, self._job = self._job, None
            return None if self._is_closing else job
