"""The trace of where the time goes: what Perfetto reads, and nothing that should not leave the device."""

import io
import json
import threading
from typing import Any

import pytest

from binarycop.clock import ManualClock
from binarycop.trace import NO_TRACER, ChromeTracer, Stage

CLOCK_AT_S = 1000.0


def written(tracer: ChromeTracer) -> list[dict[str, Any]]:
    """The events of the file."""
    file = io.StringIO()
    tracer.write(file)
    events: list[dict[str, Any]] = json.loads(file.getvalue())["traceEvents"]
    return events


def spans(tracer: ChromeTracer) -> list[dict[str, Any]]:
    return [event for event in written(tracer) if event["ph"] == "X"]


def test_a_span_has_its_begin_and_its_length_in_microseconds_since_the_first_one() -> None:
    clock = ManualClock(CLOCK_AT_S)
    tracer = ChromeTracer(clock.now_s)
    with tracer.span(Stage.TRACK):
        clock.advance_to(CLOCK_AT_S + 0.25)
    clock.advance_to(CLOCK_AT_S + 0.5)
    with tracer.span(Stage.CROP):
        clock.advance_to(CLOCK_AT_S + 0.5625)
    assert [(span["name"], span["ts"], span["dur"]) for span in spans(tracer)] == [
        ("track", 0.0, 250_000.0),
        ("crop", 500_000.0, 62_500.0),
    ]


def test_a_span_within_another_one_lies_within_its_times() -> None:
    clock = ManualClock()
    tracer = ChromeTracer(clock.now_s)
    with tracer.span(Stage.CAPTURE):
        clock.advance_to(1.0)
        with tracer.span(Stage.CONVERT):
            clock.advance_to(2.0)
        clock.advance_to(3.0)
    outer, inner = spans(tracer)
    assert (outer["name"], inner["name"]) == ("capture", "convert")
    assert outer["ts"] <= inner["ts"]
    assert inner["ts"] + inner["dur"] <= outer["ts"] + outer["dur"]


def test_a_span_that_ends_by_an_error_counts_too() -> None:
    tracer = ChromeTracer(ManualClock().now_s)
    with pytest.raises(ValueError, match="wrong"), tracer.span(Stage.GATE):
        raise ValueError("wrong")
    assert [span["name"] for span in spans(tracer)] == ["gate"]


def test_spans_of_several_gates_are_in_one_file_each_with_its_gate() -> None:
    tracer = ChromeTracer(ManualClock().now_s)
    with tracer.of_gate("north").span(Stage.CROP), tracer.of_gate("south").span(Stage.CROP):
        pass
    with tracer.span(Stage.CLASSIFY):
        pass
    assert sorted(str(span["args"]) for span in spans(tracer)) == ["{'gate': 'north'}", "{'gate': 'south'}", "{}"]


def test_each_thread_has_a_row_with_its_name() -> None:
    tracer = ChromeTracer(ManualClock().now_s)

    def detect() -> None:
        with tracer.span(Stage.DETECT):
            pass

    thread = threading.Thread(target=detect, name="detector")
    thread.start()
    thread.join()
    with tracer.span(Stage.LINES):
        pass
    events = written(tracer)
    names = {event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
    rows = {event["name"]: names[event["tid"]] for event in events if event["ph"] == "X"}
    assert rows == {"detect": "detector", "lines": threading.current_thread().name}


def test_only_the_newest_spans_are_kept_so_memory_is_bounded() -> None:
    clock = ManualClock()
    tracer = ChromeTracer(clock.now_s, max_spans=3)
    for number in range(10):
        with tracer.span(Stage.LINES):
            clock.advance_to(number + 1.0)
    assert [span["dur"] for span in spans(tracer)] == [1e6] * 3


def test_a_file_without_spans_can_be_read() -> None:
    assert written(ChromeTracer(ManualClock().now_s)) == []


def test_without_a_tracer_a_span_is_always_the_same_object_and_keeps_nothing() -> None:
    assert NO_TRACER.of_gate("gate") is NO_TRACER
    assert NO_TRACER.span(Stage.TRACK) is NO_TRACER.span(Stage.CROP)
    with NO_TRACER.span(Stage.TRACK), NO_TRACER.span(Stage.CROP):
        pass
