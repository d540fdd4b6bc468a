"""What an answer says in words and in HTML."""

import re
from dataclasses import FrozenInstanceError

import pytest

from binarycop.api.answers import Answer, FaceAnswer, Look, make_answer
from binarycop.classes import MaskClass
from binarycop.geometry import Box

SURE = FaceAnswer((107, 1, -34, 20), 22, Box(109.0, 149.0, 108.0, 135.5), 0.98)
UNSURE = FaceAnswer((3, 9, 8, -20), 22, Box(400.0, 140.0, 60.0, 70.0), 0.7)


def look(*faces: FaceAnswer, bundle: str = "n-cnv") -> Look:
    return Look(faces, 640, 480, bundle, "0.3.0", "emulator")


def test_an_answer_has_its_class_and_its_lead() -> None:
    answer = make_answer((107, 1, -34, 20), 22)
    assert (answer.mask_class, answer.lead, answer.is_decided) == (MaskClass.CORRECT, 87, True)
    assert str(answer) == "correct, lead 87/22 (correct 107, nose 1, nose_mouth -34, chin 20)"


def test_an_answer_with_a_small_lead_abstains_and_keeps_its_best_class() -> None:
    assert (UNSURE.mask_class, UNSURE.lead, UNSURE.is_decided) == (MaskClass.NOSE, 1, False)
    assert str(UNSURE) == "abstained, lead 1/22 (correct 3, nose 9, nose_mouth 8, chin -20), 60×70 px at (400, 140)"


def test_two_equal_best_scores_abstain_without_a_limit_too() -> None:
    assert not Answer((4, 4, 0, 0), 0).is_decided


def test_an_answer_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        SURE.limit = 0  # type: ignore[misc]


def test_a_look_says_what_answered_and_then_each_face() -> None:
    assert str(look(SURE, UNSURE)).splitlines() == [
        "2 faces in 640×480, n-cnv 0.3.0 on emulator",
        f"1: {SURE}",
        f"2: {UNSURE}",
    ]
    assert str(look(SURE)).startswith("1 face in ")
    assert str(look()) == "no faces in 640×480, n-cnv 0.3.0 on emulator"


def test_the_drawing_has_a_box_and_four_scores_for_each_face() -> None:
    html = look(SURE, UNSURE)._repr_html_()
    outline, *bars = re.findall(r"<svg.*?</svg>", html)
    assert 'x="54.5" y="74.5" width="54.0" height="67.8"' in outline  # half of the box's pixels: 320 for 640
    assert re.findall(r">(\d: \w+)<", outline) == ["1: correct", "2: abstained"]
    assert [re.findall(r">(-?\d+)</text>", svg) for svg in bars] == [
        ["107", "1", "-34", "20"],
        ["3", "9", "8", "-20"],
    ]


def test_the_longest_bar_belongs_to_the_best_score_and_alone_has_the_colour_of_its_class() -> None:
    rows = re.findall(r'<rect x="\S+" y="\d+" width="(\S+)" height="\d+" fill="(\S+)"/>', SURE._repr_html_())
    lengths, colours = [float(length) for length, _ in rows], [colour for _, colour in rows]
    assert max(lengths) == lengths[MaskClass.CORRECT]
    assert colours[0] != colours[1] == colours[2] == colours[3]


def test_scores_of_zero_are_drawn_too() -> None:
    assert Answer((0, 0, 0, 0), 22)._repr_html_().count('width="0.0"') == 4


def test_the_drawing_has_no_picture_and_nothing_that_is_fetched() -> None:
    html = look(SURE)._repr_html_()
    assert not re.search(r"<img|<image|data:|https?:|<script|url\(", html)


def test_a_bundles_name_cannot_become_html() -> None:
    html = look(bundle="<script>x</script>")._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
