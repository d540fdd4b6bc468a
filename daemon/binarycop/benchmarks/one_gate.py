"""A service with one gate and mock lines, as ``replay`` or ``run`` make it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.classifier.choose import open_emulator, open_fit, open_shrink
from binarycop.clock import Clock, ManualClock
from binarycop.detection.crop import shrink_by_opencv
from binarycop.detection.letterbox import fit_by_opencv
from binarycop.frames.base import Frame
from binarycop.journal.writers import MemoryJournal
from binarycop.lines.mock import MockLines
from binarycop.service.assembly import detector_of, make_service, tracker_of
from binarycop.service.backends import open_bundle
from binarycop.service.service import Service
from binarycop.settings.faces import DetectorKind, FacesSettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.tracking.runner import DetectorThread


def settings_of(source: str) -> Settings:
    """The default settings, with lookout whatever the source is."""
    faces = FacesSettings(finder=DetectorKind.LOOKOUT)
    return Settings(gates=(LaneSettings(frames=FramesSettings(source=source), faces=faces),))


@contextmanager
def service_of(
    settings: Settings,
    clock: Clock | None = None,
    thread: DetectorThread | None = None,
    features: frozenset[str] | None = None,
) -> Iterator[Service]:
    """The service. clock, thread: as ``run`` has them; None for one that runs frame by frame.

    features: the emulator uses only these of the processor. Raises BinaryCoPError.
    """
    if features is None:
        bundle, classifier = open_bundle(settings.classifier)
    else:
        bundle = bundles.load(find_bundle(settings.classifier.bundle))
        classifier = open_emulator(bundle, features)
    lane, journal = settings.gates[0], MemoryJournal()
    tracker = tracker_of(lane, detector_of(lane, open_fit(fit_by_opencv, features)), thread)
    shrink = open_shrink(shrink_by_opencv, features)
    with make_service(settings, bundle, classifier, [tracker], MockLines(), journal, clock, shrink=shrink) as service:
        yield service


def replay_frame(service: Service, clock: ManualClock, frame: Frame) -> float:
    """Process a recording's next frame as ``replay`` does; returns how many seconds it took."""
    clock.advance_to(frame.captured_s)
    service.step({}, clock.now_s())
    started_s = time.perf_counter()
    service.step({0: frame}, clock.now_s())
    return time.perf_counter() - started_s


def is_person_in_front(service: Service, now_s: float) -> bool:
    """Whether somebody is in front of the gate."""
    return service.lanes[0].snapshot(now_s).person is not None
