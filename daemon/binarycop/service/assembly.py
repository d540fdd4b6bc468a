"""Makes the parts of a service from its settings: detectors, trackers, grabbers, lanes and the service itself."""

from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial

from gpiozero.pins import Factory

from binarycop.bundle.files import Bundle
from binarycop.classifier.base import Classifier
from binarycop.classifier.choose import open_emulator
from binarycop.clock import Clock
from binarycop.detection.base import CoarseDetector, Detector
from binarycop.detection.choose import make_detector
from binarycop.detection.crop import shrink_by_opencv
from binarycop.detection.fixed_region import FixedRegion
from binarycop.detection.letterbox import fit_by_opencv
from binarycop.detection.views import views_of_each_face
from binarycop.frames.camera import CameraSettings
from binarycop.frames.choose import open_source
from binarycop.frames.grabber import Grabber
from binarycop.frames.names import DEMO, is_recording
from binarycop.frames.source_reader import GrabberSettings
from binarycop.journal.writers import Journal
from binarycop.lines.lane_io import LaneIo
from binarycop.pixels import Fit, Shrink
from binarycop.service.failover_classifier import FailoverClassifier
from binarycop.service.lane import Lane
from binarycop.service.perception import LaneView, Perception
from binarycop.service.perception_runner import SyncPerception, ThreadPerception
from binarycop.service.service import Service
from binarycop.service.sleeper import make_sleeper
from binarycop.settings.frames import FramesSettings
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.settings.service import Mode
from binarycop.trace import NO_TRACER, Tracer
from binarycop.tracking.runner import DetectorThread, SyncRunner, ThreadRunner
from binarycop.tracking.tracker import Tracker


def detector_of(lane: LaneSettings, fit: Fit = fit_by_opencv) -> Detector:
    """Make a lane's detector. It depends on the source too: the demo has another default. Raises DetectorError."""
    return make_detector(lane.faces, is_demo=lane.frames.source == DEMO, fit=fit)


def detectors_of(lanes: Iterable[LaneSettings], fit: Fit = fit_by_opencv) -> list[Detector]:
    """Make the detector of each lane; lanes with the same settings share one, which saves memory. Raises DetectorError.

    They may share it only if one thread runs it. ``fixed`` is never shared, since it learns its lane's background.
    """
    detectors: list[Detector] = []
    shared: dict[tuple[object, ...], Detector] = {}
    for lane in lanes:
        key = lane.faces.finder, lane.faces.lookout, lane.faces.yunet, lane.frames.source == DEMO
        detector = shared.get(key) or detector_of(lane, fit)
        if not isinstance(detector, FixedRegion):
            shared[key] = detector
        detectors.append(detector)
    return detectors


def tracker_of(
    lane: LaneSettings, detector: Detector, thread: DetectorThread | None = None, tracer: Tracer = NO_TRACER
) -> Tracker:
    """Make a lane's tracker.

    thread: runs the detector. Without it, the same frames always give the same result.
    """
    tracer = tracer.of_gate(lane.name)
    if isinstance(detector, FixedRegion):
        # It needs each frame, since it subtracts the background, and it costs less than a thread.
        return Tracker(SyncRunner(detector, tracer), lane.faces, detect_every_frame=True)
    runner = SyncRunner(detector, tracer) if thread is None else ThreadRunner(detector, thread, tracer)
    return Tracker(runner, lane.faces, searches_coarsely=isinstance(detector, CoarseDetector))


def grabber_of(frames: FramesSettings, clock: Clock, tracer: Tracer = NO_TRACER) -> Grabber:
    """The thread that owns one lane's source."""
    camera = CameraSettings(
        width_px=frames.width_px,
        height_px=frames.height_px,
        rate_hz=frames.rate_hz,
        fourcc=frames.pixel_format.value,
    )
    return Grabber(
        partial(open_source, frames.source, clock, camera=camera, tracer=tracer),
        clock,
        GrabberSettings(stale_s=frames.stale_s, frozen_s=frames.frozen_s),
        is_live=not is_recording(frames.source),
        tracer=tracer,
    )


def make_service(
    settings: Settings,
    bundle: Bundle,
    classifier: Classifier,
    trackers: list[Tracker],
    factory: Factory,
    journal: Journal,
    clock: Clock | None = None,
    tracer: Tracer = NO_TRACER,
    shrink: Shrink = shrink_by_opencv,
) -> Service:
    """Make the service. trackers: one for each gate.

    clock: of a live service, whose perception runs in a thread of its own; None for one that runs frame by frame.
    shrink: makes the crops.

    Raises LineError if a line cannot be opened; the lines that are open already are then closed.
    """
    manifest = bundle.manifest
    label = f"{manifest.name} {manifest.version}"
    face_views = views_of_each_face(settings.classifier.views, len(settings.gates))
    with ExitStack() as opened:
        lanes, views, spares = [], [], settings.service.mode is Mode.LOW_POWER
        for lane, tracker in zip(settings.gates, trackers):
            lane_io = opened.enter_context(LaneIo(lane, factory))
            of_gate = tracer.of_gate(lane.name)
            view = LaneView(tracker, manifest.crop, face_views, of_gate, shrink)
            lanes.append(
                Lane(lane, view, lane_io, journal, manifest.abstain_margin, label, clock, of_gate, spares_votes=spares)
            )
            views.append(view)
        overlay = settings.classifier.overlay
        failover = FailoverClassifier(classifier, overlay, lambda: open_emulator(bundle), journal)
        perception = Perception(views, failover, tracer)
        opened.pop_all()
        runner = SyncPerception(perception) if clock is None else ThreadPerception(perception, clock)
        return Service(lanes, perception, runner, make_sleeper(settings, failover, journal))
