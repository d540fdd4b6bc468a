"""The entries of one lane, which wait until its lines are driven."""

from binarycop.clock import ManualClock
from binarycop.journal.events import Event
from binarycop.journal.writers import MemoryJournal
from binarycop.service.lane_journal import LaneJournal


def test_entries_are_written_in_order_and_once() -> None:
    journal = MemoryJournal()
    lane_journal = LaneJournal(journal, "north", None)
    lane_journal.add((Event.PERSON, {"person": 1}))
    lane_journal.add((Event.LEFT, {"person": 1}))
    assert journal.records == []
    lane_journal.end_frame()
    lane_journal.write()
    lane_journal.end_frame()
    lane_journal.write()
    assert journal.records == [(Event.PERSON, "north", {"person": 1}), (Event.LEFT, "north", {"person": 1})]


def test_only_a_decision_on_a_frame_has_a_latency() -> None:
    journal, clock = MemoryJournal(), ManualClock(10.0)
    lane_journal = LaneJournal(journal, "north", clock)
    lane_journal.start_frame(9.9765)
    lane_journal.add((Event.PERSON, {"person": 1}))
    lane_journal.add((Event.REFUSE, {"person": 1, "class": "nose"}))
    lane_journal.end_frame()
    lane_journal.write()
    lane_journal.add((Event.REFUSE, {"person": 1, "class": "chin"}))
    lane_journal.end_frame()
    lane_journal.write()
    latencies = [values.get("latency_ms") for _, _, values in journal.records]
    assert latencies == [None, 23.5, None]


def test_without_a_clock_there_is_no_latency() -> None:
    journal = MemoryJournal()
    lane_journal = LaneJournal(journal, "north", None)
    lane_journal.start_frame(9.0)
    lane_journal.add((Event.REFUSE, {"person": 1, "class": "nose"}))
    lane_journal.end_frame()
    lane_journal.write()
    assert "latency_ms" not in journal.records[0][2]
