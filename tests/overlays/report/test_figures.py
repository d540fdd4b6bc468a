"""The metrics of the report: groups and gaps, skin tone, people, the effect of the margin, and their tables."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from overlays.report import markdown, skin
from overlays.report.calibration import calibration_error, margin_effect, reliability, risk_coverage_curve
from overlays.report.groups import Gap, GroupCounts, count_by_group, intervals, largest_gap
from overlays.report.people import People, Person
from overlays.synthesis.canonical_face import INDICES, POSITIONS
from overlays.synthesis.patches import SIDE_PX
from overlays.training.calibration import probabilities
from overlays.training.evaluation import ClassifierMetrics

CHIN_PX, FACE_PX = 96.0, 64.0


def _population(recalls: dict[str, float], people: int, crops: int = 4) -> GroupCounts:
    """Groups whose people have the given recall in every class."""
    rng = np.random.default_rng(7)
    classes = np.tile(np.arange(crops) % 4, people)
    called, names = [], []
    for name, recall in recalls.items():
        called.append(np.where(rng.random(len(classes)) < recall, classes, (classes + 1) % 4))
        names.append(np.repeat([f"{name}{person}" for person in range(people)], crops))
    groups = np.repeat(list(recalls), len(classes))
    return count_by_group(np.concatenate(called), np.tile(classes, len(recalls)), np.concatenate(names), groups)


def test_groups_are_counted_by_people_and_by_crops() -> None:
    counts = count_by_group(
        np.array([0, 1, 1, 3, 0]),
        np.array([0, 1, 2, 3, 0]),
        np.array(["a", "a", "b", "b", "c"]),
        np.array(["x", "x", "x", "y", ""]),
    )
    assert counts.names == ("x", "y")
    assert counts.identities.tolist() == [2, 1]
    assert counts.recalls[0] == pytest.approx([1, 1, 0, np.nan, 2 / 3], nan_ok=True)
    assert counts.recalls[1] == pytest.approx([np.nan, np.nan, np.nan, 1, 1], nan_ok=True)
    assert counts.passing.tolist() == [0, 0]
    assert counts.uncovered.tolist() == [2, 0]
    assert largest_gap(counts) is None


def gap_of(counts: GroupCounts) -> Gap:
    found = largest_gap(counts)
    assert found is not None
    return found


def test_a_real_gap_is_larger_than_chance_and_inside_its_interval() -> None:
    mean = gap_of(_population({"a": 0.95, "b": 0.80, "c": 0.93}, 400))
    assert (mean.best, mean.worst) == ("a", "b")
    assert mean.low < 0.15 < mean.high
    assert mean.chance < mean.low
    assert mean.high - mean.low < 0.08


def test_without_a_real_gap_the_largest_is_within_chance() -> None:
    mean = gap_of(_population({"a": 0.9, "b": 0.9, "c": 0.9, "d": 0.9}, 250))
    assert 0 < mean.gap < mean.chance


def test_small_groups_are_not_compared() -> None:
    assert largest_gap(_population({"a": 0.9, "b": 0.1}, 49)) is None
    assert gap_of(_population({"a": 0.9, "b": 0.1}, 50)).gap > 0.7


def test_groups_are_compared_if_the_whole_set_lacks_a_class() -> None:
    whole = _population({"a": 0.9, "b": 0.5}, 60)
    without = whole.of.copy()
    without[:, :, 3] = 0
    assert gap_of(GroupCounts(whole.names, whole.right * (without > 0), without, whole.passing)).gap > 0.2
    without[:60, :, 2] = 0  # only of the people of one group
    assert largest_gap(GroupCounts(whole.names, whole.right * (without > 0), without, whole.passing)) is None


def test_uncovered_faces_called_correct_are_counted_for_each_group() -> None:
    predicted, classes = np.array([0, 0, 1, 0, 2, 0, 0]), np.array([0, 1, 1, 2, 2, 3, 1])
    people, groups = np.arange(7).astype(str), np.array(["x", "x", "x", "y", "y", "y", ""])
    counts = count_by_group(predicted, classes, people, groups)
    assert counts.passing.tolist() == [1, 1]
    assert counts.uncovered.tolist() == [2, 2]


def test_the_interval_is_wider_if_the_crops_of_a_person_are_right_or_wrong_together() -> None:
    rng = np.random.default_rng(3)
    classes = np.tile(np.arange(4), 800)
    whole = np.repeat(rng.random(200) < 0.9, 16)  # each of 200 people right in all of 16 crops, or in none
    single = rng.random(3200) < 0.9
    people, group = np.repeat(np.arange(200).astype(str), 16), np.full(3200, "all")
    widths = [
        np.diff(
            intervals(count_by_group(np.where(right, classes, (classes + 1) % 4), classes, people, group))[:, 0, 4],
            axis=0,
        )
        for right in (whole, single)
    ]
    assert widths[0] > 3 * widths[1]


def _face(skin_bgr: tuple[int, int, int]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    nodes = ((np.arange(32) + 0.5) * SIDE_PX / 32 - 0.5).astype(np.float32)
    x, y = np.meshgrid((nodes - 63.5) / FACE_PX, (nodes - CHIN_PX) / FACE_PX + 1)
    return np.full((SIDE_PX, SIDE_PX, 3), skin_bgr, np.uint8), np.stack([x, y], axis=-1)


def _bgr(lightness: float, b: float) -> tuple[int, int, int]:
    lab = np.array([[[lightness, 10.0, b]]], np.float32)
    blue, green, red = np.round(cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)[0, 0] * 255).astype(int).tolist()
    return blue, green, red


@pytest.mark.parametrize(
    ("lightness", "b", "expected"),
    [
        *((85.0, 15.0, "very light"), (70.0, 20.0, "light"), (64.0, 20.0, "intermediate")),
        *((57.0, 20.0, "tan"), (45.0, 18.0, "brown"), (30.0, 12.0, "dark")),
    ],
)
def test_the_skin_tone_follows_from_the_angle(lightness: float, b: float, expected: str) -> None:
    patch, plane = _face(_bgr(lightness, b))
    angle = skin.angle(patch, plane)
    assert angle == pytest.approx(np.degrees(np.arctan((lightness - 50) / b)), abs=1.5)
    assert skin.tone(angle) == expected


def test_the_skin_of_a_face_with_a_mask_is_measured_above_the_mask() -> None:
    picture = np.full((300, 200, 3), _bgr(30.0, 12.0), np.uint8)
    picture[150:] = 250  # a white mask
    mesh = np.zeros((468, 3), np.float32)
    mesh[INDICES, :2] = POSITIONS * 200 + (100, 60)  # forehead at 60, chin at 260
    assert skin.tone(skin.angle_above_mask(picture, mesh)) == "dark"
    assert skin.third("dark") == skin.third("brown") == skin.THIRDS[2]
    assert skin.third("") == ""


def test_hair_on_the_forehead_does_not_make_skin_dark() -> None:
    patch, plane = _face(_bgr(70.0, 20.0))
    patch[: round(CHIN_PX - 0.75 * FACE_PX)] = 15
    assert skin.tone(skin.angle(patch, plane)) == "light"


def test_a_grey_picture_has_no_skin_tone() -> None:
    patch, plane = _face((150, 150, 150))
    assert skin.angle(patch, plane) is None
    assert skin.tone(None) == ""


def test_labels_of_people_come_from_the_file_name_or_the_table() -> None:
    people = People({"fairface_0001": Person("50-59", "male")})
    assert people.of("utkface_nc/24_1_4_20170103212911364") == Person("20-29", "female", "other")
    assert people.of("utkface_nc/116_0_1_20170103212911364") == Person("60+", "male", "Black")
    assert people.of("fairface540/fairface_0001") == Person("50-59", "male")
    assert people.of("webmorph/134") == Person()


def test_fairfaces_table_is_read(shared_data: Path) -> None:
    people = People.read(shared_data)
    known = [people.of(f"fairface540/fairface_{number:04}") for number in range(1, 541)]
    assert sum(person.gender == "female" for person in known) == 270
    assert sum(person.age == "60+" for person in known) == 120


SCORES = np.array([[9, 1, 0, 0], [5, 4, 0, 0], [0, 9, 1, 0], [8, 6, 0, 0]], np.int32)
CLASSES = np.array([0, 1, 1, 0])


def test_with_a_margin_fewer_crops_are_answered_and_fewer_are_wrong() -> None:
    everything, with_margin = (margin_effect(SCORES, CLASSES, margin) for margin in (0, 2))
    assert (everything.coverage, everything.risk, everything.passing, everything.refused) == (1.0, 0.25, 0.5, 0.0)
    assert (with_margin.coverage, with_margin.risk, with_margin.passing) == (0.75, 0.0, 0.0)
    assert margin_effect(SCORES[:0], CLASSES[:0], 0).risk is None


def test_the_curve_has_a_point_for_every_margin() -> None:
    points = risk_coverage_curve(SCORES, CLASSES)
    assert points.margins.tolist() == [1, 2, 8]
    assert points.coverage.tolist() == [1.0, 0.75, 0.5]
    assert points.risk.tolist() == [0.25, 0.0, 0.0]


def test_tenths_by_confidence_contain_every_crop_once() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(-40, 40, (1003, 4)).astype(np.int32)
    bins = reliability(scores, rng.integers(0, 4, 1003), 10.0)
    assert sum(one.count for one in bins) == 1003
    confidences = [one.confidence for one in bins]
    assert confidences == sorted(confidences)
    assert 8 <= len(bins) <= 10


def test_the_calibration_error_is_nothing_if_confidence_is_the_chance_to_be_right() -> None:
    rng = np.random.default_rng(1)
    scores = rng.integers(-20, 21, (40_000, 4)).astype(np.int32)
    drawn = (probabilities(scores, 8.0).cumsum(axis=1) < rng.random((40_000, 1))).sum(axis=1)
    assert calibration_error(reliability(scores, drawn, 8.0)) < 0.01
    assert calibration_error(reliability(scores, drawn, 2.0)) > 0.08
    always = np.tile(np.array([[9, 0, 0, 0]], np.int32), (10, 1))
    half = np.array([0, 1] * 5)  # sure of it, and right half of the time
    assert calibration_error(reliability(always, half, 0.1)) == pytest.approx(0.5)


def test_a_table_of_groups_marks_groups_with_too_few_people() -> None:
    counts = _population({"many": 0.9, "more": 0.8, "few": 0.9}, 60)
    # People are sorted by name, so this removes some of the people of "few".
    few = GroupCounts(counts.names, counts.right[30:], counts.of[30:], counts.passing)
    lines = markdown.groups(few, ("more", "many"))
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["more", "many", "(few)"]
    assert lines[2].split("|")[2].strip() == "60"
    assert re.fullmatch(r" \d+/120 = 0\.\d{3} \(0\.\d{3}-0\.\d{3}\) ", lines[2].split("|")[-2])
    tiny = count_by_group(np.zeros(4, int), np.arange(4), np.array(list("abcd")), np.full(4, "x"))
    assert markdown.groups(tiny) == ["No group has 20 people."]


def test_recall_has_its_wilson_interval() -> None:
    counts = np.array([[81, 182, 0, 0], [0, 0, 0, 0], [0, 0, 5, 0], [0, 0, 0, 0]])
    cells = markdown.recall(ClassifierMetrics(counts, 0))
    assert cells == ["81/263 = 0.308 (0.255-0.366)", "-", "5/5 = 1.000 (0.566-1.000)", "-"]
