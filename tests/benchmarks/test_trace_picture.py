"""The picture of one frame of a trace."""

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from binarycop.benchmarks.trace_picture import COLOURS, Bar, main, one_frame, picture
from binarycop.clock import ManualClock
from binarycop.trace import ChromeTracer, Stage


def frame(at_us: float, length_us: float = 100.0, *, detects: bool = False) -> list[Bar]:
    """One frame with a person."""
    bars = [
        Bar(Stage.TRACK, "perception", at_us, at_us + 20),
        Bar(Stage.CLASSIFY, "perception", at_us + 30, at_us + 40),
        Bar(Stage.VOTE, "MainThread", at_us + 50, at_us + 55),
        Bar(Stage.JOURNAL, "MainThread", at_us + length_us - 1, at_us + length_us),
    ]
    return [*bars[:1], Bar(Stage.DETECT, "detector", at_us + 10, at_us + 5000), *bars[1:]] if detects else bars


def test_the_frame_of_median_length_is_drawn_from_its_tracking_to_its_journal() -> None:
    bars = [*frame(0, 100), *frame(10_000, 300), *frame(20_000, 200)]
    shown, begin_us, end_us = one_frame(bars)
    assert (begin_us, end_us) == (20_000, 20_200)
    assert {bar.begin_us for bar in shown} == {20_000, 20_030, 20_050, 20_199}


def test_a_frame_that_the_detector_got_is_preferred() -> None:
    bars = [*frame(0), *frame(10_000, detects=True), *frame(20_000)]
    shown, begin_us, _ = one_frame(bars)
    assert begin_us == 10_000
    assert Stage.DETECT in {bar.stage for bar in shown}


def test_a_trace_in_which_nobody_came_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="nobody was in front"):
        picture([Bar(Stage.TRACK, "perception", 0, 10)])


def test_each_thread_has_a_row_and_each_piece_of_work_a_bar_with_its_time() -> None:
    root = ElementTree.fromstring(picture(frame(0, detects=True)))
    name = "{http://www.w3.org/2000/svg}"
    texts = [element.text for element in root.iter(f"{name}text")]
    assert {"perception", "detector", "main thread"} <= set(texts)
    titles = [element.text for rect in root.iter(f"{name}rect") for element in rect]
    assert titles == ["track 20 µs", "classify 10 µs", "detect 4990 µs →", "vote 5 µs", "journal 1 µs"]


def test_work_that_began_before_the_frame_or_goes_on_after_it_has_an_arrow() -> None:
    bars = [Bar(Stage.CAPTURE, "grabber", 900, 1030), *frame(1000), Bar(Stage.CAPTURE, "grabber", 1040, 9000)]
    drawn = picture(sorted(bars, key=lambda bar: bar.begin_us))
    assert "<title>← capture 130 µs</title>" in drawn
    assert "<title>capture 7960 µs →</title>" in drawn


def test_each_stage_has_a_colour_that_white_words_are_read_on() -> None:
    assert set(COLOURS) == set(Stage)
    assert [stage for stage, colour in COLOURS.items() if contrast_with_white(colour) < 4.5] == []


def contrast_with_white(colour: str) -> float:
    """The contrast of WCAG 2.1, 1 to 21."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def test_what_the_program_writes_can_be_drawn(tmp_path: Path) -> None:
    clock = ManualClock()
    tracer = ChromeTracer(clock.now_s)
    for number, stage in enumerate([Stage.TRACK, Stage.CROP, Stage.CLASSIFY, Stage.VOTE, Stage.LINES, Stage.JOURNAL]):
        with tracer.span(stage):
            clock.advance_to(1e-4 * (number + 1))
    file = io.StringIO()
    tracer.write(file)
    (tmp_path / "trace.json").write_text(file.getvalue())
    assert main([str(tmp_path / "trace.json"), str(tmp_path / "trace.svg")]) == 0
    assert "600 µs from" in (tmp_path / "trace.svg").read_text()
    assert json.loads(file.getvalue())["traceEvents"]


def test_a_short_bar_has_its_label_below_in_its_colour_and_once_in_each_row() -> None:
    bars = [*frame(0, 100), Bar(Stage.VOTE, "MainThread", 60, 65)]
    root = ElementTree.fromstring(picture(sorted(bars, key=lambda bar: bar.begin_us)))
    texts = [element for element in root.iter("{http://www.w3.org/2000/svg}text") if element.text == "vote"]
    assert [element.get("fill") for element in texts] == [COLOURS[Stage.VOTE]]


def test_a_file_that_is_no_trace_is_one_line_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("# a page", "{}", "[]"):
        (tmp_path / "other").write_text(text)
        assert main([str(tmp_path / "other"), str(tmp_path / "trace.svg")]) == 1
        assert capsys.readouterr().err.startswith(f"trace_picture: {tmp_path / 'other'}: is no file of --trace (")
