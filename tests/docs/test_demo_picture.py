"""The README's moving picture shows what the gate decides today."""

import re
from itertools import pairwise

import cv2
import pytest

from binarycop.classes import LABELS, GateStatus, MaskClass
from binarycop.frames.demo import RATE_HZ
from tests.docs import demo_picture
from tests.docs.demo_picture import EVERY, PICTURE, Moment
from tests.docs.pages import ROOT
from tests.docs.pictures import recording

MOST_BYTES = 400_000


@pytest.fixture(scope="module")
def moments() -> list[Moment]:
    return demo_picture.moments()


def test_all_four_people_get_their_verdict_and_only_the_right_one_the_relay(moments: list[Moment]) -> None:
    shown = {moment.person: moment.status for moment in moments if moment.person and moment.votes}
    assert shown == {index + 1: GateStatus.from_class(mask_class) for index, mask_class in enumerate(MaskClass)}
    permitted = {moment.status for moment in moments if moment.permitted}
    assert permitted == {GateStatus.CORRECT}


def test_a_verdict_appears_with_five_equal_votes(moments: list[Moment]) -> None:
    changed = [now for before, now in pairwise(moments) if now.status is not before.status]
    decided = [moment for moment in changed if moment.status.value in LABELS]
    assert len(decided) >= len(MaskClass)
    for moment in decided:
        labels = [vote.mask_class.label for vote in moment.votes if vote.mask_class is not None]
        assert labels.count(moment.status.value) >= 5


def test_the_picture_in_the_repository_is_as_long_as_the_demo(moments: list[Moment]) -> None:
    if not hasattr(cv2, "imreadanimation"):
        pytest.skip("needs OpenCV 4.11 or newer")
    good, animation = cv2.imreadanimation(str(PICTURE))
    assert good
    length_s = sum(int(one) for one in animation.durations) / 1000
    assert length_s == pytest.approx(len(moments) / RATE_HZ, abs=2 * EVERY / RATE_HZ)
    assert PICTURE.stat().st_size <= MOST_BYTES


def test_the_readme_quotes_what_the_demo_prints(moments: list[Moment]) -> None:
    quoted = re.findall(r"^gate: .*$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    printed = list(dict.fromkeys(f"gate: {line}" for moment in moments for line in moment.lines))
    assert len(quoted) >= 3
    begin = printed.index(quoted[0])
    assert printed[begin : begin + len(quoted)] == quoted


def test_the_recording_in_the_repository_is_what_the_command_draws(moments: list[Moment]) -> None:
    if not hasattr(cv2, "FontFace"):
        pytest.skip("needs OpenCV 5, as other versions draw other people")
    drawn = recording.draw(moments)
    in_repository = (ROOT / "docs" / "recording.svg").read_text(encoding="utf-8")
    assert in_repository == drawn, "run python -m tests.docs.pictures"
    assert len(drawn) < 30_000
    assert 'permission given (correct, verdict)<animate attributeName="visibility"' in drawn


def test_a_moment_is_drawn_with_box_and_relay(moments: list[Moment]) -> None:
    if not hasattr(cv2, "FontFace"):
        pytest.skip("needs OpenCV 5")
    permitted = next(moment for moment in moments if moment.permitted and moment.box is not None)
    before = next(moment for moment in moments if moment.person is None)
    pictures = [demo_picture.draw(moment) for moment in (permitted, before)]
    assert pictures[0].shape == pictures[1].shape
    assert all(len({tuple(pixel) for pixel in picture[::4, ::4].reshape(-1, 3)}) > 50 for picture in pictures)
    green = demo_picture._COLOURS[MaskClass.CORRECT]
    assert [bool((picture[:, -60:] == green).all(axis=2).any()) for picture in pictures] == [True, False]
