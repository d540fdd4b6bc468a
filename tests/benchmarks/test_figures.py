"""Figures: what they summarise, how they are written and read again, and how they are shown."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from binarycop.benchmarks import read
from binarycop.benchmarks.compare import compare
from binarycop.benchmarks.figures import Part, Report, single, summary
from binarycop.benchmarks.machine import this_machine
from binarycop.benchmarks.table import comparison_lines, machine_lines, number, part_lines
from tests.benchmarks.fakes import MACHINE, kernel_part, report


def test_many_values_become_their_median_and_two_percentiles() -> None:
    figure = summary("n-cnv", "emulator", "one crop", "µs", [float(value) for value in range(11)])
    assert (figure.value, figure.low, figure.high, figure.samples) == (5, 1, 9, 11)


def test_a_figure_without_values_is_refused() -> None:
    with pytest.raises(ValueError, match="one crop of emulator has no value"):
        summary("n-cnv", "emulator", "one crop", "µs", [])


def test_a_ratio_is_to_the_reference_of_the_same_group_and_quantity() -> None:
    part = kernel_part(20, 140)
    assert [part.ratio(figure) for figure in part.figures] == [1, 7]
    other = Part("kernel", (*part.figures, single("cnv", "numpy", "one crop", "µs", 9)), "emulator")
    assert other.ratio(other.figures[-1]) is None


def test_this_machine_is_described() -> None:
    machine = this_machine()
    assert machine.cores >= 1
    assert machine.memory_mib > 100
    assert machine.processor
    assert machine.python.startswith("3.")


def test_a_run_is_read_again_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(json.dumps(report().row))
    assert read.report(file) == report()
    file.write_text(json.dumps(Report(this_machine(), ()).row))
    assert read.report(file).parts == ()


def changed(row: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    inner: Any = row
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return row


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), 2, "format is 2; write 1"),
        (("machine", "cores"), 0, "machine.cores is 0; write a whole number"),
        (("machine", "load"), None, r"machine.load is no list of numbers; write \[\] or a list of numbers"),
        (("machine", "load"), [1.5, "high"], "machine.load is no list of numbers"),
        (("parts",), [], r"parts is \[\]; write an object"),
        (
            ("parts", "kernel", "figures", 1, "value"),
            "fast",
            r"parts.kernel.figures\[1\].value is 'fast'; write a number",
        ),
        (("parts", "kernel", "figures", 0, "group"), "a\nb", r"parts.kernel.figures\[0\].group is 'a\\nb'; write text"),
        (("parts", "kernel", "notes"), [3], "parts.kernel.notes is no list of texts"),
    ],
)
def test_a_file_that_is_no_run_is_refused_with_the_field(
    tmp_path: Path, path: tuple[str | int, ...], value: Any, message: str
) -> None:
    file = tmp_path / "run.json"
    file.write_text(json.dumps(changed(json.loads(json.dumps(report().row)), path, value)))
    with pytest.raises(ValueError, match=message):
        read.report(file)


def test_a_table_has_the_spread_and_how_many_times_the_reference() -> None:
    lines = part_lines(kernel_part())
    assert lines[0] == "kernel: median, 10th and 90th percentile; times: divided by that of emulator"
    assert lines[2].split() == ["n-cnv", "median", "low", "high", "times"]
    assert lines[3].split() == ["emulator:", "one", "crop,", "µs", "20", "18", "30", "1.00"]
    assert lines[4].split() == ["onnxruntime:", "one", "crop,", "µs", "140", "126", "210", "7.00"]


def test_two_runs_are_compared_by_their_ratio_and_whether_their_spreads_overlap() -> None:
    near, far = compare(report(20), report(25)), compare(report(20), report(5))
    assert [line.split()[-3:] for line in comparison_lines("kernel", near.pairs["kernel"])[3:]] == [
        ["25", "1.25", "~"],
        ["140", "1.00", "~"],
    ]
    assert comparison_lines("kernel", far.pairs["kernel"])[3].split()[-2:] == ["5", "0.25"]
    assert near.only == 0


def test_a_figure_that_a_file_has_twice_counts_once() -> None:
    twice = Report(MACHINE, (replace(kernel_part(20), figures=2 * kernel_part(20).figures),))
    comparison = compare(twice, report(25))
    assert (len(comparison.pairs["kernel"]), comparison.only) == (2, 0)


def test_figures_of_one_run_only_are_counted_and_not_compared() -> None:
    first = kernel_part()
    second = Part("kernel", (*first.figures[:1], single("cnv", "emulator", "one crop", "µs", 70)), "emulator")
    comparison = compare(Report(MACHINE, (first,)), Report(MACHINE, (second,)))
    assert [len(pairs) for pairs in comparison.pairs.values()] == [1]
    assert comparison.only == 2


def test_every_line_fits_a_terminal_of_80_columns() -> None:
    long = single("g" * 30, "a case with a long name", "and a quantity with a longer one", "millions", 123456.0)
    pairs = [(long, long)]
    lines = [*machine_lines(MACHINE), *part_lines(Part("kernel", (long,), "none")), *comparison_lines("kernel", pairs)]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.123"), (8.0, "8"), (12.34, "12.3"), (123.4, "123"), (1234567.0, "1234567"), (0.0, "0")],
)
def test_a_number_has_three_digits(value: float, text: str) -> None:
    assert number(value) == text
