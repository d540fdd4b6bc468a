"""All lanes of a board: what they see, and what they do."""

from collections.abc import Mapping, Sequence
from types import TracebackType

from binarycop.frames.base import Frame
from binarycop.service.faults import FaultReason
from binarycop.service.lane import Lane
from binarycop.service.perception import Perception, Sighting
from binarycop.service.perception_runner import PerceptionRunner
from binarycop.service.sleeper import Sleeper, Sleepless

_CLOSE_S = 3.0


class Service:
    """Owns the lanes and their perception. It switches every relay off when it is closed, even if an error ends it.

    lanes: in the order of the perception's views. runner: runs the perception. sleeper: None: it never sleeps.
    """

    def __init__(
        self, lanes: Sequence[Lane], perception: Perception, runner: PerceptionRunner, sleeper: Sleeper | None = None
    ) -> None:
        self.lanes = tuple(lanes)
        self.runner = runner
        self._sleeper = sleeper or Sleepless()
        self._views, self._classifier = perception.views, perception.classifier

    def __enter__(self) -> "Service":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def step(self, frames: Mapping[int, Frame], now_s: float) -> None:
        """Process new frames, by the index of their lane, and bring every lane up to ``now_s``.

        For a runner that runs each step at once. Raises BackendError, DetectorError or LineError; the service must then
        be closed.
        """
        self.runner.submit(frames, now_s)
        self.apply(self.runner.take(0.0), now_s)

    def apply(self, sightings: Sequence[Sighting] | None, now_s: float) -> None:
        """Bring every lane that is due up to ``now_s``, with what the lanes have seen if there is a new result.

        First their inputs are read, then their lines are driven, then the journal is written. If the overlay fails,
        every lane has a fault; when all relays are off, the overlay is loaded again. Raises BackendError or LineError.
        """
        seen: Sequence[Sighting | None] = sightings or [None] * len(self.lanes)
        fails = not self._classifier.is_available
        due = [(lane, sighting) for lane, sighting in zip(self.lanes, seen) if fails or lane.is_due(sighting, now_s)]
        is_asleep = self.capture_interval_s > 0
        for lane, sighting in due:
            lane.see(sighting, now_s, is_asleep=is_asleep)
        signs = (lane.signs(now_s) for lane in self.lanes)
        self._sleeper.step(signs, now_s, is_classifier_idle=self.runner.is_idle)
        for lane, _ in due:
            lane.set_fault(FaultReason.NO_SCORES, active=not self._classifier.is_available)
            lane.set_fault(FaultReason.NO_ANSWER, active=self.runner.busy_s() > lane.settings.faces.deadline_s)
            lane.apply_faults(now_s)
            lane.drive(now_s)
        for lane in self.lanes:
            lane.write_journal()
        self._sleeper.write_journal()
        if not self._classifier.is_available and self.runner.is_idle:
            self._recover(now_s)

    @property
    def backend(self) -> str:
        """What classifies now."""
        return self._classifier.name

    @property
    def has_scores(self) -> bool:
        """Whether the backend gives scores now."""
        return self._classifier.is_available

    @property
    def capture_interval_s(self) -> float:
        """The time from one picture of each source to the next that the service needs now; 0: it needs all."""
        return self._sleeper.capture_interval_s

    def detector_busy_s(self, index: int, now_s: float) -> float:
        """For how many seconds a lane's detector has been busy with one frame; 0 if it is not busy."""
        return self._views[index].busy_s(now_s)

    def due_s(self, now_s: float) -> float | None:
        """The next time after ``now_s`` at which a step is needed without a frame; None if none is needed."""
        return min((due for lane in self.lanes if (due := lane.due_s(now_s)) is not None), default=None)

    def close(self) -> None:
        """Switch every relay off, even if closing a lane fails; can be called twice. Raises the first error.

        A perception that hangs keeps its classifier, which must not be closed under it.
        """
        errors = []
        for lane in self.lanes:
            try:
                lane.close()
            except Exception as error:  # noqa: BLE001 - the next lane's relay is switched off in any case
                errors.append(error)
        if self.runner.close(_CLOSE_S):
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
