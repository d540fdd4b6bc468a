"""Runs a detector: in the caller's thread, or in a thread of its own while the loop continues."""

import threading
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from binarycop.detection.base import Detector, Face


class DetectorRunner(Protocol):
    """Runs one detection at a time. Only one thread may use it."""

    @property
    def is_done(self) -> bool:
        """Whether ``poll`` has a result or an error."""

    def submit(self, pixels: NDArray[np.uint8]) -> None:
        """Request the faces of a frame, (H, W, 3) uint8 BGR. Nobody may write into the frame from now on.

        Raises RuntimeError if the last result has not been polled.
        """

    def poll(self) -> list[Face] | None:
        """The faces, once for each request. None while there is no result.

        Raises DetectorError, or any other error of the detector.
        """

    def close(self, timeout_s: float) -> bool:
        """Stop. Waits up to ``timeout_s``; returns False if the detector hangs and its thread is abandoned."""


class SyncRunner:
    """Detects within ``submit``, so that the same frames always give the same results."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._faces: list[Face] | None = None

    @property
    def is_done(self) -> bool:
        """See ``DetectorRunner``."""
        return self._faces is not None

    def submit(self, pixels: NDArray[np.uint8]) -> None:
        """See ``DetectorRunner.submit``. Raises DetectorError itself."""
        if self._faces is not None:
            raise RuntimeError("the last result has not been polled yet")
        self._faces = self._detector.detect(pixels)

    def poll(self) -> list[Face] | None:
        """See ``DetectorRunner.poll``."""
        faces, self._faces = self._faces, None
        return faces

    def close(self, timeout_s: float) -> bool:
        """See ``DetectorRunner.close``."""
        return True


class ThreadRunner:
    """Detects in a thread of its own, which starts with the first request."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._thread = threading.Thread(target=self._run, name="detector", daemon=True)
        self._changed = threading.Condition()  # guards all fields below
        self._pixels: NDArray[np.uint8] | None = None
        self._result: list[Face] | Exception | None = None
        self._is_busy = self._is_closing = False

    @property
    def is_done(self) -> bool:
        """See ``DetectorRunner``."""
        with self._changed:
            return self._result is not None

    def submit(self, pixels: NDArray[np.uint8]) -> None:
        """See ``DetectorRunner.submit``."""
        with self._changed:
            if self._is_busy:
                raise RuntimeError("the last result has not been polled yet")
            self._pixels, self._is_busy = pixels, True
            self._changed.notify_all()
        if self._thread.ident is None:
            self._thread.start()

    def poll(self) -> list[Face] | None:
        """See ``DetectorRunner.poll``."""
        with self._changed:
            result, self._result = self._result, None
            if result is not None:
                self._is_busy = False
        if isinstance(result, Exception):
            raise result
        return result

    def close(self, timeout_s: float) -> bool:
        """See ``DetectorRunner.close``. May be called twice."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (pixels := self._wait()) is not None:
            result: list[Face] | Exception
            try:
                result = self._detector.detect(pixels)
            except Exception as error:  # noqa: BLE001 - raised in the loop, where it ends the service
                result = error
            with self._changed:
                self._result = result

    def _wait(self) -> NDArray[np.uint8] | None:
        """The next frame to detect faces in; None once the runner is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing or self._pixels is not None)
            pixels, self._pixels = self._pixels, None
            return None if self._is_closing else pixels
