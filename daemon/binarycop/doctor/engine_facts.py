"""Tries detector, bundle and backend as the daemon would open them. The overlay only if no daemon uses it."""

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import numpy as np

from binarycop.accelerator.base import FpgaManager
from binarycop.bundle import build_files, check_build
from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from binarycop.bundle.search import find_bundle
from binarycop.classifier.base import Classifier
from binarycop.classifier.choose import engine_of, open_fit
from binarycop.detection.base import Detector
from binarycop.detection.choose import words_of
from binarycop.detection.letterbox import fit_by_opencv
from binarycop.doctor.engine import EngineFacts, FinderFacts, RunningEngine
from binarycop.errors import BackendError, BundleError, DetectorError
from binarycop.service.assembly import detector_of
from binarycop.service.auto_backend import why_not_overlay
from binarycop.service.backends import open_classifier, self_test
from binarycop.service.status import Status
from binarycop.settings.classifier import Backend, ClassifierSettings
from binarycop.settings.schema import LaneSettings, Settings

_ROUNDS = 20
_WARM_UP = 2
_FINDER_ROUNDS = 5


def read_finder(lane: LaneSettings) -> tuple[FinderFacts, Detector | None]:
    """A gate's detector, timed on a drawn frame of the gate's size; None if it cannot run."""
    frames = lane.frames
    facts = FinderFacts(lane.name, every=lane.faces.find_every, rate_hz=frames.rate_hz)
    try:
        detector = detector_of(lane, open_fit(fit_by_opencv))
        noise = np.random.default_rng(1).integers(0, 256, (frames.height_px, frames.width_px, 3), np.uint8)
        times_ms = _times_ms(lambda: detector.detect(noise), _FINDER_ROUNDS)
    except DetectorError as error:
        return replace(facts, problem=str(error)), None
    return replace(facts, name=words_of(detector), frame_ms=median(times_ms)), detector


def read_engine(
    settings: Settings, manager: FpgaManager, status: Status | None, *, is_daemon_running: bool
) -> EngineFacts:
    """The bundle and its backend, with the times of single crops. status: what the running daemon says."""
    classifier = settings.classifier
    rate_hz = max(lane.frames.rate_hz for lane in settings.gates)
    is_overlay = classifier.backend is Backend.OVERLAY
    try:
        bundle = bundles.load(find_bundle(classifier.bundle))
    except BundleError as error:
        return EngineFacts(bundle_problem=str(error), overlay=is_overlay)
    manifest = bundle.manifest
    loaded = manager.loaded_sha256()
    facts = EngineFacts(
        bundle=f"{manifest.name} {manifest.version}",
        overlay=is_overlay,
        has_build=build_files.has_build(manifest.sha256),
        build_problem=_build_problem(bundle),
        loaded=None if loaded is None else loaded == manifest.sha256.get(build_files.BITSTREAM),
        rate_hz=rate_hz,
    )
    if is_overlay:
        why = why_not_overlay(bundle, classifier.overlay.memory, manager)
        if is_daemon_running and not why:
            why = "the daemon is using the overlay"
        if why:
            return replace(facts, held=why, running=None if status is None else _running(status))
    return _try(facts, classifier, bundle)


def _running(status: Status) -> RunningEngine:
    return RunningEngine(status.backend, status.has_scores, status.origin.golden, status.p50_ms, status.p99_ms)


def _build_problem(bundle: Bundle) -> str:
    """Why the bundle's bitstream is refused; empty if it is right, or there is none."""
    names = build_files.unlisted(bundle.folder, bundle.manifest.sha256)
    if names:
        return f"{' and '.join(names)} not in the manifest: {build_files.IMPORT}"
    if not build_files.has_build(bundle.manifest.sha256):
        return ""
    try:
        check_build.check(bundle.folder, bundle.manifest)
    except BundleError as error:
        return error.reason
    return ""


def _try(facts: EngineFacts, settings: ClassifierSettings, bundle: Bundle) -> EngineFacts:
    """Check the golden vectors on the backend, and time it."""
    try:
        classifier = open_classifier(settings, bundle)
    except (BundleError, BackendError) as error:
        return replace(facts, problem=str(error))
    try:
        golden = self_test(bundle, classifier)
        times_ms = _times_ms(lambda: classifier.scores(bundle.golden_inputs[:1]), _ROUNDS)
    except (BundleError, BackendError) as error:
        return replace(facts, problem=str(error))
    finally:
        classifier.close()
    return replace(facts, backend=_words(classifier), golden=golden, p50_ms=median(times_ms), most_ms=max(times_ms))


def _words(classifier: Classifier) -> str:
    engine = engine_of(classifier)
    return classifier.name if engine is None else f"{classifier.name} ({engine})"


def _times_ms(run: Callable[[], object], rounds: int) -> list[float]:
    times_ms = []
    for index in range(_WARM_UP + rounds):
        begun_s = time.perf_counter()
        run()
        if index >= _WARM_UP:
            times_ms.append(1000 * (time.perf_counter() - begun_s))
    return times_ms
