"""The diagrams of the page of ``binarycop stats``: a column for each row, and labels that can be read."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from binarycop.cli.stats_diagram import COLOURS, boxes, columns
from binarycop.cli.stats_figures import Row

SVG = "{http://www.w3.org/2000/svg}"
WIDTH_PX = 960
LETTER_PX = 6.7  # of DejaVu Sans in 11 px, the widest of a page's usual fonts


def row(name: str) -> Row:
    """Ten people, of whom six got the permission."""
    counts = {"permissions": 6, "refusals": 3, "undecided": 1}
    return Row(name, counts, {}, (None, None, None), (None, None, None), None)


def labels_of(svg: str) -> list[tuple[float, str]]:
    """The labels below the axis, from left to right."""
    texts = ElementTree.fromstring(svg).iter(f"{SVG}text")
    return [(float(each.attrib["x"]), each.text or "") for each in texts if "text-anchor" not in each.attrib]


@pytest.mark.parametrize("count", [1, 2, 7, 24, 72, 400])
def test_labels_of_times_stand_beside_each_other_and_in_the_diagram(count: int) -> None:
    hours = [f"2026-05-{day:02d} {hour:02d}:00" for day in range(1, 20) for hour in range(24)][:count]
    for svg in (columns([row(name) for name in hours], are_times=True), boxes(dict.fromkeys(hours, (1.0, 2.0, 3.0)))):
        labels = labels_of(svg)
        assert labels[0][1] == hours[0]
        assert all(x + LETTER_PX * len(name) < next_x for (x, name), (next_x, _) in pairwise(labels))
        assert labels[-1][0] + LETTER_PX * len(labels[-1][1]) <= WIDTH_PX


@pytest.mark.parametrize("count", [1, 3, 16])
def test_each_gate_has_a_label_that_is_shortened_to_its_column(count: int) -> None:
    names = [f"entrance {number} with a long name in the north of the house" for number in range(count)]
    labels = labels_of(columns([row(name) for name in names], are_times=False))
    assert len(labels) == count
    step_px = (WIDTH_PX - labels[0][0]) / count
    assert all(LETTER_PX * len(name) < step_px for _, name in labels)
    assert [name.removesuffix("…") for _, name in labels] == [
        name[: len(label.removesuffix("…"))] for name, (_, label) in zip(names, labels, strict=True)
    ]


def test_a_column_has_a_part_for_each_decision_and_names_its_figures() -> None:
    root = ElementTree.fromstring(columns([row("<south>")], are_times=False))
    assert [each.attrib["fill"] for each in root.iter(f"{SVG}rect")] == list(COLOURS.values())
    assert [float(each.attrib["height"]) for each in root.iter(f"{SVG}rect")] == [132.0, 66.0, 22.0]
    assert [each.text for each in root.iter(f"{SVG}title")] == ["<south>: permissions 6, refusals 3, undecided 1"]


def test_nothing_to_draw_is_an_empty_diagram() -> None:
    assert labels_of(columns([], are_times=True)) == []
