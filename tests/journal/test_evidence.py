"""The evidence for a verdict, in words."""

from typing import Any

import pytest

from binarycop.classes import Outcome
from binarycop.journal import fields
from binarycop.journal.events import Event
from binarycop.journal.evidence import EVIDENCE, sentence
from binarycop.journal.writers import format_message

VALUES: dict[str, Any] = {
    "outcome": "gave_up", "seen": 31, "without_scores": 0,
    "votes_correct": 3, "votes_nose": 2, "votes_nose_mouth": 0, "votes_chin": 0,
    "lead": 12, "lead_needed": 18, "face_px": 44, "brightness": 30, "sharpness": 4,
}  # fmt: skip
FACE = "face 44 px, bright 30, sharp 4"
PERSON = {"person": 12, "votes": 3, "frames": 8, "margin": 12.3}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, f", gave up; 31 frames: correct 3, nose 2; lead 12/18; {FACE}"),
        ({"outcome": "still_looking"}, f", still looking; 31 frames: correct 3, nose 2; lead 12/18; {FACE}"),
        ({"outcome": "decided"}, f"; 31 frames: correct 3, nose 2; lead 12/18; {FACE}"),
        ({"votes_correct": 0, "votes_nose": 0}, f", gave up; 31 frames: no vote; lead 12/18; {FACE}"),
        (
            {"without_scores": 4},
            f", gave up; 31 frames, 4 without scores: correct 3, nose 2; lead 12/18; {FACE}",
        ),
        ({"outcome": "left", "seen": 1, "without_scores": 1}, f", left; 1 frame, 1 without scores; {FACE}"),
        ({"outcome": "left", "seen": 0}, ", left; 0 frames"),
    ],
)
def test_what_was_seen_is_one_sentence(changed: dict[str, Any], expected: str) -> None:
    assert sentence(VALUES | changed) == expected


def test_an_entry_without_evidence_has_no_such_sentence() -> None:
    assert sentence({"person": 3}) == ""
    assert format_message(Event.REFUSE, "", {"person": 3, "class": "nose"}) == "person 3: permission refused (nose)"


@pytest.mark.parametrize(
    ("status", "outcome"), [("correct", Outcome.DECIDED), ("undecided", Outcome.GAVE_UP), ("undecided", Outcome.LEFT)]
)
def test_the_line_of_a_verdict_fits_105_columns(status: str, outcome: Outcome) -> None:
    values = VALUES | PERSON | {"class": status, "outcome": outcome.value}
    assert len(format_message(Event.VERDICT, "", values)) <= 105


@pytest.mark.parametrize("missing", EVIDENCE)
def test_an_entry_has_all_of_the_evidence_or_none(missing: str) -> None:
    values = VALUES | PERSON | {"class": "undecided"}
    fields.check(Event.VERDICT, "north", values)
    fields.check(Event.VERDICT, "north", {name: value for name, value in values.items() if name not in EVIDENCE})
    with pytest.raises(ValueError, match=f"lacks {missing}"):
        fields.check(Event.VERDICT, "north", {name: value for name, value in values.items() if name != missing})


@pytest.mark.parametrize("event", [Event.VERDICT, Event.REFUSE, Event.REMIND])
def test_verdict_refusal_and_reminder_may_have_it(event: Event) -> None:
    assert fields.names_of(event) >= set(EVIDENCE)
