"""The steps of a source reader: its frames, its events and its waits, without a thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from binarycop.clock import ManualClock
from binarycop.errors import SourceError, UndecodableFrame
from binarycop.frames.base import Frame, Source
from binarycop.frames.low_res import subsample
from binarycop.frames.source_event import SourceEvent, SourceEventKind
from binarycop.frames.source_reader import GrabberSettings, SourceReader
from tests.frames.fakes import ListedSource, frame
from tests.tried import Kind, tried

SETTINGS = GrabberSettings(stale_s=2.0, frozen_s=5.0)
GONE = SourceError("listed", "unplugged")
TRUNCATED = SourceError("listed", "is truncated: 1 of 9 frames")
BAD = UndecodableFrame("listed", "picture 3 cannot be decoded")


@dataclass
class Run:
    """A reader whose sources come from a list, where an exception is raised instead. Its waits move the clock."""

    openings: Sequence[Source | Exception]
    is_live: bool = True
    settings: GrabberSettings = SETTINGS

    def __post_init__(self) -> None:
        self.clock = ManualClock(100.0)
        self.frames: list[tuple[float, Frame]] = []
        self.events: list[SourceEvent] = []
        self.waits_s: list[float] = []
        self.opened = 0
        self.reader = SourceReader(
            self._open,
            self.clock,
            self.settings,
            is_live=self.is_live,
            on_frame=lambda frame: self.frames.append((self.clock.now_s(), frame)),
            on_event=self.events.append,
        )

    def step(self, times: int) -> bool:
        """Do so many steps; returns whether the source ended within them."""
        for _ in range(times):
            wait_s = self.reader.step()
            if wait_s is None:
                return True
            if wait_s > 0:
                self.waits_s.append(wait_s)
            self.clock.advance_to(self.clock.now_s() + wait_s)
        return False

    @property
    def kinds(self) -> list[SourceEventKind]:
        return [event.kind for event in self.events]

    def _open(self) -> Source:
        opening = self.openings[min(self.opened, len(self.openings) - 1)]
        self.opened += 1
        if isinstance(opening, Exception):
            raise opening
        return opening


def live(*items: Frame | BaseException | None) -> ListedSource:
    return ListedSource(items, is_live=True)


def recording(*items: Frame | BaseException | None) -> ListedSource:
    return ListedSource(items, is_live=False)


def test_what_a_source_sends_is_known_once_it_is_open_and_reported_again_when_it_is_back() -> None:
    run = Run([SourceError("0", "gone"), live(frame(1))])
    assert run.reader.mode is None
    run.step(1)
    assert run.reader.mode == "not open"
    run.step(2)
    assert run.reader.mode == "from a list"
    assert run.events[-1].detail == "gives frames again (from a list)"


def test_a_missing_camera_is_reported_once_and_tried_again_with_growing_waits() -> None:
    run = Run([GONE])
    run.step(6)
    assert run.kinds == [SourceEventKind.LOST]
    assert run.events[0] == SourceEvent(SourceEventKind.LOST, "unplugged", 100.0)
    assert run.waits_s == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_the_newest_reason_is_kept_until_a_frame_comes() -> None:
    run = Run([live(frame(1), GONE), SourceError("listed", "is busy"), live(frame(2))])
    problems: list[str | None] = []
    for _ in range(6):
        run.step(1)
        problems.append(run.reader.problem)
    assert problems == [None, None, "unplugged", "is busy", "is busy", None]


def test_why_a_recording_gave_no_frame_is_kept_and_its_end_is_no_problem() -> None:
    failed, ended = Run([SourceError("0", "gone")], is_live=False), Run([recording(frame(1), None)], is_live=False)
    assert failed.step(9)
    assert ended.step(9)
    assert (failed.reader.problem, ended.reader.problem) == ("gone", None)


def test_a_lost_camera_is_closed_and_comes_back() -> None:
    first, second = live(frame(1), GONE), live(frame(2))
    run = Run([first, GONE, second])
    run.step(6)
    assert run.kinds == [SourceEventKind.LOST, SourceEventKind.BACK]
    assert first.times_closed == 1
    assert [frame.pixels[0, 0, 0] for _, frame in run.frames] == [1, 2]


def test_a_camera_is_not_back_before_its_first_frame() -> None:
    run = Run([live(GONE)])
    run.step(8)
    assert run.kinds == [SourceEventKind.LOST]


def test_a_frame_makes_the_next_wait_short_again() -> None:
    run = Run([GONE, GONE, GONE, live(frame(1), GONE)])
    run.step(6)
    assert run.waits_s == [0.5, 1.0, 2.0, 0.5]


def test_the_numbers_of_a_live_source_continue_over_a_loss() -> None:
    run = Run([live(frame(0), frame(1), GONE), live(frame(2), frame(3))])
    run.step(8)
    assert [frame.number for _, frame in run.frames] == [0, 1, 2, 3]
    assert run.reader.captured == 4


def test_a_live_source_whose_frames_end_is_lost_and_has_not_ended() -> None:
    run = Run([live(frame(1), None), live(frame(2))])
    assert not run.step(5)
    assert run.kinds == [SourceEventKind.LOST, SourceEventKind.BACK]


@pytest.mark.parametrize("make", [live, recording])
def test_a_bad_picture_is_reported_and_the_next_frame_comes(make: Callable[..., ListedSource]) -> None:
    run = Run([make(frame(1), BAD, frame(2))])
    run.step(4)
    assert [frame.pixels[0, 0, 0] for _, frame in run.frames] == [1, 2]
    assert run.events[0].kind is SourceEventKind.UNDECODABLE
    assert run.events[0].detail == "picture 3 cannot be decoded"


@tried(Kind.CAMERA, "no picture can be decoded", "each is reported, with pauses; a fault of its gate")
def test_a_source_with_only_bad_pictures_is_read_with_pauses() -> None:
    run = Run([live(*[BAD] * 10)])
    run.step(11)
    assert len(run.waits_s) == 10


def test_an_unexpected_error_is_reported_by_its_class_alone_and_the_source_tried_again() -> None:
    run = Run([live(frame(1), ZeroDivisionError("secret")), live(frame(2))])
    run.step(5)
    assert run.kinds == [SourceEventKind.LOST, SourceEventKind.BACK]
    assert run.events[0].detail == "unexpected ZeroDivisionError"


def test_an_unexpected_error_ends_a_recording() -> None:
    clip = recording(frame(1), ZeroDivisionError())
    run = Run([clip])
    assert run.step(5)
    assert run.kinds == [SourceEventKind.TRUNCATED]
    assert clip.times_closed == 1


def test_an_error_that_would_end_the_thread_is_like_any_other() -> None:
    run = Run([live(frame(1), SystemExit()), live(frame(2))])
    run.step(5)
    assert run.kinds == [SourceEventKind.LOST, SourceEventKind.BACK]
    assert run.events[0].detail == "unexpected SystemExit"


@pytest.mark.parametrize(
    ("opening", "detail"),
    [
        pytest.param(GONE, "unplugged", id="cannot be opened"),
        pytest.param(MemoryError(), "unexpected MemoryError", id="an unexpected error"),
        pytest.param(recording(), "has no frame that can be decoded", id="empty"),
        pytest.param(recording(BAD, BAD), "has no frame that can be decoded", id="bad pictures only"),
        pytest.param(recording(BAD, TRUNCATED), "is truncated: 1 of 9 frames", id="truncated before its first frame"),
    ],
)
def test_a_recording_without_a_frame_is_lost_and_has_not_played_to_its_end(
    opening: ListedSource | Exception, detail: str
) -> None:
    run = Run([opening], is_live=False)
    assert run.step(9)
    assert run.reader.end == SourceEvent(SourceEventKind.LOST, detail, run.clock.now_s())
    assert run.events[-1] == run.reader.end
    assert run.opened == 1


def test_a_recording_ends_once_and_is_closed() -> None:
    clip = recording(frame(1), frame(2))
    run = Run([clip])
    assert run.step(9)
    assert run.events == [SourceEvent(SourceEventKind.ENDED, "after 2 frames", run.clock.now_s())]
    assert run.reader.end == run.events[0]
    assert clip.times_closed == 1


def test_a_truncated_recording_is_reported_instead_of_its_end() -> None:
    run = Run([recording(frame(1), TRUNCATED)])
    assert run.step(9)
    assert run.events == [SourceEvent(SourceEventKind.TRUNCATED, "is truncated: 1 of 9 frames", 100.0)]
    assert run.reader.end == run.events[0]


def test_a_camera_is_absent_until_its_first_frame_and_never_after_it() -> None:
    run = Run([GONE, live(GONE), live(frame(1), GONE)])
    absent = []
    for _ in range(6):
        absent.append(run.reader.is_absent)
        run.step(1)
    assert absent == [False, True, True, True, True, False]
    assert not run.reader.is_absent
    assert run.reader.end is None


def test_a_recording_plays_at_its_own_speed() -> None:
    run = Run([recording(frame(1, 3.0), frame(2, 3.5), frame(3, 4.25))])
    assert run.step(20)
    assert [time_s for time_s, _ in run.frames] == [100.0, 100.5, 101.25]
    assert [frame.captured_s for _, frame in run.frames] == [100.0, 100.5, 101.25]


def test_a_frame_that_is_not_due_is_kept_and_given_once() -> None:
    run = Run([recording(frame(1, 0.0), frame(2, 1.0))])
    run.step(2)
    waits_s = [run.reader.step() for _ in range(3)]
    assert waits_s == [1.0, 1.0, 1.0]
    assert len(run.frames) == 1
    run.clock.advance_to(101.0)
    run.reader.step()
    assert [frame.number for _, frame in run.frames] == [1, 2]


def shown(run: Run, values: Sequence[int], rate_hz: float = 1.0) -> list[int]:
    """Let the reader read this many frames at this rate; returns those that it passed on, by their value."""
    before = len(run.frames)
    for _ in values:
        run.step(1)
        run.clock.advance_to(run.clock.now_s() + 1 / rate_hz)
    return [int(frame.pixels[0, 0, 0]) for _, frame in run.frames[before:]]


def film(values: Sequence[int]) -> Run:
    """A camera that shows pictures of these values; it is open."""
    run = Run([live(*[frame(value) for value in values])])
    run.step(1)
    return run


def test_a_picture_that_comes_again_is_withheld_at_once() -> None:
    values = [7, 7, 8, 8, 8, 9]
    run = film(values)
    assert shown(run, values) == [7, 8, 9]
    assert run.kinds == []
    assert run.reader.withheld == 3
    assert run.reader.captured == 6


@tried(Kind.CAMERA, "the same picture again and again", "withheld, and reported as frozen")
def test_a_source_without_a_new_picture_for_frozen_s_is_reported_once() -> None:
    values = [7] * 9 + [8, 9]
    run = film(values)
    assert shown(run, values) == [7, 8, 9]
    assert [(event.kind, event.at_s) for event in run.events] == [
        (SourceEventKind.FROZEN, 105.0),
        (SourceEventKind.MOVING, 109.0),
    ]
    assert run.events[0].detail == "sends the same picture again and again; its frames are withheld"


@tried(Kind.CAMERA, "a ring of pictures again and again", "withheld from its second round on, and reported as frozen")
@pytest.mark.parametrize("ring", [2, 4, 64, 100])
def test_a_ring_of_pictures_is_withheld_from_its_second_round_on_and_reported_with_its_length(ring: int) -> None:
    values = [*range(ring)] * 5
    run = film(values)
    assert shown(run, values, rate_hz=20.0) == [*range(ring)]
    run.clock.advance_to(run.clock.now_s() + 5.0)
    run = film(values * 9)
    assert shown(run, values * 9, rate_hz=ring) == [*range(ring)]
    assert [event.kind for event in run.events] == [SourceEventKind.FROZEN]
    assert run.events[0].detail == f"repeats the same {ring} pictures; its frames are withheld"


def test_a_time_stamp_that_stands_still_is_a_repetition() -> None:
    stuck = [replace(frame(value), has_advanced=value == 0) for value in range(9)]
    run = Run([live(*stuck)])
    run.step(1)
    assert shown(run, range(9)) == [0]
    assert [event.detail for event in run.events] == [
        "the time stamps of its driver stand still; its frames are withheld"
    ]


def test_a_freeze_lasts_over_a_loss() -> None:
    run = Run([live(*[frame(7)] * 7, GONE), live(frame(7), frame(8))])
    run.step(1)
    assert shown(run, [7] * 7) == [7]
    run.step(3)
    assert run.kinds == [SourceEventKind.FROZEN, SourceEventKind.LOST, SourceEventKind.BACK]
    assert shown(run, [8]) == [8]
    assert run.kinds[-1] is SourceEventKind.MOVING


def test_a_recording_is_never_frozen() -> None:
    run = Run([recording(*[frame(7, float(second)) for second in range(20)])])
    assert run.step(60)
    assert len(run.frames) == 20
    assert run.kinds == [SourceEventKind.ENDED]


def test_a_source_that_cannot_be_closed_is_dropped() -> None:
    class Stuck(ListedSource):
        def close(self) -> None:
            super().close()
            raise RuntimeError

    stuck = Stuck([GONE], is_live=True)
    run = Run([stuck, live(frame(1))])
    run.step(4)
    assert stuck.times_closed == 1
    assert run.kinds == [SourceEventKind.LOST, SourceEventKind.BACK]


def test_closing_twice_closes_the_source_once() -> None:
    camera = live(frame(1))
    run = Run([camera])
    run.step(2)
    run.reader.close()
    run.reader.close()
    assert camera.times_closed == 1


def test_with_an_interval_a_camera_is_read_that_often_and_gives_no_picture_that_waits() -> None:
    source = live(*(frame(value) for value in range(9)))
    run = Run([source])
    run.step(3)
    assert (len(run.frames), source.times_dropped) == (2, 0)
    run.reader.interval_s = 0.2
    run.step(6)
    assert [at_s for at_s, _ in run.frames] == pytest.approx([100.0, 100.0, 100.2, 100.4, 100.6])
    assert source.times_dropped == 3
    run.reader.interval_s = 0.0
    run.step(2)
    assert [at_s for at_s, _ in run.frames[5:]] == pytest.approx([100.6, 100.6])
    assert source.times_dropped == 3


def test_with_an_interval_the_frames_of_a_recording_between_are_left_out_at_their_own_time() -> None:
    run = Run([recording(*(frame(value, 0.1 * value) for value in range(10)))], is_live=False)
    run.reader.interval_s = 0.25
    run.step(12)
    assert [found.number for _, found in run.frames] == [0, 3]
    assert run.clock.now_s() == pytest.approx(100.5)
    run.reader.interval_s = 0.0
    assert run.step(30)
    assert [found.number for _, found in run.frames] == [0, 3, 6, 7, 8, 9]
    assert (run.reader.captured, run.reader.left_out) == (10, 4)


def test_the_wait_for_a_picture_is_not_added_to_the_interval() -> None:
    source = live(*(frame(value) for value in range(9)))
    run = Run([source])
    read = source.read

    def read_slowly() -> Frame | None:
        run.clock.advance_to(run.clock.now_s() + 0.03)
        return read()

    source.read = read_slowly  # type: ignore[method-assign]
    run.step(1)
    run.reader.interval_s = 0.2
    run.step(5)
    assert [at_s for at_s, _ in run.frames] == pytest.approx([100.03, 100.23, 100.43])


@pytest.mark.parametrize("is_live", [True, False])
def test_each_frame_comes_with_what_motion_and_templates_work_on(*, is_live: bool) -> None:
    run = Run([ListedSource([frame(0), frame(1, 0.04)], is_live=is_live)], is_live=is_live)
    run.step(4)
    assert run.frames
    for _, each in run.frames:
        assert each.low_res is not None
        assert np.array_equal(each.low_res.grey, subsample(each.picture).grey)
