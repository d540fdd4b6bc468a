"""All lanes of a board around one classifier: one step takes the newest frames and leaves the wires right."""

from collections import deque
from collections.abc import Mapping, Sequence
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from binarycop.frames.base import Frame
from binarycop.service.failover_classifier import FailoverClassifier
from binarycop.service.lane import Lane

_LATENCIES_MOST = 10_000
_NO_SCORES = "no scores"


class Latencies:
    """The newest latencies, in milliseconds, and their percentiles."""

    def __init__(self) -> None:
        self._values_ms: deque[float] = deque(maxlen=_LATENCIES_MOST)

    def add(self, seconds: float) -> None:
        """Count one."""
        self._values_ms.append(seconds * 1000)

    @property
    def newest_ms(self) -> float | None:
        """The last one; None where there was none yet."""
        return self._values_ms[-1] if self._values_ms else None

    def percentiles(self) -> dict[str, float | None]:
        """``p50`` and ``p99`` in milliseconds; None without any."""
        if not self._values_ms:
            return {"p50": None, "p99": None}
        p50, p99 = np.percentile(list(self._values_ms), [50, 99])
        return {"p50": round(float(p50), 3), "p99": round(float(p99), 3)}


class Service:
    """Owns the lanes and the classifier while they run, and releases every coil however it ends."""

    def __init__(self, lanes: Sequence[Lane], keeper: FailoverClassifier) -> None:
        self.lanes = tuple(lanes)
        self._keeper = keeper

    def __enter__(self) -> "Service":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def step(self, frames: Mapping[int, Frame], now_s: float) -> None:
        """Take the new frames by their lane's index (possibly none), and bring every lane up to ``now_s``.

        The crops of all lanes go to the classifier as one batch. Where the overlay fails that is a fault of every
        lane, and once all their coils are released it is loaded anew. Raises BackendError, DetectorError or LineError,
        after which the service is to be closed.
        """
        crops: dict[int, NDArray[np.uint8]] = {}
        for index, lane in enumerate(self.lanes):
            if index not in frames:
                lane.advance_time(now_s)
            elif (found := lane.detect(frames[index], now_s)) is not None:
                crops[index] = found
        scores = self._keeper.scores(np.stack(list(crops.values()))) if crops else None
        for place, index in enumerate(crops):
            if scores is None:
                self.lanes[index].counters.without_scores += 1
            else:
                self.lanes[index].vote(scores[place].tolist(), now_s)
        for lane in self.lanes:
            lane.fault(_NO_SCORES, active=not self._keeper.is_available)
            lane.apply_faults(now_s)
            lane.actuate(now_s)
        if not self._keeper.is_available:
            self._mend(now_s)

    def due_s(self, now_s: float) -> float | None:
        """When after ``now_s`` a step is wanted though no frame has come; None for never."""
        return min((due for lane in self.lanes if (due := lane.due_s(now_s)) is not None), default=None)

    def close(self) -> None:
        """Release every coil, whatever fails on the way; may be called twice."""
        errors = []
        for lane in self.lanes:
            try:
                lane.close()
            except Exception as error:  # noqa: BLE001 - the next lane's coil must be released all the same
                errors.append(error)
        self._keeper.close()
        if errors:
            raise errors[0]

    def _mend(self, now_s: float) -> None:
        """While the logic is loaded its pins float: no coil may be energised then, and no input be believed."""
        self._keeper.report_failure()
        if any(lane.is_energised for lane in self.lanes):
            return
        self._keeper.recover(now_s)
        for lane in self.lanes:
            lane.discard_passages()
