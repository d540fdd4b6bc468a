"""All lanes of a board and their one classifier."""

from collections.abc import Mapping, Sequence
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from binarycop.frames.base import Frame
from binarycop.service.failover_classifier import FailoverClassifier
from binarycop.service.faults import FaultReason
from binarycop.service.lane import Lane


class Service:
    """Owns the lanes and the classifier. It switches every relay off when it is closed, even if an error ends it."""

    def __init__(self, lanes: Sequence[Lane], classifier: FailoverClassifier) -> None:
        self.lanes = tuple(lanes)
        self._classifier = classifier

    def __enter__(self) -> "Service":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def step(self, frames: Mapping[int, Frame], now_s: float) -> None:
        """Process the new frames, by the index of their lane, and bring every lane up to ``now_s``.

        The crops of all lanes go to the classifier as one batch. If the overlay fails, every lane has a fault; when all
        relays are off, the overlay is loaded again. Raises BackendError, DetectorError or LineError; the service must
        then be closed.
        """
        crops: dict[int, NDArray[np.uint8]] = {}
        for index, lane in enumerate(self.lanes):
            if index not in frames:
                lane.advance_time(now_s)
            elif (crop := lane.detect(frames[index], now_s)) is not None:
                crops[index] = crop
        scores = self._classifier.scores(np.stack(list(crops.values()))) if crops else None
        for row, index in enumerate(crops):
            if scores is None:
                self.lanes[index].counters.without_scores += 1
            else:
                self.lanes[index].vote(scores[row].tolist(), now_s)
        for lane in self.lanes:
            lane.set_fault(FaultReason.NO_SCORES, active=not self._classifier.is_available)
            lane.apply_faults(now_s)
            lane.actuate(now_s)
        if not self._classifier.is_available:
            self._recover(now_s)

    def due_s(self, now_s: float) -> float | None:
        """The next time after ``now_s`` at which a step is needed without a frame; None if none is needed."""
        return min((due for lane in self.lanes if (due := lane.due_s(now_s)) is not None), default=None)

    def close(self) -> None:
        """Switch every relay off, even if closing a lane fails; can be called twice. Raises the first error."""
        errors = []
        for lane in self.lanes:
            try:
                lane.close()
            except Exception as error:  # noqa: BLE001 - the next lane's relay is switched off in any case
                errors.append(error)
        self._classifier.close()
        if errors:
            raise errors[0]

    def _recover(self, now_s: float) -> None:
        """Load the overlay again, if all relays are off: while it is being loaded, the FPGA's pins float."""
        self._classifier.report_failure()
        if any(lane.is_relay_on for lane in self.lanes):
            return
        self._classifier.recover(now_s)
        for lane in self.lanes:
            lane.discard_passages()
