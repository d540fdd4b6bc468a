"""The steps of a grabber, without a thread: what is shown, what is told, how long is waited."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from binarycop.clock import ManualClock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame, Source
from binarycop.frames.source_event import SourceEvent, SourceEventKind
from binarycop.frames.source_reader import GrabberSettings, SourceReader
from tests.frames.fakes import ListedSource, frame

GONE = SourceError("listed", "unplugged")
BAD = UndecodableFrame("listed", "picture 3 cannot be decoded")


@dataclass
class Bench:
    """A feed whose sources come from a list, an exception raised in place of one, and whose waits move the clock."""

    openings: Sequence[Source | Exception]
    is_live: bool = True
    settings: GrabberSettings = field(default_factory=GrabberSettings)

    def __post_init__(self) -> None:
        self.clock = ManualClock(100.0)
        self.shown: list[tuple[float, Frame]] = []
        self.told: list[SourceEvent] = []
        self.waits_s: list[float] = []
        self.opened = 0
        self.feed = SourceReader(
            self._open,
            self.clock,
            self.settings,
            is_live=self.is_live,
            show=lambda one: self.shown.append((self.clock.now_s(), one)),
            tell=self.told.append,
        )

    def run(self, steps: int) -> bool:
        """Make so many steps; True where it ended within them."""
        for _ in range(steps):
            wait_s = self.feed.step()
            if wait_s is None:
                return True
            if wait_s > 0:
                self.waits_s.append(wait_s)
            self.clock.advance_to(self.clock.now_s() + wait_s)
        return False

    @property
    def kinds(self) -> list[SourceEventKind]:
        return [notice.kind for notice in self.told]

    def _open(self) -> Source:
        opening = self.openings[min(self.opened, len(self.openings) - 1)]
        self.opened += 1
        if isinstance(opening, Exception):
            raise opening
        return opening


def live(*items: Frame | Exception | None) -> ListedSource:
    return ListedSource(items, is_live=True)


def recording(*items: Frame | Exception | None) -> ListedSource:
    return ListedSource(items, is_live=False)


def test_a_camera_that_is_not_there_is_told_once_and_tried_again_ever_more_slowly() -> None:
    bench = Bench([GONE])
    bench.run(6)
    assert bench.kinds == [SourceEventKind.LOST]
    assert bench.told[0] == SourceEvent(SourceEventKind.LOST, "unplugged", 100.0)
    assert bench.waits_s == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_lost_camera_is_closed_and_comes_back() -> None:
    first, second = live(frame(1), GONE), live(frame(2))
    bench = Bench([first, GONE, second])
    bench.run(6)
    assert bench.kinds == [SourceEventKind.LOST, SourceEventKind.BACK]
    assert first.times_closed == 1
    assert [one.pixels[0, 0, 0] for _, one in bench.shown] == [1, 2]


def test_a_camera_is_not_back_before_its_first_frame() -> None:
    bench = Bench([live(GONE)])
    bench.run(8)
    assert bench.kinds == [SourceEventKind.LOST]


def test_a_frame_makes_the_next_wait_short_again() -> None:
    bench = Bench([GONE, GONE, GONE, live(frame(1), GONE)])
    bench.run(6)
    assert bench.waits_s == [0.5, 1.0, 2.0, 0.5]


def test_the_numbers_of_a_live_source_count_on_over_a_loss() -> None:
    bench = Bench([live(frame(0), frame(1), GONE), live(frame(0), frame(1))])
    bench.run(8)
    assert [one.number for _, one in bench.shown] == [0, 1, 2, 3]
    assert bench.feed.captured == 4


def test_a_live_source_whose_frames_end_is_lost_and_not_at_its_end() -> None:
    bench = Bench([live(frame(1), None), live(frame(2))])
    assert not bench.run(5)
    assert bench.kinds == [SourceEventKind.LOST, SourceEventKind.BACK]


@pytest.mark.parametrize("make", [live, recording])
def test_one_bad_picture_is_told_and_the_next_one_shown(make: Callable[..., ListedSource]) -> None:
    bench = Bench([make(frame(1), BAD, frame(2))])
    bench.run(4)
    assert [one.pixels[0, 0, 0] for _, one in bench.shown] == [1, 2]
    assert bench.told[0].kind is SourceEventKind.UNDECODABLE
    assert bench.told[0].detail == "picture 3 cannot be decoded"


def test_a_source_with_nothing_but_bad_pictures_leaves_the_processor_to_others() -> None:
    bench = Bench([live(*[BAD] * 10)])
    bench.run(11)
    assert len(bench.waits_s) == 10


def test_an_unexpected_error_is_told_by_its_class_alone_and_tried_again() -> None:
    bench = Bench([live(frame(1), ZeroDivisionError("secret")), live(frame(2))])
    bench.run(5)
    assert bench.kinds == [SourceEventKind.LOST, SourceEventKind.BACK]
    assert bench.told[0].detail == "unexpected ZeroDivisionError"


def test_an_unexpected_error_ends_a_recording() -> None:
    clip = recording(frame(1), ZeroDivisionError())
    bench = Bench([clip])
    assert bench.run(5)
    assert bench.kinds == [SourceEventKind.TRUNCATED]
    assert clip.times_closed == 1


def test_a_recording_that_cannot_be_opened_is_over_at_once() -> None:
    bench = Bench([GONE], is_live=False)
    assert bench.run(1)
    assert bench.kinds == [SourceEventKind.LOST]


def test_a_recording_ends_once_and_is_closed() -> None:
    clip = recording(frame(1), frame(2))
    bench = Bench([clip])
    assert bench.run(9)
    assert bench.told == [SourceEvent(SourceEventKind.ENDED, "after 2 frames", bench.clock.now_s())]
    assert clip.times_closed == 1


def test_a_truncated_recording_says_so_in_place_of_its_end() -> None:
    bench = Bench([recording(frame(1), SourceError("listed", "is truncated: 1 of 9 frames"))])
    assert bench.run(9)
    assert bench.told == [SourceEvent(SourceEventKind.TRUNCATED, "is truncated: 1 of 9 frames", 100.0)]


def test_a_recording_plays_at_its_own_pace_on_the_clock() -> None:
    bench = Bench([recording(frame(1, 3.0), frame(2, 3.5), frame(3, 4.25))])
    assert bench.run(20)
    assert [at_s for at_s, _ in bench.shown] == [100.0, 100.5, 101.25]
    assert [one.captured_s for _, one in bench.shown] == [100.0, 100.5, 101.25]


def test_a_frame_asked_for_too_early_is_held_and_shown_once() -> None:
    bench = Bench([recording(frame(1, 0.0), frame(2, 1.0))])
    bench.run(2)
    rests_s = [bench.feed.step() for _ in range(3)]
    assert rests_s == [1.0, 1.0, 1.0]
    assert len(bench.shown) == 1
    bench.clock.advance_to(101.0)
    bench.feed.step()
    assert [one.number for _, one in bench.shown] == [1, 2]


def test_a_frozen_picture_is_told_once_and_withheld_until_it_moves() -> None:
    still = [frame(7, 100.0 + second) for second in range(9)]
    bench = Bench([live(*still, frame(8, 109.0), frame(9, 110.0))], settings=GrabberSettings(frozen_s=5.0))
    bench.run(12)
    assert bench.kinds == [SourceEventKind.FROZEN, SourceEventKind.MOVING]
    assert [one.captured_s for _, one in bench.shown] == [100.0, 101.0, 102.0, 103.0, 104.0, 109.0, 110.0]
    assert bench.feed.captured == 11


def test_a_still_stays_frozen_over_a_loss() -> None:
    first = [frame(7, 100.0 + second) for second in range(7)]
    bench = Bench([live(*first, GONE), live(frame(7, 110.0))], settings=GrabberSettings(frozen_s=5.0))
    bench.run(11)
    assert bench.kinds == [SourceEventKind.FROZEN, SourceEventKind.LOST, SourceEventKind.BACK]
    assert bench.shown[-1][1].captured_s == 104.0


def test_a_recording_of_a_still_is_not_frozen() -> None:
    bench = Bench([recording(*[frame(7, float(second)) for second in range(20)])])
    assert bench.run(60)
    assert len(bench.shown) == 20
    assert bench.kinds == [SourceEventKind.ENDED]


def test_a_source_that_fails_to_close_is_let_go_of_all_the_same() -> None:
    class Stuck(ListedSource):
        def close(self) -> None:
            super().close()
            raise RuntimeError

    stuck = Stuck([GONE], is_live=True)
    bench = Bench([stuck, live(frame(1))])
    bench.run(4)
    assert stuck.times_closed == 1
    assert bench.kinds == [SourceEventKind.LOST, SourceEventKind.BACK]


def test_closing_twice_closes_the_source_once() -> None:
    camera = live(frame(1))
    bench = Bench([camera])
    bench.run(2)
    bench.feed.close()
    bench.feed.close()
    assert camera.times_closed == 1
