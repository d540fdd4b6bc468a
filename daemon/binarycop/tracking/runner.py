"""Who asks the finder: at once in the same thread, or in one of its own while the loop goes on."""

import threading
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Detector, Face


class DetectorRunner(Protocol):
    """Answers one question at a time. One thread uses it."""

    @property
    def is_done(self) -> bool:
        """Whether ``poll`` has something to give, or to raise."""

    def submit(self, pixels: NDArray[np.uint8]) -> None:
        """Have the faces of a frame found, (H, W, 3) uint8 BGR, into which nobody may write any more.

        Raises RuntimeError where the last answer was not taken yet.
        """

    def poll(self) -> list[Face] | None:
        """The faces, once; None while there is no answer. Raises what the finder raised: DetectorError."""

    def close(self, timeout_s: float) -> bool:
        """Ask nothing any more. Waits up to ``timeout_s``; False where the finder hangs and is left behind."""


class SyncRunner:
    """Finds within ``submit``, so that the same frames give the same answers each time."""

    def __init__(self, finder: Detector) -> None:
        self._finder = finder
        self._found: list[Face] | None = None

    @property
    def is_done(self) -> bool:
        """See ``DetectorRunner``."""
        return self._found is not None

    def submit(self, pixels: NDArray[np.uint8]) -> None:
        """See ``DetectorRunner.ask``; raises DetectorError itself."""
        if self._found is not None:
            raise RuntimeError("the last answer was not taken yet")
        self._found = self._finder.detect(pixels)

    def poll(self) -> list[Face] | None:
        """See ``DetectorRunner.answer``."""
        found, self._found = self._found, None
        return found

    def close(self, timeout_s: float) -> bool:
        """See ``DetectorRunner.close``."""
        return True


class ThreadRunner:
    """Finds in a thread of its own, which begins with the first question."""

    def __init__(self, finder: Detector) -> None:
        self._finder = finder
        self._thread = threading.Thread(target=self._run, name="finder", daemon=True)
        self._changed = threading.Condition()  # guards all below
        self._pixels: NDArray[np.uint8] | None = None
        self._found: list[Face] | Exception | None = None
        self._is_asked = self._is_closing = False

    @property
    def is_done(self) -> bool:
        """See ``DetectorRunner``."""
        with self._changed:
            return self._found is not None

    def submit(self, pixels: NDArray[np.uint8]) -> None:
        """See ``DetectorRunner.ask``."""
        with self._changed:
            if self._is_asked:
                raise RuntimeError("the last answer was not taken yet")
            self._pixels, self._is_asked = pixels, True
            self._changed.notify_all()
        if self._thread.ident is None:
            self._thread.start()

    def poll(self) -> list[Face] | None:
        """See ``DetectorRunner.answer``."""
        with self._changed:
            found, self._found = self._found, None
            if found is not None:
                self._is_asked = False
        if isinstance(found, Exception):
            raise found
        return found

    def close(self, timeout_s: float) -> bool:
        """See ``DetectorRunner.close``; may be called twice."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (pixels := self._wait()) is not None:
            found: list[Face] | Exception
            try:
                found = self._finder.detect(pixels)
            except Exception as error:  # noqa: BLE001 - raised in the loop, where it ends the service
                found = error
            with self._changed:
                self._found = found

    def _wait(self) -> NDArray[np.uint8] | None:
        """The next question; None once there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing or self._pixels is not None)
            pixels, self._pixels = self._pixels, None
            return None if self._is_closing else pixels
