"""Puts a service together from settings: the one place that knows every room's constructors."""

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
    """Load the bundle and start its backend, held to the golden vectors. Raises BundleError, BackendError."""
    bundle = bundles.load(find_bundle(settings.bundle))
    classifier = open_classifier(settings, bundle)
    try:
        check_golden(bundle, classifier)
    except BaseException:
        classifier.close()
        raise
    return bundle, classifier


def open_bundle_or_fallback(settings: ClassifierSettings, journal: Journal) -> tuple[Bundle, Classifier]:
    """The same for the daemon: where the overlay fails at once, and the settings allow it, on the emulator."""
    try:
        return open_bundle(settings)
    except OverlayError as failure:
        if settings.overlay.fallback is not Fallback.EMULATOR:
            raise
        opened = open_bundle(replace(settings, backend=Backend.EMULATOR))
        journal.write(Event.ON_EMULATOR, "", reason=failure.reason)
        return opened


def detector_of(lane: LaneSettings) -> Detector:
    """The finder of a lane, which also depends on whether the demo is its source."""
    return make_detector(lane.faces, is_demo=lane.frames.source == DEMO)


def tracker_of(lane: LaneSettings, finder: Detector, *, in_thread: bool = False) -> Tracker:
    """What follows people with this finder.

    in_thread: find in a thread of its own while the loop goes on; without it the same frames always give the same.
    """
    if isinstance(finder, FixedRegion):
        # It watches its spot frame by frame, and costs less than a thread.
        return Tracker(SyncRunner(finder), lane.faces, detect_every_frame=True)
    return Tracker(ThreadRunner(finder) if in_thread else SyncRunner(finder), lane.faces)


def build(
    settings: Settings,
    bundle: Bundle,
    classifier: Classifier,
    pursuits: list[Tracker],
    factory: Factory,
    journal: Journal,
    clock: Clock | None = None,
) -> Service:
    """Make the service; where a lane's lines cannot be had, those already taken are given back. Raises LineError.

    clock: see ``Lane``.
    """
    manifest = bundle.manifest
    label = f"{manifest.name} {manifest.version}"
    with ExitStack() as opened:
        lanes = []
        for lane, pursuit in zip(settings.gates, pursuits):
            wires = opened.enter_context(LaneIo(lane, factory))
            lanes.append(Lane(lane, pursuit, wires, journal, manifest.crop, manifest.abstain_margin, label, clock))
        opened.pop_all()
        return Service(
            lanes, FailoverClassifier(classifier, settings.classifier.overlay, lambda: Emulator(bundle), journal)
        )
