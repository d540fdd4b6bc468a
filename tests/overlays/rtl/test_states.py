"""The states of the control that the benches visit: the page has all of them, and says why some are not visited."""

from tests.system.rtl import coverage
from tests.system.rtl.coverage import NOT_VISITED, PAGE, UNITS, Visits, states, summary, visits


def test_the_page_has_every_state_and_a_reason_for_those_that_are_not_visited() -> None:
    page = PAGE.read_text(encoding="utf-8")
    count = len(list(states()))
    assert f"\n{count - len(NOT_VISITED)} of {count} states are visited." in page
    sections = {unit: text for unit in UNITS for text in page.split("## ") if f"`{unit}`\n" in text}
    for unit, label in states():
        rows = [line for line in sections[unit].splitlines() if line.startswith(f"| {label.replace('_', ' ')} | ")]
        assert len(rows) == 1, (unit, label)
        assert ("never: " + NOT_VISITED.get((unit, label), "") in rows[0]) == ((unit, label) in NOT_VISITED)


def test_every_state_belongs_to_a_unit_and_every_excuse_to_a_state() -> None:
    found = list(states())
    assert len(found) > 100
    assert {unit for unit, _ in found} == set(UNITS)
    assert set(NOT_VISITED) <= set(found)


def test_counts_of_all_instances_are_added_up(tmp_path) -> None:  # type: ignore[no-untyped-def]
    line = "C '\x01f\x02a.sv\x01page\x02v_user/deadman_states{}\x01o\x02arms\x01h\x02TOP.{}' {}\n"
    file = tmp_path / "counts"
    file.write_text(line.format("", "a", 2) + line.format("__W3", "b", 5))
    assert visits([file]).counts["deadman", "arms"] == 7


def test_a_state_that_is_not_visited_is_missing_unless_it_has_an_excuse() -> None:
    excused = next(iter(NOT_VISITED))
    counted = Visits({state: 0 if state in (excused, ("deadman", "arms")) else 1 for state in states()})
    assert counted.missing == [("deadman", "arms")]
    assert counted.wrongly_excused == list(NOT_VISITED)[1:]
    assert "14 of 15" in summary(counted)
    assert coverage.page(counted).count("never: ") == 2
