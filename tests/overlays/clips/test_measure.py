"""The daemon's events on a clip, matched with the people in it."""

from pathlib import Path

import numpy as np
import pytest

from binarycop.classes import MaskClass
from overlays.clips.make import write
from overlays.clips.measure import Passage, match_events, replay, report
from overlays.clips.people import Person
from overlays.synthesis.heads import drawn_scene

TRUTH = [
    {"class": "correct", "from_s": 1.0, "to_s": 3.0},
    {"class": "nose", "from_s": 4.0, "to_s": 6.0},
]


def event(t_s: float, name: str) -> dict[str, object]:
    return {"t_s": t_s, "event": name}


def test_events_belong_to_the_person_who_is_visible_or_has_just_left() -> None:
    events = [
        event(1.2, "person"),
        event(1.6, "permit"),
        event(3.5, "left"),
        event(4.1, "person"),
        event(5.0, "refuse"),
    ]
    assert match_events(TRUTH, [*events, event(6.5, "left"), event(6.5, "summary")]) == [
        Passage("correct", 1, True, False),
        Passage("nose", 1, False, True),
    ]


def test_a_person_without_events_is_undecided_and_not_counted() -> None:
    first, second = match_events(TRUTH, [event(1.2, "person"), event(2.2, "person"), event(1.6, "permit")])
    assert (first.persons, second.persons) == (2, 0)
    assert second.is_undecided


def test_the_table_has_shares_with_intervals() -> None:
    found = [Passage("correct", 1, True, False)] * 9 + [Passage("correct", 2, False, True)] + [
        Passage("nose", 1, False, True)
    ] * 10  # fmt: skip
    text = report(found)
    assert "| correct | 10 | 9/10 = 0.900 (0.596-0.982) | 1/10" in text
    assert "a bare nose and mouth: 0/10 = 0.000 (0.000-0.278)" in text
    assert "Counted as one person: 19/20" in text
    assert "| chin | 0 | – | – | – |" in text


def test_the_events_come_from_the_daemons_replay(tmp_path: Path) -> None:
    person = Person(*drawn_scene(np.random.default_rng(2), MaskClass.CORRECT), MaskClass.CORRECT, "drawn")
    write(tmp_path, iter([[person]]), seed=2)
    clip = tmp_path / "0000.avi"
    events = replay([clip], ["--finder", "fixed"])[str(clip)]
    assert events[-1]["event"] == "summary"
    assert events[-1]["frames"] == 105
    with pytest.raises(ValueError, match="does not exist"):
        replay([tmp_path / "none.avi"], [])
