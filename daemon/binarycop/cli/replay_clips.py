"""What ``binarycop replay`` does: each recording through a service of its own, with its events on standard output."""

import argparse

from binarycop.bundle.files import Bundle
from binarycop.classifier.base import Classifier
from binarycop.classifier.choose import open_fit, open_shrink
from binarycop.cli.console import counts_text, latency_text
from binarycop.cli.left_out import print_source
from binarycop.cli.options import (
    first_gate_of,
    inputs_of,
    print_json,
    replay_settings,
    settings_of,
    tracer_of,
)
from binarycop.cli.progress import Progress
from binarycop.cli.terminal import print_note
from binarycop.clock import Clock, ManualClock, MonotonicClock
from binarycop.detection.crop import shrink_by_opencv
from binarycop.detection.letterbox import fit_by_opencv
from binarycop.errors import SourceError, SourceErrors
from binarycop.frames.choose import open_recording
from binarycop.frames.names import is_recording
from binarycop.journal.events import Event
from binarycop.journal.writers import Value, format_message
from binarycop.lines.mock import MockLines
from binarycop.printable import printable
from binarycop.service import assembly
from binarycop.service.backends import open_bundle
from binarycop.service.replay import replay
from binarycop.settings.schema import Settings
from binarycop.trace import Tracer


class ReplayJournal:
    """Prints each event with the recording's time, as a JSON object or as a sentence."""

    def __init__(self, clip: str, clock: Clock, progress: Progress, *, as_json: bool) -> None:
        self._clip, self._clock, self._progress, self._as_json = clip, clock, progress, as_json

    def write(self, event: Event, gate: str, **values: Value) -> None:
        """See ``Journal.write``."""
        sentence = format_message(event, "", values)
        t_s = round(self._clock.now_s(), 3)
        self._progress.clear()
        if self._as_json:
            print_json({"clip": self._clip, "t_s": t_s, "event": event.spec.name, **values})
        else:
            print(printable(f"{self._clip} {t_s:8.3f} s  {sentence}"), flush=True)


def replay_clips(options: argparse.Namespace) -> int:
    """Replay one clip after the other. Raises SourceErrors if a clip cannot be opened or gave no frame."""
    settings = settings_of(options)
    if inputs := inputs_of(first_gate_of(settings)):
        note = f"a recording has no speed gate: the lines {', '.join(inputs)} are left out"
        print_note(note)
    # A wrong name shows before the clips in front of it have taken their time.
    _raise_if_any([problem for clip in options.clips if (problem := _problem(clip))])
    for clip in options.clips:
        print_source(clip)
    bundle, classifier = open_bundle(settings.classifier)
    with tracer_of(options) as tracer:
        empty = [
            SourceError(clip, "gave no frame")
            for clip in options.clips
            if not _replay_clip(clip, replay_settings(settings, clip), bundle, classifier, tracer, as_json=options.json)
        ]
    _raise_if_any(empty)
    return 0


def _problem(clip: str) -> SourceError | None:
    if not is_recording(clip):
        return SourceError(clip, "is a camera; replay takes recordings")
    try:
        open_recording(clip).close()
    except SourceError as error:
        return error
    return None


def _raise_if_any(problems: list[SourceError]) -> None:
    if problems:
        raise SourceErrors(problems)


def _replay_clip(
    clip: str, settings: Settings, bundle: Bundle, classifier: Classifier, tracer: Tracer, *, as_json: bool
) -> int:
    """Returns the number of its frames."""
    clock, progress = ManualClock(), Progress(f"replaying {clip}", MonotonicClock())
    source = open_recording(clip)
    try:
        journal = ReplayJournal(clip, clock, progress, as_json=as_json)
        lane = settings.gates[0]
        tracker = assembly.tracker_of(lane, assembly.detector_of(lane, open_fit(fit_by_opencv)), tracer=tracer)
        with assembly.make_service(
            settings,
            bundle,
            classifier,
            [tracker],
            MockLines(),
            journal,
            tracer=tracer,
            shrink=open_shrink(shrink_by_opencv),
        ) as service:
            spans = tracer.of_gate(lane.name)
            latencies = replay(service, source, clock, spans, lambda: progress.update(source.share_read))
            counters = service.lanes[0].counters
    finally:
        progress.clear()
        source.close()
    counts = {
        "frames": counters.frames,
        "persons": counters.persons,
        "permits": counters.permits,
        "refusals": counters.refusals,
        "undecided": counters.undecided,
    }
    latency_ms = latencies.percentiles()
    if as_json:
        head = {"clip": clip, "t_s": round(clock.now_s(), 3), "event": "summary"}
        print_json({**head, **counts, "latency_ms": latency_ms})
    else:
        print(printable(f"{clip} summary: {counts_text(counts)}, {latency_text(latency_ms)}"))
    return counters.frames
