"""Keeps a classifier going: what is done, and in which order, once the overlay has failed."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from binarycop.classifier.base import Classifier
from binarycop.errors import OverlayError, OverlayLoadDenied
from binarycop.journal.events import Event
from binarycop.journal.writers import Journal
from binarycop.settings.classifier import Fallback, OverlaySettings


@runtime_checkable
class Reloadable(Classifier, Protocol):
    """A classifier that runs on an overlay."""

    def reload(self) -> None:
        """Load the overlay anew. Raises OverlayLoadDenied where this process may not, OverlayError where it fails."""


class FailoverClassifier:
    """Owns the service's classifier. After an OverlayError it is silent until ``recover`` has brought it back.

    spare: makes the emulator that takes over where the settings allow it.
    """

    def __init__(
        self, classifier: Classifier, settings: OverlaySettings, fallback: Callable[[], Classifier], journal: Journal
    ) -> None:
        self._classifier, self._settings, self._fallback, self._journal = classifier, settings, fallback, journal
        self._failure: OverlayError | None = None
        self._is_reported = False
        self._tries_s: list[float] = []
        self._abandoned: Classifier | None = None

    @property
    def is_available(self) -> bool:
        """Whether there are scores to be had."""
        return self._failure is None

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32] | None:
        """See ``Classifier.scores``; None where the overlay has failed, now or before."""
        if self._failure is None:
            try:
                return self._classifier.scores(crops)
            except OverlayError as failure:
                self._fail(failure)
        return None

    def report_failure(self) -> None:
        """Have the journal told of a failure, once. After the wires: a journal may be slow."""
        if self._failure is not None and not self._is_reported:
            self._is_reported = True
            self._journal.write(Event.OVERLAY_FAILED, "", reason=self._failure.reason)

    def recover(self, now_s: float) -> None:
        """Try once to bring the scores back. Loading makes every PL pin invalid: no coil may be energised.

        Raises OverlayLoadDenied where this process has no right to load the overlay, and the last failure where the
        restarts are used up and no emulator may take over.
        """
        if self._failure is None:
            return
        settings = self._settings
        self._tries_s = [one for one in self._tries_s if now_s - one < settings.within_s]
        classifier = self._classifier
        if len(self._tries_s) >= settings.restarts or not isinstance(classifier, Reloadable):
            self._give_up(self._failure)
            return
        self._tries_s.append(now_s)
        self._journal.write(Event.OVERLAY_LOADING, "", number=len(self._tries_s), most=settings.restarts)
        try:
            classifier.reload()
        except OverlayLoadDenied:
            raise
        except OverlayError as failure:
            self._fail(failure)
            self.report_failure()
        else:
            self._failure = None
            self._journal.write(Event.OVERLAY_BACK, "")

    def close(self) -> None:
        """Give back what the classifier holds; may be called twice."""
        self._classifier.close()

    def _fail(self, failure: OverlayError) -> None:
        self._failure, self._is_reported = failure, False

    def _give_up(self, failure: OverlayError) -> None:
        if self._settings.fallback is Fallback.NONE:
            raise failure
        self._classifier.close()
        # A DMA that hung may still write: its buffers must not become somebody else's memory.
        self._abandoned = self._classifier
        self._classifier, self._failure = self._fallback(), None
        self._journal.write(Event.ON_EMULATOR, "", reason=failure.reason)
