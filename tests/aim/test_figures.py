"""Medians, shares and rates over the newest seconds."""

from dataclasses import replace

import pytest

from binarycop.aim.figures import WINDOW_S, Recent, figures_of, quantile
from binarycop.aim.sample import Sample, place_in, room_in
from binarycop.geometry import Box
from tests.aim.samples import FACE, samples, without_faces


def test_without_frames_nothing_is_known() -> None:
    figures = figures_of([])
    assert (figures.frames, figures.rate_hz, figures.slow_interval, figures.behind, figures.face) == (0,) + (None,) * 4
    assert figures.with_face == 0


def test_an_even_rate_is_that_of_the_source_also_if_only_some_frames_are_looked_at() -> None:
    figures = figures_of(samples(600)[::3])
    assert figures.rate_hz == pytest.approx(30)
    assert figures.looked_at_hz == pytest.approx(10)
    assert figures.slow_interval == pytest.approx(1)


def test_frames_that_nobody_looked_at_do_not_make_a_rate_uneven() -> None:
    assert figures_of([*samples(300)[::4], *samples(600)[300:]]).slow_interval == pytest.approx(1)


def test_a_twentieth_of_late_frames_is_no_uneven_rate() -> None:
    late = [replace(one, at_s=one.at_s + 0.1 * (one.number // 20)) for one in samples()]
    assert figures_of(late).slow_interval == pytest.approx(1)


def test_one_pause_is_no_uneven_rate_but_a_pause_in_each_second_is() -> None:
    def paused(numbers: range) -> list[Sample]:
        return [
            replace(one, at_s=one.at_s + 0.1 * sum(one.number >= number for number in numbers)) for one in samples(300)
        ]

    assert figures_of(paused(range(100, 101))).slow_interval == pytest.approx(1)
    uneven = figures_of(paused(range(0, 300, 5))).slow_interval
    assert uneven == pytest.approx((0.1 + 1 / 30) * 30)


def test_figures_of_faces_are_over_the_frames_with_one() -> None:
    mixed = [*without_faces(300), *(replace(one, at_s=one.at_s + 10, number=one.number + 300) for one in samples(100))]
    figures = figures_of(mixed)
    assert figures.with_face == 0.25
    assert figures.face is not None
    assert (figures.face.frames, figures.face.width_px, figures.face.scored, figures.face.voted) == (100, 92, 100, 100)


def test_medians_ignore_a_frame_that_differs_from_the_others_and_the_lead_is_a_mean() -> None:
    faces = [FACE] * 9 + [replace(FACE, width_px=300, brightness=0, lead=140, has_vote=False)]
    figures = figures_of([Sample(at, at, face, 130, 0) for at, face in enumerate(faces)])
    assert figures.face is not None
    assert (figures.face.width_px, figures.face.brightness, figures.face.lead) == (92, 120, 50)
    assert (figures.face.scored, figures.face.voted) == (10, 9)


def test_without_scores_there_is_no_lead() -> None:
    figures = figures_of(samples(10, lead=None, has_vote=False)).face
    assert figures is not None
    assert (figures.lead, figures.scored, figures.voted) == (None, 0, 0)


def test_only_the_newest_seconds_count() -> None:
    recent = Recent()
    for sample in samples(1500):
        recent.add(sample)
    newest_s = 1499 / 30
    assert recent.figures(newest_s).frames == pytest.approx(30 * WINDOW_S, abs=1)
    assert recent.figures(newest_s, for_s=1.0).frames == pytest.approx(30, abs=1)
    assert recent.figures(newest_s + WINDOW_S - 1).frames == pytest.approx(30, abs=1)
    assert recent.figures(newest_s + WINDOW_S + 1).frames == 0


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 3), (0.9, 5), (1.0, 5)])
def test_a_quantile_is_one_of_the_values(share: float, value: float) -> None:
    assert quantile([5, 3, 1, 2, 4], share) == value
    assert quantile([], share) is None


def test_the_place_of_a_face_is_in_the_frame_even_if_the_face_is_not() -> None:
    assert place_in(Box(290, 220, 60, 40), 640, 480) == (0.5, 0.5)
    assert place_in(Box(-100, 470, 60, 40), 640, 480) == (0.0, 1.0)


def test_room_is_in_widths_of_the_face() -> None:
    assert room_in(Box(100, -50, 100, 130), 640, 480) == (1.0, 4.4, -0.5, 4.0)
