"""The figures of the newest seconds: medians and shares over many frames. Pure."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from operator import attrgetter
from typing import Any, TypeVar

from binarycop.aim.sample import FaceMeasures, FaceSample, Sample

WINDOW_S = 20.0
"""Over how many seconds the camera is judged: long enough to step onto the spot, and to stand there."""
_MAX_RATE_HZ = 240  # the highest that the settings allow

T = TypeVar("T")


@dataclass(frozen=True)
class FaceFigures(FaceMeasures):
    """Medians over the frames with a face.

    frames: how many there are. scored: how many of them have scores. voted: how many of those give a vote. lead: the
    mean over those with scores.
    """

    frames: int
    scored: int
    voted: int
    lead: float | None


@dataclass(frozen=True)
class Figures:
    """Of all frames in a time.

    frames: how many were looked at. rate_hz: how many the source gave per second; None before there are two.
    looked_at_hz: how many of them were looked at. slow_interval: the 90th percentile of the times between two frames,
    as a multiple of the median; 1: the rate is even. with_face: the share of frames with a face. behind,
    behind_clipped: medians of the background. face: None if no frame has one.
    """

    frames: int
    rate_hz: float | None
    looked_at_hz: float | None
    slow_interval: float | None
    with_face: float
    behind: float | None
    behind_clipped: float | None
    face: FaceFigures | None


class Recent:
    """The samples of the newest ``WINDOW_S`` seconds."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=round(WINDOW_S * _MAX_RATE_HZ))

    def add(self, sample: Sample) -> None:
        """Add the newest frame."""
        self._samples.append(sample)
        while self._samples and sample.at_s - self._samples[0].at_s > WINDOW_S:
            self._samples.popleft()

    def figures(self, now_s: float, for_s: float = WINDOW_S) -> Figures:
        """Over the last ``for_s`` seconds before ``now_s``."""
        return figures_of([sample for sample in self._samples if now_s - sample.at_s <= for_s])


def figures_of(samples: Sequence[Sample]) -> Figures:
    """The figures of samples, oldest first."""
    faces = [sample.face for sample in samples if sample.face is not None]
    rate_hz = looked_at_hz = None
    if len(samples) > 1 and (length_s := samples[-1].at_s - samples[0].at_s) > 0:
        rate_hz = (samples[-1].number - samples[0].number) / length_s
        looked_at_hz = (len(samples) - 1) / length_s
    return Figures(
        frames=len(samples),
        rate_hz=rate_hz,
        looked_at_hz=looked_at_hz,
        slow_interval=_slow_interval(samples),
        with_face=len(faces) / max(len(samples), 1),
        behind=_median_of(samples, lambda sample: sample.behind),
        behind_clipped=_median_of(samples, lambda sample: sample.behind_clipped),
        face=_face_figures(faces) if faces else None,
    )


def quantile(values: Iterable[float], share: float) -> float | None:
    """The value that this share of them does not exceed; None if there are none."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None


def _face_figures(faces: Sequence[FaceSample]) -> FaceFigures:
    leads = [face.lead for face in faces if face.lead is not None]
    medians: dict[str, Any] = {
        measure.name: _median_of(faces, attrgetter(measure.name)) for measure in fields(FaceMeasures)
    }
    return FaceFigures(
        **medians,
        frames=len(faces),
        scored=len(leads),
        voted=sum(face.has_vote for face in faces),
        lead=sum(leads) / len(leads) if leads else None,
    )


def _median_of(items: Sequence[T], value: Callable[[T], float | None]) -> float | None:
    return quantile((known for item in items if (known := value(item)) is not None), 0.5)


def _slow_interval(samples: Sequence[Sample]) -> float | None:
    """Skipped frames count as evenly spaced: only the total time over them is known."""
    intervals = [
        (later.at_s - sooner.at_s) / (later.number - sooner.number)
        for sooner, later in pairwise(samples)
        if later.number > sooner.number
    ]
    median = quantile(intervals, 0.5)
    slow = quantile(intervals, 0.9)
    return slow / median if median and slow is not None else None
