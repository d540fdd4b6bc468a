"""The parts that the daemon runs: opened in order, and closed with the relay first."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from binarycop import __version__
from binarycop.bundle.manifest import Manifest
from binarycop.classifier.choose import open_fit, open_shrink
from binarycop.clock import Clock
from binarycop.detection.choose import words_of
from binarycop.detection.crop import shrink_by_opencv
from binarycop.detection.letterbox import fit_by_opencv
from binarycop.frames.grabber import Grabber
from binarycop.frames.names import is_recording
from binarycop.journal.events import Event
from binarycop.journal.repeats import LimitedJournal
from binarycop.journal.writers import Journal
from binarycop.lines import relay_off_list
from binarycop.lines.factory import open_factory, resolve
from binarycop.service import hardening
from binarycop.service.assembly import detectors_of, grabber_of, make_service, tracker_of
from binarycop.service.backends import open_bundle_or_fallback
from binarycop.service.live import LiveLoop
from binarycop.service.notify import Notifier
from binarycop.service.service import Service
from binarycop.service.status import Origin
from binarycop.settings.classifier import Backend, ClassifierSettings, MemoryAccess
from binarycop.settings.lines import MOCK
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.trace import Tracer
from binarycop.tracking.runner import DetectorThread

_LIST = "BINARYCOP_RELAY_OFF_LIST"  # the unit sets it, to the list that its ExecStopPost= reads
_CLOSE_S = 3.0  # a camera that stalls gives up after 2 s


@dataclass(frozen=True)
class Parts:
    """What the daemon runs. origin, finders: what its status says of itself, and of each lane's detector."""

    service: Service
    loop: LiveLoop
    origin: Origin
    finders: tuple[str, ...]


def open_parts(
    settings: Settings,
    journal: LimitedJournal,
    notifier: Notifier,
    clock: Clock,
    tracer: Tracer,
    opened: ExitStack,
) -> Parts:
    """Open every part in order. The loop reports each lane as started, when it is known what its source sends.

    ``opened`` closes the relays first, then the classifier, grabbers, detectors and pin factory. This is not the
    reverse of the order in which they are opened: a relay must not wait for a camera or a detector that hangs. The
    order also holds if a part cannot be opened. Raises BinaryCoPError.
    """
    # One stack for each kind of part. ``opened`` closes them in reverse order.
    factory_stack, detector_stack, grabber_stack, classifier_stack, relay_stack = (
        opened.enter_context(ExitStack()) for _ in range(5)
    )
    notifier.send(f"STATUS=starting: bundle {settings.classifier.bundle} is checked against its golden vectors")
    bundle, classifier = open_bundle_or_fallback(settings.classifier, journal)
    classifier_stack.callback(classifier.close)
    detectors, thread = detectors_of(settings.gates, open_fit(fit_by_opencv)), DetectorThread()
    detector_stack.callback(thread.close, _CLOSE_S)
    trackers = [tracker_of(lane, detector, thread, tracer) for lane, detector in zip(settings.gates, detectors)]
    is_live = any(not is_recording(lane.frames.source) for lane in settings.gates)
    lines = resolve(settings.gates[0].lines.factory, is_live=is_live)
    if _LIST in os.environ:
        relay_off_list.check(Path(os.environ[_LIST]), settings.gates, lines)
    factory = factory_stack.enter_context(open_factory(lines))
    service = relay_stack.enter_context(
        make_service(
            settings, bundle, classifier, trackers, factory, journal, clock, tracer, open_shrink(shrink_by_opencv)
        )
    )
    # From here on only the service closes the classifier: not if the perception hangs in it.
    classifier_stack.pop_all()
    if notifier.has_manager and not _loads_overlays(settings.classifier):
        _harden(journal)
    if notifier.has_manager and journal.has_writer:
        # They end in journald, past the writer's limits. From here on, errors are events.
        hardening.close_output()
    grabbers = [grabber_of(lane.frames, clock, tracer.of_gate(lane.name)) for lane in settings.gates]
    grabber_stack.callback(close_grabbers, grabbers, clock)

    def on_started(index: int, mode: str) -> None:
        lane, detector = settings.gates[index], detectors[index]
        _write_started(journal, lane, bundle.manifest, classifier.name, detector.name, lines, mode)

    label = f"{bundle.manifest.name} {bundle.manifest.version}"
    origin = Origin(__version__, label, len(bundle.golden_scores), lines, lines == MOCK, os.getpid())
    finders = tuple(words_of(detector) for detector in detectors)
    return Parts(service, LiveLoop(service, grabbers, clock, on_started), origin, finders)


def close_grabbers(grabbers: Sequence[Grabber], clock: Clock) -> None:
    """Close all of them side by side: many cameras that hang take as long as one, and systemd waits for 10 s only."""
    end_s = clock.now_s() + _CLOSE_S
    for grabber in grabbers:
        grabber.begin_close()
    for grabber in grabbers:
        grabber.close(max(end_s - clock.now_s(), 0.0))


def _write_started(
    journal: Journal, lane: LaneSettings, manifest: Manifest, backend: str, detector: str, lines: str, mode: str
) -> None:
    journal.write(
        Event.STARTED,
        lane.name,
        bundle=manifest.name,
        version=manifest.version,
        backend=backend,
        finder=detector,
        source=lane.frames.source,
        mode=mode,
        lines=lines,
        policy=lane.gate.policy.value,
    )


def _loads_overlays(settings: ClassifierSettings) -> bool:
    """Whether the daemon itself loads an overlay in recovery: pynq then writes files and starts a program."""
    return settings.backend is not Backend.EMULATOR and settings.overlay.memory is MemoryAccess.PYNQ


def _harden(journal: Journal) -> None:
    """From here on, forbid writing and new programs. If the second fails, the unit's sandbox still applies."""
    hardening.forbid_writing()
    try:
        hardening.forbid_calls()
    except OSError as error:
        journal.write(Event.NOT_SEALED, "", reason=error.strerror or str(error))
