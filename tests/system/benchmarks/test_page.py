"""The page of the benchmarks is that of its run, and says which targets the run reaches."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from binarycop.benchmarks import read
from binarycop.benchmarks.figures import Figure, Part, Report, single
from tests.benchmarks.fakes import MACHINE, kernel_part, report
from tests.system.benchmarks.page import page, plots
from tests.system.benchmarks.plot import plot
from tests.system.benchmarks.run import DOCS, PAGE, RUN, merged
from tests.system.benchmarks.targets import targets


@pytest.mark.skipif(not RUN.is_file(), reason="there is no run yet")
def test_the_page_and_its_plots_are_those_of_the_run() -> None:
    run = read.report(RUN)
    assert PAGE.read_text(encoding="utf-8") == page(run), "run `make benchmarks WRITE=1`"
    for name, text in plots(run).items():
        assert (DOCS / name).read_text(encoding="utf-8") == text


def test_a_target_is_reached_or_missed_by_the_runs_own_figures() -> None:
    text = page(report(emulator_us=20))
    assert "| n-cnv, one crop, at most 27 µs | 20 µs | reached |" in text
    assert "| n-cnv, one crop, onnxruntime's time at least 6 times the emulator's | 7 times | reached |" in text
    assert "| n-cnv, one crop, at most 27 µs | 28 µs | missed |" in page(report(emulator_us=28))
    assert "start to ready" not in text


def test_avx_512_has_narrower_targets() -> None:
    assert [target.limit for target in targets("avx2")[:3]] == [27, 27, 160]
    assert [target.limit for target in targets("avx512")[:3]] == [20, 20, 60]


def test_every_part_has_a_heading_its_rows_and_what_was_left_out() -> None:
    text = page(report())
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "The machine",
        "Targets",
        "`bench kernel`",
        "`bench instructions`",
    ]
    assert "| onnxruntime: one crop, µs | 140 | 126 to 210 | 7.00 |" in text
    assert "- left out: callgrind: is not there" in text


def test_a_plot_has_a_bar_for_each_figure_and_escapes_its_words() -> None:
    figures = [single("a & b", "<case>", "x", "ms", 4.0), single("a & b", "half", "x", "ms", 2.0)]
    root = ET.fromstring(plot(figures, "range", "a < b"))
    widths = [node.get("width") for node in root.iter() if node.tag.endswith("rect") and node.get("x")]
    assert [float(width or 0) for width in widths] == [360.0, 180.0]
    words = {node.text for node in root.iter() if node.tag.endswith("text")}
    assert words == {"a < b", "<case>", "half", "4 ms", "2 ms", "Bar: median"}
    assert [node.text for node in root.iter() if node.tag.endswith("title")] == ["a < b"]


def test_a_plot_says_what_its_lines_are_and_that_its_groups_have_scales_of_their_own() -> None:
    figures = [Figure(group, "case", "x", "ms", 4.0, 3.0, 5.0) for group in ("one", "other")]
    drawn = plot(figures, "range", "title")
    assert ">Bar: median; line: range. Each group has a scale of its own, from 0<" in drawn
    assert ">one<" in drawn
    assert ">other<" in drawn


def test_later_runs_replace_parts_of_earlier_ones_in_the_pages_order() -> None:
    later = Report(replace(MACHINE, cores=9), (Part("frame", ()), kernel_part(5.0)))
    both = merged([report(20.0), later])
    assert [part.name for part in both.parts] == ["kernel", "frame", "instructions"]
    assert both.parts[0] == kernel_part(5.0)
    assert both.machine == MACHINE
