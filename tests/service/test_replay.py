"""Recordings with pauses: the person after a pause is not the person before it."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from binarycop.bundle.files import Bundle
from binarycop.clock import ManualClock
from binarycop.detection.base import Face
from binarycop.frames.base import Frame
from binarycop.frames.clip import Clip
from binarycop.frames.demo import RATE_HZ, Demo, visits
from binarycop.geometry import Box
from binarycop.journal.events import Event
from binarycop.journal.writers import MemoryJournal, Value
from binarycop.lines.mock import MockLines
from binarycop.service.assembly import detector_of, make_service, tracker_of
from binarycop.service.backends import open_bundle
from binarycop.service.replay import replay
from binarycop.settings.schema import LaneSettings, Settings
from binarycop.tracking.runner import SyncRunner
from binarycop.tracking.tracker import Tracker
from tests.detection.scenes import scene
from tests.frames.containers import with_pause
from tests.frames.fakes import ListedSource
from tests.service.fakes import ScriptedClassifier
from tests.tried import Kind, tried


def two_people(path: Path) -> int:
    """A clip: the demo's first person stands at the spot, and in the next frame its second. Returns where they meet."""
    demo = Demo()
    frames = list(iter(demo.read, None))
    first, second = (slice(round((visit.at_spot_s + 0.2) * RATE_HZ), None) for visit in visits()[:2])
    pictures = [*frames[:10], *frames[first][:36], *frames[second][:36], *frames[:20]]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), float(RATE_HZ), (320, 240))
    for frame in pictures:
        writer.write(frame.pixels)
    writer.release()
    return 10 + 36 - 1


def events(path: Path) -> list[tuple[float, Event, dict[str, Value]]]:
    settings, clock = Settings(), ManualClock()
    bundle, classifier = open_bundle(settings.classifier)
    found: list[tuple[float, Event, dict[str, Value]]] = []

    class Timed(MemoryJournal):
        def write(self, event: Event, gate: str, **values: Value) -> None:
            found.append((clock.now_s(), event, values))

    tracker = tracker_of(settings.gates[0], detector_of(settings.gates[0]))
    with make_service(settings, bundle, classifier, [tracker], MockLines(), Timed()) as service:
        replay(service, Clip(path), clock)
    return found


@tried(Kind.CLIP, "a person before a pause of 40 s, another one after it", "two people; each gets their own verdict")
def test_a_person_who_comes_after_a_pause_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    last_of_first = two_people(path)
    path.write_bytes(with_pause(path.read_bytes(), last_of_first, 40.0))
    found = events(path)
    paused_s = last_of_first / RATE_HZ
    assert [values["person"] for _, event, values in found if event is Event.PERSON] == [1, 2]
    assert [values["class"] for _, event, values in found if event is Event.VERDICT] == ["correct", "nose"]
    # While no frame comes, nobody has left for 2 s.
    assert next(at_s for at_s, event, _ in found if event is Event.LEFT) == pytest.approx(paused_s + 2.0, abs=0.1)
    assert [values["person"] for at_s, event, values in found if event is Event.PERMIT] == [1]
    assert [values["person"] for at_s, event, values in found if event is Event.REFUSE and at_s > 40] == [2]
    assert Event.CUT_SHORT not in [event for _, event, _ in found]


class DetectorByFrame:
    """Finds the faces of the frame whose number is in the first pixel."""

    name = "by frame"

    def __init__(self, people: list[dict[int, Box]]) -> None:
        self._people = people

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        return [Face(box, 0.9) for box in self._people[int(pixels[0, 0, 0])].values()]


def test_a_lost_track_is_not_found_again_in_the_first_frame_after_a_pause(tiny_bundle: Bundle) -> None:
    """Even if nobody is in front when it is lost, so that there is no deadline in the pause."""
    small, large = {1: Box(100, 40, 36, 46)}, {2: Box(30, 40, 44, 54)}
    people = 5 * [small] + 5 * [small | large] + 2 * [small] + [{}, small, small]
    frames = []
    for number, boxes in enumerate(people):
        pixels = scene(boxes)
        pixels[0, 0] = number
        frames.append(Frame(pixels, 0.1 * number + 40 * (number > 12), number))
    lane = LaneSettings()
    tracker = Tracker(SyncRunner(DetectorByFrame(people)), replace(lane.faces, find_every=1, least_px=8))
    journal, settings = MemoryJournal(), Settings(gates=(lane,))
    with make_service(settings, tiny_bundle, ScriptedClassifier(), [tracker], MockLines(), journal) as service:
        replay(service, ListedSource(frames, is_live=False), ManualClock())
    assert [values["person"] for event, _, values in journal.records if event is Event.PERSON] == [1, 2, 3]
