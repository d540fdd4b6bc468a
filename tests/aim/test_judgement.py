"""The judgement of a camera that is placed right, and of each way in which it can be placed wrongly."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from binarycop.aim.figures import figures_of
from binarycop.aim.judgement import Camera, Judgement, ProblemKind, judge
from binarycop.aim.sample import Sample
from binarycop.settings.faces import FacesSettings
from binarycop.settings.verdict import VerdictSettings
from tests.aim.samples import samples, without_faces

CAMERA = Camera(640, 480, 30.0)
CLIP = Camera(640, 480, None)


def judged(
    seen: Sequence[Sample], camera: Camera = CAMERA, *, least_px: int = 40, verdict: VerdictSettings | None = None
) -> Judgement:
    faces = FacesSettings(least_px=least_px)
    return judge(figures_of(seen), camera, faces, verdict or VerdictSettings())


def kinds(judgement: Judgement) -> list[ProblemKind]:
    return [problem.kind for problem in judgement.problems]


def test_a_camera_that_is_placed_right_has_no_finding_and_a_proposal() -> None:
    assert judged(samples()) == Judgement((), 45)


@pytest.mark.parametrize(
    ("changes", "kind", "figure"),
    [
        ({"width_px": 63.4}, ProblemKind.TOO_FAR, "63 px wide; 64 or more"),
        ({"width_px": 139}, ProblemKind.TOO_NEAR, "139 px wide; 138 or less are right"),
        ({"left": 0.49}, ProblemKind.AT_EDGE, "the left edge: 0.5"),
        ({"right": -0.3}, ProblemKind.AT_EDGE, "the right edge: 0.0"),
        ({"top": 0.2}, ProblemKind.AT_EDGE, "the upper edge: 0.2"),
        ({"bottom": 0.2}, ProblemKind.AT_EDGE, "the lower edge: 0.2"),
        ({"brightness": 39.4}, ProblemKind.TOO_DARK, "brightness 39; 40 or more"),
        ({"clipped": 0.21}, ProblemKind.CLIPPED, "21 % of the face"),
        ({"backlight": 2.0, "box_brightness": 79.0}, ProblemKind.BACKLIT, "2.0 times as bright as the face (79)"),
        (
            {"backlight": 4.0, "box_brightness": 20.0, "brightness": 30.0},
            ProblemKind.BACKLIT,
            "4.0 times as bright as the face (20)",
        ),
        ({"sharpness": 6.0}, ProblemKind.BLURRED, "sharpness 6"),
        ({"has_vote": False}, ProblemKind.UNCLEAR, "100 % of the frames give no vote"),
    ],
)
def test_one_thing_that_is_wrong_is_one_finding(changes: dict[str, object], kind: ProblemKind, figure: str) -> None:
    judgement = judged(samples(**changes))  # type: ignore[arg-type]
    assert kinds(judgement) == [kind]
    assert figure in judgement.problems[0].words
    assert judgement.problems[0].remedy
    # One row each on a terminal of 80 columns.
    assert len(judgement.problems[0].words) <= 78
    assert len(judgement.problems[0].remedy) <= 73


@pytest.mark.parametrize(
    "changes",
    [
        {"width_px": 64},
        {"width_px": 138},
        {"left": 0.5},
        {"brightness": 40.0, "sharpness": 7.0},
        {"clipped": 0.2},
        {"backlight": 3.0, "box_brightness": 80.0},
        {"backlight": 1.9, "box_brightness": 60.0},
        {"backlight": None},
    ],
)
def test_the_limits_themselves_are_right(changes: dict[str, object]) -> None:
    assert kinds(judged(samples(**changes))) == []  # type: ignore[arg-type]


def test_dark_skin_or_a_black_mask_before_a_white_wall_is_no_fault() -> None:
    assert kinds(judged(samples(backlight=2.6, box_brightness=85.0))) == []


def test_a_face_that_is_too_near_is_not_called_at_the_edge_too() -> None:
    assert kinds(judged(samples(width_px=300, top=0.0, bottom=0.0))) == [ProblemKind.TOO_NEAR]


def test_a_dark_picture_is_not_called_blurred_too() -> None:
    assert kinds(judged(samples(brightness=20.0, sharpness=2.0))) == [ProblemKind.TOO_DARK]


def test_the_place_comes_before_the_light_and_the_light_before_the_rate() -> None:
    seen = samples(100, rate_hz=10, width_px=30, left=0.1, clipped=0.5)
    assert kinds(judged(seen)) == [
        ProblemKind.TOO_FAR, ProblemKind.AT_EDGE, ProblemKind.CLIPPED, ProblemKind.RATE_LOW,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("width_px", "camera", "proposal"),
    [
        (70, CAMERA, 40),  # half of it is below the default
        (130, CAMERA, 64),
        (63, CAMERA, None),
        (139, CAMERA, None),
        (140, Camera(1280, 960, 30.0), 80),  # the default in proportion
        (200, Camera(1280, 960, 30.0), 99),
        (127, Camera(1280, 960, 30.0), None),
        (90, Camera(480, 640, 30.0), 44),
        (150, Camera(720, 1280, 30.0), 80),
        (66, Camera(320, 240, 30.0), 40),
    ],
)
def test_half_of_the_face_is_proposed_but_not_below_the_default(
    width_px: float, camera: Camera, proposal: int | None
) -> None:
    assert judged(samples(width_px=width_px, shorter_px=width_px - 2), camera).least_px == proposal


def test_a_face_that_the_settings_leave_out_is_said() -> None:
    judgement = judged(samples(), least_px=100)
    assert kinds(judgement) == [ProblemKind.NOT_COUNTED]
    assert "faces.least_px is 100: this face of 90 px does not count" in judgement.problems[0].words
    assert judgement.least_px == 45


@pytest.mark.parametrize(
    ("rate_hz", "camera", "kind", "words"),
    [
        (14.9, CAMERA, ProblemKind.RATE_LOW, "14.9 Hz; frames.rate_hz asks for 30"),
        (5.0, Camera(640, 480, 5.0), ProblemKind.RATE_LOW, "5.0 Hz; the verdict needs 5.3"),
        (4.0, CLIP, ProblemKind.RATE_LOW, "4.0 Hz; the verdict needs 5.3"),
    ],
)
def test_a_low_rate_is_said(rate_hz: float, camera: Camera, kind: ProblemKind, words: str) -> None:
    judgement = judged(samples(round(20 * rate_hz), rate_hz=rate_hz), camera)
    assert kinds(judgement) == [kind]
    assert words in judgement.problems[0].words


def test_a_recording_has_the_rate_that_it_has() -> None:
    assert kinds(judged(samples(200, rate_hz=10), CLIP)) == []


def test_a_slow_processor_is_not_a_slow_camera() -> None:
    judgement = judged(samples()[::6])
    assert kinds(judgement) == [ProblemKind.TOO_SLOW]
    assert "5.0 of 30.0 Hz" in judgement.problems[0].words


def test_a_rate_that_varies_is_said() -> None:
    seen = [replace(one, at_s=one.at_s + 0.033 * (one.number // 5)) for one in samples()]
    assert ProblemKind.RATE_VARIES in kinds(judged(seen, CLIP))


def test_the_settings_of_the_verdict_say_which_rate_is_needed() -> None:
    slower = VerdictSettings(within_s=3.0)
    assert kinds(judged(samples(80, rate_hz=4), CLIP, verdict=slower)) == []


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (without_faces(), "no face seen"),
        (without_faces(behind=12), "no face seen; the picture is dark (brightness 12)"),
        ([*without_faces(591), *samples()[591:]], "a face in 2 % of the frames only"),
    ],
)
def test_without_a_face_nothing_is_said_of_it(seen: list[Sample], words: str) -> None:
    judgement = judged(seen)
    assert [problem.words for problem in judgement.problems] == [words]
    assert len(judgement.problems[0].remedy) <= 73
    assert kinds(judgement) == [ProblemKind.NO_FACE]
    assert judgement.least_px is None


def test_without_frames_there_is_one_finding() -> None:
    assert kinds(judged([])) == [ProblemKind.NO_FRAMES]


def test_of_a_fixed_region_only_light_and_rate_are_judged() -> None:
    region = replace(CAMERA, is_region=True)
    assert judged(samples(width_px=300, left=0.0), region) == Judgement((), None, is_place_known=False)
    assert kinds(judged(samples(brightness=10.0), region)) == [ProblemKind.TOO_DARK]


def test_half_of_the_frames_without_a_vote_are_unclear_only_if_nothing_else_is_wrong() -> None:
    mixed = [one if one.number % 3 else replace(one, face=samples(1, has_vote=False)[0].face) for one in samples()]
    assert kinds(judged(mixed)) == []
    half = [one if one.number % 2 else replace(one, face=samples(1, has_vote=False)[0].face) for one in samples()]
    assert kinds(judged(half)) == []
    assert kinds(judged(samples(has_vote=False, sharpness=3.0))) == [ProblemKind.BLURRED]
