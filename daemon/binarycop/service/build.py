"""Puts a service together from settings: the one place that knows every room's constructors."""

from contextlib import ExitStack
from dataclasses import replace

from gpiozero.pins import Factory

from binarycop.classifier import bundle as bundles
from binarycop.classifier.base import Classifier
from binarycop.classifier.bundle import Bundle
from binarycop.classifier.choose import find_bundle, open_classifier
from binarycop.classifier.emulator import Emulator
from binarycop.clock import Clock
from binarycop.errors import OverlayError
from binarycop.faces.base import Finder
from binarycop.faces.choose import make_finder
from binarycop.faces.fixed import FixedSpot
from binarycop.faces.pursuit import Pursuit
from binarycop.faces.seeker import Inline, InThread
from binarycop.frames.choose import DEMO
from binarycop.journal.events import Event
from binarycop.journal.writers import Journal
from binarycop.lines.wires import Wires
from binarycop.service.keeper import Keeper
from binarycop.service.lane import Lane
from binarycop.service.service import Service
from binarycop.settings.schema import Backend, ClassifierSettings, Fallback, LaneSettings, Settings


def open_bundle(settings: ClassifierSettings) -> tuple[Bundle, Classifier]:
    """Load the bundle and start its backend, held to the golden vectors. Raises BundleError, BackendError."""
    bundle = bundles.load(find_bundle(settings.bundle))
    classifier = open_classifier(settings, bundle)
    try:
        bundles.check_golden(bundle, classifier)
    except BaseException:
        classifier.close()
        raise
    return bundle, classifier


def open_bundle_or_spare(settings: ClassifierSettings, journal: Journal) -> tuple[Bundle, Classifier]:
    """The same for the daemon: where the overlay fails at once, and the settings allow it, on the emulator."""
    try:
        return open_bundle(settings)
    except OverlayError as failure:
        if settings.overlay.fallback is not Fallback.EMULATOR:
            raise
        opened = open_bundle(replace(settings, backend=Backend.EMULATOR))
        journal.write(Event.ON_EMULATOR, "", reason=failure.reason)
        return opened


def finder_of(lane: LaneSettings) -> Finder:
    """The finder of a lane, which also depends on whether the demo is its source."""
    return make_finder(lane.faces, is_demo=lane.frames.source == DEMO)


def pursuit_of(lane: LaneSettings, finder: Finder, *, in_thread: bool = False) -> Pursuit:
    """What follows people with this finder.

    in_thread: find in a thread of its own while the loop goes on; without it the same frames always give the same.
    """
    if isinstance(finder, FixedSpot):
        # It watches its spot frame by frame, and costs less than a thread.
        return Pursuit(Inline(finder), lane.faces, asks_always=True)
    return Pursuit(InThread(finder) if in_thread else Inline(finder), lane.faces)


def build(
    settings: Settings,
    bundle: Bundle,
    classifier: Classifier,
    pursuits: list[Pursuit],
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
            wires = opened.enter_context(Wires(lane, factory))
            lanes.append(Lane(lane, pursuit, wires, journal, manifest.crop, manifest.abstain_margin, label, clock))
        opened.pop_all()
        return Service(lanes, Keeper(classifier, settings.classifier.overlay, lambda: Emulator(bundle), journal))
