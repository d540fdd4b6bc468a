"""The mode low-power on the simulated board, with the real pynq: its clock, and the decisions of performance."""

from collections.abc import Callable
from itertools import islice

import pytest

from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.clock import ManualClock
from binarycop.frames.base import Frame
from binarycop.frames.demo import RATE_HZ, Demo
from binarycop.journal.events import Event
from binarycop.journal.writers import MemoryJournal, Value
from binarycop.lines.mock import MockLines
from binarycop.service.assembly import detector_of, make_service, tracker_of
from binarycop.service.backends import open_accelerator, open_board
from binarycop.service.replay import replay
from binarycop.settings.classifier import Backend, ClassifierSettings
from binarycop.settings.schema import Settings
from binarycop.settings.service import Mode, ServiceSettings
from tests.frames.fakes import ListedSource

pytestmark = pytest.mark.pynq

EMPTY_S, EMPTY_FRAMES = 4.0, 24  # nobody is in the demo's first frames
PEOPLE, VISIT_FRAMES = 2, 108
DECISIONS = (Event.PERSON, Event.PERMIT, Event.REFUSE, Event.PASSED)


def demo_after_a_pause() -> ListedSource:
    """The demo's first people; before them nobody for longer than ``sleep_after_s``."""
    demo = list(islice(iter(Demo().read, None), EMPTY_FRAMES + PEOPLE * VISIT_FRAMES))
    pause = round(EMPTY_S * RATE_HZ)
    pictures = [*(demo[number % EMPTY_FRAMES] for number in range(pause)), *demo]
    frames = [Frame(picture.pixels, number / RATE_HZ, number) for number, picture in enumerate(pictures)]
    return ListedSource(frames, is_live=False)


class ClockJournal(MemoryJournal):
    """Remembers the board's clock at each event."""

    def __init__(self) -> None:
        super().__init__()
        self.clock_mhz: Callable[[], float] = lambda: 0.0
        self.seen: list[tuple[Event, float]] = []

    def write(self, event: Event, gate: str, **values: Value) -> None:
        self.seen.append((event, self.clock_mhz()))
        super().write(event, gate, **values)


def run(mode: Mode) -> ClockJournal:
    classifier = ClassifierSettings(backend=Backend.SIMULATED_BOARD)
    settings, journal = Settings(classifier, service=ServiceSettings(mode=mode, sleep_after_s=2.0)), ClockJournal()
    bundle, board = open_board(classifier, bundles.load(find_bundle(classifier.bundle)))
    journal.clock_mhz = board.clock_mhz
    lane = settings.gates[0]
    tracker = tracker_of(lane, detector_of(lane))
    with make_service(
        settings, bundle, open_accelerator(classifier, bundle, board), [tracker], MockLines(), journal
    ) as service:
        replay(service, demo_after_a_pause(), ManualClock())
    assert board.clock_mhz() == 100.0, "the next program finds the clock as the overlay needs it"
    return journal


def test_the_clock_is_slow_while_it_sleeps_and_whole_at_every_decision_which_are_those_of_performance() -> None:
    awake, sparing = run(Mode.PERFORMANCE), run(Mode.LOW_POWER)
    assert {mhz for _, mhz in awake.seen} == {100.0}
    clocks = {event: mhz for event, mhz in sparing.seen if event in (Event.ASLEEP, Event.AWAKE)}
    assert clocks == {Event.ASLEEP: pytest.approx(0.252, abs=1e-3), Event.AWAKE: 100.0}
    assert {mhz for event, mhz in sparing.seen if event in DECISIONS} == {100.0}
    decided = [
        [(event, values.get("class")) for event, _, values in journal.records if event in DECISIONS]
        for journal in (awake, sparing)
    ]
    assert decided[0] == decided[1]
    assert [event for event, _ in decided[0]].count(Event.PERSON) == PEOPLE
