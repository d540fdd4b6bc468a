"""Events that repeat are counted: nothing is lost, and the journal stays small."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from binarycop.clock import ManualClock
from binarycop.journal.events import Event
from binarycop.journal.repeats import MOST_IN_WINDOW, WINDOW_S, LimitedJournal
from binarycop.journal.writers import MemoryJournal, Value

STEP_S = 0.05


class Setup:
    """A limited journal on a clock of its own."""

    def __init__(self) -> None:
        self.clock, self.memory = ManualClock(1000.0), MemoryJournal()
        self.journal = LimitedJournal(self.memory, self.clock)

    def wait(self, seconds: float) -> None:
        """Let the loop step for so long."""
        end_s = self.clock.now_s() + seconds
        while self.clock.now_s() < end_s:
            self.clock.advance_to(min(end_s, self.clock.now_s() + STEP_S))
            self.journal.flush()

    def happened(self) -> Counter[tuple[str, str]]:
        """How often each event of each gate happened, by the journal: written and counted."""
        found: Counter[tuple[str, str]] = Counter()
        for event, gate, values in self.memory.records:
            if event is Event.REPEATED:
                found[gate, str(values["what"])] += int(str(values["count"]))
            else:
                found[gate, event.spec.name] += 1
        return found


def test_what_happens_seldom_is_written_at_once_and_as_it_is() -> None:
    setup = Setup()
    for person in range(60):
        setup.journal.write(Event.REFUSE, "north", person=person, **{"class": "nose"})
        assert setup.memory.records[-1] == (Event.REFUSE, "north", {"person": person, "class": "nose"})
        setup.wait(1.0)
    assert len(setup.memory.records) == 60


def test_passages_at_60_hz_and_fire_at_20_hz_give_few_entries_and_no_count_is_lost() -> None:
    setup, minutes = Setup(), 2
    for _ in range(minutes * 60 * 20):
        for _ in range(3):
            setup.journal.write(Event.FORCED, "north", **{"class": "nobody"})
        setup.journal.write(Event.FIRE, "north", state="active")
        setup.wait(STEP_S)
    written = len(setup.memory.records)
    assert written <= 2 * (MOST_IN_WINDOW + 3 * minutes * 60 / WINDOW_S), "80 entries a second are less than one"
    setup.journal.close()
    assert setup.happened() == {("north", "forced"): minutes * 3600, ("north", "fire"): minutes * 1200}


def test_the_last_entry_tells_how_it_is() -> None:
    setup = Setup()
    for number in range(101):
        setup.journal.write(Event.FIRE, "north", state="over" if number % 2 else "active")
    setup.wait(WINDOW_S + STEP_S)
    *_, counted, last = setup.memory.records
    assert counted == (Event.REPEATED, "north", {"what": "fire", "count": 90, "seconds": 10.0})
    assert last == (Event.FIRE, "north", {"state": "active"})


def test_gates_and_events_are_limited_apart() -> None:
    setup = Setup()
    for gate in ("north", "south"):
        for _ in range(MOST_IN_WINDOW):
            setup.journal.write(Event.FIRE, gate, state="active")
            setup.journal.write(Event.OVERRIDE, gate, state="active")
    assert len(setup.memory.records) == 4 * MOST_IN_WINDOW


def test_after_a_storm_each_decision_has_its_entry_again() -> None:
    setup = Setup()
    for _ in range(500):
        setup.journal.write(Event.REFUSE, "north", person=1, **{"class": "nose"})
    setup.wait(2 * WINDOW_S + 1)
    for person in range(100, 110):
        setup.journal.write(Event.REFUSE, "north", person=person, **{"class": "nose"})
        setup.wait(3.0)
    decided = [values["person"] for event, _, values in setup.memory.records if event is Event.REFUSE]
    assert decided[-10:] == list(range(100, 110))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Event.FIRE, Event.OVERRIDE]),
            st.sampled_from(["north", "south", ""]),
            st.integers(1, 40),
            st.sampled_from([0.0, 0.0, 0.05, 3.0, 11.0, 25.0]),
        ),
        max_size=30,
    )
)
def test_written_and_counted_entries_are_all_that_happened(steps: list[tuple[Event, str, int, float]]) -> None:
    setup, happened = Setup(), Counter[tuple[str, str]]()
    for event, gate, count, wait_s in steps:
        values: dict[str, Value] = {"state": "active"}
        for _ in range(count):
            setup.journal.write(event, gate, **values)
        happened[gate, event.spec.name] += count
        setup.clock.advance_to(setup.clock.now_s() + wait_s)
        setup.journal.flush()
    setup.journal.close()
    assert setup.happened() == happened
