"""Runs a detector: in the caller's thread, or in a thread of all lanes while the loop continues."""

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np

from binarycop.detection.base import CoarseDetector, Detector, Face
from binarycop.pixels import Pixels
from binarycop.trace import NO_TRACER, Stage, Tracer


class DetectorRunner(Protocol):
    """Runs one detection at a time. Only one thread may use it."""

    @property
    def is_done(self) -> bool:
        """Whether ``poll`` has a result or an error."""

    def submit(self, pixels: Pixels, least_px: float = 0.0) -> None:
        """Request the faces of a frame, (H, W, 3) uint8 BGR. Nobody may write into the frame from now on.

        least_px: faces whose shorter side is below this many pixels of the frame may be missing. Raises RuntimeError if
        the last result has not been polled.
        """

    def poll(self) -> list[Face] | None:
        """The faces, once for each request. None while there is no result.

        Raises DetectorError, or any other error of the detector.
        """

    def close(self, timeout_s: float) -> bool:
        """Stop. Waits up to ``timeout_s``; returns False if the detector hangs and its thread is abandoned."""


class SyncRunner:
    """Detects within ``submit``, so that the same frames always give the same results."""

    def __init__(self, detector: Detector, tracer: Tracer = NO_TRACER) -> None:
        self._detector, self._tracer = detector, tracer
        self._faces: list[Face] | None = None

    @property
    def is_done(self) -> bool:
        """See ``DetectorRunner``."""
        return self._faces is not None

    def submit(self, pixels: Pixels, least_px: float = 0.0) -> None:
        """See ``DetectorRunner.submit``. Raises DetectorError itself."""
        if self._faces is not None:
            raise RuntimeError("the last result has not been polled yet")
        with self._tracer.span(Stage.DETECT):
            self._faces = _detect(self._detector, pixels, least_px)

    def poll(self) -> list[Face] | None:
        """See ``DetectorRunner.poll``."""
        faces, self._faces = self._faces, None
        return faces

    def close(self, timeout_s: float) -> bool:
        """See ``DetectorRunner.close``."""
        return True


class DetectorThread:
    """A thread that runs the detectors of all lanes, one request after the other, in the order of the requests.

    One thread for all lanes: they can then share one detector and its memory, and detection takes one core at most. A
    lane has one request at a time, so it never waits for more than one detection of each other lane. The thread starts
    with the first request.
    """

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="detector", daemon=True)
        self._changed = threading.Condition()  # guards the fields below
        self._requests: deque[Callable[[], None]] = deque()
        self._is_closing = False

    def add(self, request: Callable[[], None]) -> None:
        """Call ``request`` in the thread. It must not raise."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            if self._thread.ident is None:
                self._thread.start()

    def close(self, timeout_s: float) -> bool:
        """End the thread; requests that wait are dropped. May be called twice.

        Waits up to ``timeout_s``; returns False if a detector hangs and the thread is abandoned.
        """
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while self._run_next():
            pass

    def _run_next(self) -> bool:
        """Wait for a request and run it; returns False once the thread is closed. It keeps no frame while it waits."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing or self._requests)
            if self._is_closing:
                self._requests.clear()
                return False
            request = self._requests.popleft()
        request()
        return True


class ThreadRunner:
    """Detects in a thread, which other runners may share. Without ``thread`` it has one of its own."""

    def __init__(self, detector: Detector, thread: DetectorThread | None = None, tracer: Tracer = NO_TRACER) -> None:
        self._detector, self._thread, self._tracer = detector, thread or DetectorThread(), tracer
        self._lock = threading.Lock()  # guards the fields below
        self._result: list[Face] | Exception | None = None
        self._is_busy = False

    @property
    def is_done(self) -> bool:
        """See ``DetectorRunner``."""
        with self._lock:
            return self._result is not None

    def submit(self, pixels: Pixels, least_px: float = 0.0) -> None:
        """See ``DetectorRunner.submit``."""
        with self._lock:
            if self._is_busy:
                raise RuntimeError("the last result has not been polled yet")
            self._is_busy = True
        self._thread.add(partial(self._detect, pixels, least_px))

    def poll(self) -> list[Face] | None:
        """See ``DetectorRunner.poll``."""
        with self._lock:
            result, self._result = self._result, None
            if result is not None:
                self._is_busy = False
        if isinstance(result, Exception):
            raise result
        return result

    def close(self, timeout_s: float) -> bool:
        """See ``DetectorRunner.close``. It ends the thread, also for the runners that share it."""
        return self._thread.close(timeout_s)

    def _detect(self, pixels: Pixels, least_px: float) -> None:
        result: list[Face] | Exception
        try:
            with self._tracer.span(Stage.DETECT):
                result = _detect(self._detector, pixels, least_px)
        except Exception as error:  # noqa: BLE001 - raised in the loop, where it ends the service
            result = error
        with self._lock:
            self._result = result


def _detect(detector: Detector, pixels: Pixels, least_px: float) -> list[Face]:
    picture = np.asarray(pixels, np.uint8)
    if least_px > 0 and isinstance(detector, CoarseDetector):
        return detector.detect_large(picture, least_px)
    return detector.detect(picture)
