"""Opens what a session needs from the settings: lines, bundle, detector, camera. The daemon's own, without its gate."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from binarycop.aim.held_lines import HeldLines
from binarycop.aim.session import Session
from binarycop.classifier.choose import open_emulator
from binarycop.clock import Clock
from binarycop.detection.fixed_region import FixedRegion
from binarycop.detection.views import views_of_each_face
from binarycop.errors import LineError, SourceError
from binarycop.frames.camera_controls import ControlReader
from binarycop.frames.names import device_path, is_recording
from binarycop.journal.writers import Journal
from binarycop.lines.factory import open_factory, resolve
from binarycop.service import unit
from binarycop.service.assembly import detector_of, grabber_of, tracker_of
from binarycop.service.backends import open_bundle_or_fallback
from binarycop.service.failover_classifier import FailoverClassifier
from binarycop.service.perception import LaneView, Perception
from binarycop.service.perception_runner import ThreadPerception
from binarycop.settings.classifier import Fallback
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.tracking.runner import DetectorThread

LEAST_PX = 16
"""Smallest face that is shown, in pixels of the frame: a face must be detected before it can be called too small."""
_CLOSE_S = 3.0
_TAKEN = ("already in use", "is busy")


@dataclass(frozen=True)
class Parts:
    """What is open. lines: the name of their factory."""

    session: Session
    held: HeldLines
    lines: str
    backend: str
    bundle: str
    detector: str
    margin: int


@contextmanager
def open_parts(settings: Settings, lane: LaneSettings, clock: Clock, journal: Journal) -> Iterator[Parts]:
    """Open all parts, the lines first, and close them in the end, the lines last.

    settings: of all lanes; a face has as many views as with all of them. journal: gets it if the emulator has to be
    used instead of the overlay. Raises BinaryCoPError.
    """
    with ExitStack() as opened:
        lines = resolve(lane.lines.factory, is_live=not is_recording(lane.frames.source))
        factory = opened.enter_context(open_factory(lines))
        held = opened.enter_context(HeldLines(lane, factory))
        classifier_stack = opened.enter_context(ExitStack())
        bundle, classifier = open_bundle_or_fallback(settings.classifier, journal)
        classifier_stack.callback(classifier.close)
        overlay = replace(settings.classifier.overlay, restarts=0, fallback=Fallback.NONE)
        failover = FailoverClassifier(classifier, overlay, lambda: open_emulator(bundle), journal)
        thread = DetectorThread()
        opened.callback(thread.close, _CLOSE_S)
        detector = detector_of(lane)
        seen = replace(lane, faces=replace(lane.faces, least_px=min(LEAST_PX, lane.faces.least_px)))
        views = views_of_each_face(settings.classifier.views, len(settings.gates))
        view = LaneView(tracker_of(seen, detector, thread), bundle.manifest.crop, views)
        runner = ThreadPerception(Perception([view], failover), clock)
        opened.callback(_close, runner, failover)
        classifier_stack.pop_all()  # it is not closed if the perception hangs in it
        grabber = grabber_of(lane.frames, clock)
        opened.callback(grabber.close, _CLOSE_S)
        controls = ControlReader(device_path(lane.frames.source))
        opened.callback(controls.close)
        margin = lane.verdict.effective_margin(bundle.manifest.abstain_margin)
        session = Session(
            lane,
            margin,
            grabber,
            runner,
            failover,
            clock,
            controls.read,
            is_region=isinstance(detector, FixedRegion),
        )
        label = f"{bundle.manifest.name} {bundle.manifest.version}"
        yield Parts(session, held, lines, classifier.name, label, detector.name, margin)


@contextmanager
def naming_the_daemon() -> Iterator[None]:
    """Say in the error what to do, if a line or the camera is in use: mostly it is the daemon that uses it."""
    try:
        yield
    except LineError as error:
        raise LineError(error.line, error.reason + _remedy(error.reason)) from error
    except SourceError as error:
        raise SourceError(error.source, error.reason + _remedy(error.reason)) from error


def _close(runner: ThreadPerception, classifier: FailoverClassifier) -> None:
    """A perception that hangs keeps its classifier."""
    if runner.close(_CLOSE_S):
        classifier.close()


def _remedy(reason: str) -> str:
    if not any(words in reason for words in _TAKEN):
        return ""
    state = unit.read()
    if state is not None and state.is_active:
        return "; the daemon is running: stop it first with systemctl stop binarycop"
    return "; if that is the daemon, stop it with systemctl stop binarycop"
