"""What the daemon told of a clip, held against who was in it."""

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


def test_what_is_told_belongs_to_who_was_in_sight_or_had_just_been() -> None:
    told = [event(1.2, "person"), event(1.6, "permit"), event(3.5, "left"), event(4.1, "person"), event(5.0, "refuse")]
    assert match_events(TRUTH, [*told, event(6.5, "left"), event(6.5, "summary")]) == [
        Passage("correct", 1, True, False),
        Passage("nose", 1, False, True),
    ]


def test_who_is_never_told_of_is_undecided_and_counted_nought_times() -> None:
    first, second = match_events(TRUTH, [event(1.2, "person"), event(2.2, "person"), event(1.6, "permit")])
    assert (first.persons, second.persons) == (2, 0)
    assert second.is_undecided


def test_the_table_has_shares_with_their_intervals() -> None:
    found = [Passage("correct", 1, True, False)] * 9 + [Passage("correct", 2, False, True)] + [
        Passage("nose", 1, False, True)
    ] * 10  # fmt: skip
    said = report(found)
    assert "| correct | 10 | 9/10 = 0.900 (0.596-0.982) | 1/10" in said
    assert "given permission: 0/10 = 0.000 (0.000-0.278)" in said
    assert "Counted as one person: 19/20" in said
    assert "| chin | 0 | – | – | – |" in said


def test_the_daemons_own_replay_says_what_happened(tmp_path: Path) -> None:
    person = Person(*drawn_scene(np.random.default_rng(2), MaskClass.CORRECT), MaskClass.CORRECT, "drawn")
    write(tmp_path, iter([[person]]), seed=2)
    clip = tmp_path / "0000.avi"
    told = replay([clip], ["--finder", "fixed"])[str(clip)]
    assert told[-1]["event"] == "summary"
    assert told[-1]["frames"] == 105
    with pytest.raises(ValueError, match="does not exist"):
        replay([tmp_path / "none.avi"], [])
