"""How texts are put into the lines of a terminal."""

import pytest

from binarycop.cli.wrapping import kept_together, wrap

EVIDENCE = "person 3: nose_mouth; 59 frames: nose_mouth 59; lead 101/16; face 89 px, bright 145, sharp 7"


@pytest.mark.parametrize("columns", range(20, 100))
def test_a_number_and_its_unit_stay_in_one_line(columns: int) -> None:
    lines = wrap(EVIDENCE, columns)
    assert " ".join(lines) == EVIDENCE
    assert max(map(len, lines)) <= columns
    assert sum("89 px" in line for line in lines) == 1


@pytest.mark.parametrize("unit", ["px", "ms", "s", "min", "Hz", "MiB", "%", "°C"])
def test_each_unit_is_known(unit: str) -> None:
    assert wrap(f"so many: 12 {unit} now", len("so many: 12")) == ["so many:", f"12 {unit} now"]


def test_a_word_that_only_begins_like_a_unit_is_none() -> None:
    assert wrap("one of 8 stages", len("one of 8")) == ["one of 8", "stages"]


def test_spaces_that_are_kept_together_come_back_as_spaces() -> None:
    assert wrap(f"a {kept_together('relay is off')} b", 12) == ["a", "relay is off", "b"]


def test_lines_have_a_begin_and_an_indent_and_an_empty_text_has_no_line() -> None:
    assert wrap("look at the lens", 10, begin="-> ", indent="   ") == ["-> look at", "   the", "   lens"]
    assert wrap("", 10) == []


def test_a_path_is_cut_only_if_that_is_asked_for() -> None:
    assert wrap("/etc/binarycop/gate.yaml", 10, cuts_words=False) == ["/etc/binarycop/gate.yaml"]
    assert wrap("/etc/binarycop/gate.yaml", 10) == ["/etc/binar", "ycop/gate.", "yaml"]
