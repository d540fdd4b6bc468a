"""Puts a service together from its settings: the one module that knows the constructors of all rooms."""

from contextlib import ExitStack
from dataclasses import replace

from gpiozero.pins import Factory

from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from binarycop.bundle.search import find_bundle
from binarycop.classifier.base import Classifier
from binarycop.classifier.emulator import Emulator
from binarycop.classifier.golden import check_golden
from binarycop.clock import Clock
from binarycop.detection.base import Detector
from binarycop.detection.choose import make_detector
from binarycop.detection.fixed_region import FixedRegion
from binarycop.errors import OverlayError
from binarycop.frames.choose import DEMO
from binarycop.journal.events import Event
from binarycop.journal.writers import Journal
from binarycop.lines.lane_io import LaneIo
from binarycop.service.backends import open_classifier
from binarycop.service.failover_classifier import FailoverClassifier
from binarycop.service.lane import Lane
from binarycop.service.service import Service
from binarycop.settings.classifier import Backend, ClassifierSettings, Fallback
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.tracking.runner import SyncRunner, ThreadRunner
from binarycop.tracking.tracker import Tracker


def open_bundle(settings: ClassifierSettings) -> tuple[Bundle, Classifier]:
    """Load the bundle, start its backend, and check it against the golden vectors. Raises BundleError, BackendError."""
    bundle = bundles.load(find_bundle(settings.bundle))
    classifier = open_classifier(settings, bundle)
    try:
        check_golden(bundle, classifier)
    except BaseException:
        classifier.close()
        raise
    return bundle, classifier


def open_bundle_or_fallback(settings: ClassifierSettings, journal: Journal) -> tuple[Bundle, Classifier]:
    """As ``open_bundle``, but if the overlay fails, and the settings allow it, the backend is the emulator."""
    try:
        return open_bundle(settings)
    except OverlayError as failure:
        if settings.overlay.fallback is not Fallback.EMULATOR:
            raise
        opened = open_bundle(replace(settings, backend=Backend.EMULATOR))
        journal.write(Event.ON_EMULATOR, "", reason=failure.reason)
        return opened


def detector_of(lane: LaneSettings) -> Detector:
    """Make a lane's detector. It depends on the source too: the demo has another default. Raises DetectorError."""
    return make_detector(lane.faces, is_demo=lane.frames.source == DEMO)


def tracker_of(lane: LaneSettings, detector: Detector, *, in_thread: bool = False) -> Tracker:
    """Make a lane's tracker.

    in_thread: run the detector in a thread of its own. Without it, the same frames always give the same result.
    """
    if isinstance(detector, FixedRegion):
        # It needs each frame, since it subtracts the background, and it costs less than a thread.
        return Tracker(SyncRunner(detector), lane.faces, detect_every_frame=True)
    return Tracker(ThreadRunner(detector) if in_thread else SyncRunner(detector), lane.faces)


def make_service(
    settings: Settings,
    bundle: Bundle,
    classifier: Classifier,
    trackers: list[Tracker],
    factory: Factory,
    journal: Journal,
    clock: Clock | None = None,
) -> Service:
    """Make the service. trackers: one for each gate. clock: see ``Lane``.

    Raises LineError if a line cannot be opened; the lines that are open already are then closed.
    """
    manifest = bundle.manifest
    label = f"{manifest.name} {manifest.version}"
    with ExitStack() as opened:
        lanes = []
        for lane, tracker in zip(settings.gates, trackers):
            lane_io = opened.enter_context(LaneIo(lane, factory))
            lanes.append(Lane(lane, tracker, lane_io, journal, manifest.crop, manifest.abstain_margin, label, clock))
        opened.pop_all()
        return Service(
            lanes, FailoverClassifier(classifier, settings.classifier.overlay, lambda: Emulator(bundle), journal)
        )
