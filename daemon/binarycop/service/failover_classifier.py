"""The service's classifier, and what happens when its overlay fails: load it again, use the emulator, or end."""

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
class ReloadableClassifier(Classifier, Protocol):
    """A classifier that runs on an overlay."""

    def reload(self) -> None:
        """Load the overlay again. Raises OverlayLoadDenied if this process may not, OverlayError if it fails."""

    def rest(self) -> None:
        """Slow the overlay's clock down until ``wake`` or the next crop. Raises OverlayError."""

    def wake(self) -> None:
        """Restore the overlay's clock, also while ``scores`` runs. Raises OverlayError."""


class FailoverClassifier:
    """Owns the service's classifier. After an OverlayError it gives no scores until ``recover`` succeeds.

    fallback: makes the emulator, which takes over if the settings allow it.
    """

    def __init__(
        self, classifier: Classifier, settings: OverlaySettings, fallback: Callable[[], Classifier], journal: Journal
    ) -> None:
        self._classifier, self._settings, self._fallback, self._journal = classifier, settings, fallback, journal
        self._failure: OverlayError | None = None
        self._is_reported = False
        self._reload_times_s: list[float] = []
        self._abandoned: Classifier | None = None

    @property
    def name(self) -> str:
        """The backend that classifies now; after a failure the emulator may have taken over."""
        return self._classifier.name

    @property
    def is_available(self) -> bool:
        """Whether there are scores now."""
        return self._failure is None

    def scores(self, crops: NDArray[np.uint8]) -> NDArray[np.int32] | None:
        """See ``Classifier.scores``. None if the overlay fails, or has failed before."""
        if self._failure is None:
            try:
                return self._classifier.scores(crops)
            except OverlayError as failure:
                self._fail(failure)
        return None

    def rest(self) -> None:
        """Let an overlay rest until ``wake`` or the next crop. Only between two steps of the perception."""
        self._try(lambda overlay: overlay.rest())

    def wake(self) -> None:
        """Restore the clock of an overlay that rests, also while the perception runs. An error is a failure."""
        self._try(lambda overlay: overlay.wake())

    def report_failure(self) -> None:
        """Write a failure to the journal, once. Call it after the lines were driven, since a journal may be slow."""
        if self._failure is not None and not self._is_reported:
            self._is_reported = True
            self._journal.write(Event.OVERLAY_FAILED, "", reason=self._failure.reason)

    def recover(self, now_s: float) -> None:
        """Try once to get scores again. All relays must be off, since the FPGA's pins are undefined while it is loaded.

        Raises OverlayLoadDenied if this process may not load the overlay. Raises the last failure if all restarts are
        used and the emulator may not take over, and OverlayError if the overlay's clock would then stay slow.
        """
        if self._failure is None:
            return
        settings, classifier = self._settings, self._classifier
        self._reload_times_s = [time_s for time_s in self._reload_times_s if now_s - time_s < settings.within_s]
        if len(self._reload_times_s) >= settings.restarts or not isinstance(classifier, ReloadableClassifier):
            self._give_up(self._failure)
            return
        self._reload_times_s.append(now_s)
        self._journal.write(Event.OVERLAY_LOADING, "", number=len(self._reload_times_s), most=settings.restarts)
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
        """Close the classifier, and one that has failed for good; can be called twice."""
        self._classifier.close()
        if self._abandoned is not None:
            self._abandoned.close()

    def _try(self, change: Callable[[ReloadableClassifier], None]) -> None:
        if self._failure is None and isinstance(self._classifier, ReloadableClassifier):
            try:
                change(self._classifier)
            except OverlayError as failure:
                self._fail(failure)

    def _fail(self, failure: OverlayError) -> None:
        self._failure, self._is_reported = failure, False

    def _give_up(self, failure: OverlayError) -> None:
        """Let the emulator take over, or raise ``failure``."""
        if self._settings.fallback is Fallback.NONE:
            raise failure
        if isinstance(self._classifier, ReloadableClassifier):
            # The relays are still driven through the overlay's dead-man timer, which runs with the overlay's clock.
            self._classifier.wake()
        # It is not closed: a DMA that hangs may still write, so its buffers must not be used for anything else, and no
        # other program may load the overlay, since the relays are still driven through it.
        self._abandoned = self._classifier
        self._classifier, self._failure = self._fallback(), None
        self._journal.write(Event.ON_EMULATOR, "", reason=failure.reason)
