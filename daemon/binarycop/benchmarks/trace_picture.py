"""Draws one frame of a trace as SVG: a row for each thread, a bar for each piece of work.

binarycop run --source clip.avi --trace trace.json
python -m binarycop.benchmarks.trace_picture trace.json docs/trace.svg
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from binarycop.trace import Stage

_WIDTH_PX, _LEFT_PX, _ROW_PX, _BAR_PX, _TOP_PX, _AXIS_PX = 960, 110, 56, 26, 56, 56
_MIN_LABEL_PX = 7.5  # of each letter: a shorter bar has its label below the row
_SHARE_AFTER = 0.12  # of the picture, for what goes on after the frame
_INK, _GRID = "#20262d", "#c9d0d6"
# White words stand on each of them, and words in each of them on white.
COLOURS = {
    Stage.CAPTURE: "#67727e",
    Stage.CONVERT: "#4a545e",
    Stage.TRACK: "#2b6cb0",
    Stage.DETECT: "#856514",
    Stage.CROP: "#1f7a75",
    Stage.CLASSIFY: "#2d7d46",
    Stage.VOTE: "#7457b0",
    Stage.GATE: "#a84474",
    Stage.LINES: "#b0471f",
    Stage.JOURNAL: "#5b6672",
}
_MAIN_THREAD = "MainThread"  # Python's name; the pages write main thread


@dataclass(frozen=True)
class Bar:
    """One span. Times are in microseconds since the trace's begin."""

    stage: Stage
    thread: str
    begin_us: float
    end_us: float


def read(file: Path) -> list[Bar]:
    """The spans of a trace, the earliest first. Raises ValueError or KeyError if it is none of ``--trace``."""
    events: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["traceEvents"]
    names = {event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
    spans = [event for event in events if event["ph"] == "X"]
    return [Bar(Stage(span["name"]), names[span["tid"]], span["ts"], span["ts"] + span["dur"]) for span in spans]


def one_frame(bars: Sequence[Bar]) -> tuple[list[Bar], float, float]:
    """What happens during one frame with a person, and its begin and end in microseconds.

    It is the frame of median length among those that were given to the detector, or among all that were classified if
    there is none; from the tracking until the journal was written. Raises ValueError if nobody was classified.
    """
    found = []
    for classify in (bar for bar in bars if bar.stage is Stage.CLASSIFY):
        tracks = [bar for bar in bars if bar.stage is Stage.TRACK and bar.end_us <= classify.begin_us]
        journals = [bar for bar in bars if bar.stage is Stage.JOURNAL and bar.begin_us >= classify.end_us]
        if tracks and journals:
            found.append((tracks[-1].begin_us, journals[0].end_us))
    if not found:
        raise ValueError("nobody was in front in this trace; use a source with people")
    detections_us = [bar.begin_us for bar in bars if bar.stage is Stage.DETECT]
    submitted = [(begin, end) for begin, end in found if any(begin <= at_us <= end for at_us in detections_us)]
    frames = sorted(submitted or found, key=lambda frame: frame[1] - frame[0])
    begin_us, end_us = frames[len(frames) // 2]
    return [bar for bar in bars if bar.end_us > begin_us and bar.begin_us < end_us], begin_us, end_us


def picture(bars: Sequence[Bar]) -> str:
    """The SVG text of one frame. Raises ValueError if nobody was classified."""
    shown, begin_us, end_us = one_frame(bars)
    length_us = end_us - begin_us
    scale = (_WIDTH_PX - _LEFT_PX - 16) * (1 - _SHARE_AFTER) / length_us
    threads = list(dict.fromkeys(bar.thread for bar in shown))
    height_px = _TOP_PX + _ROW_PX * len(threads) + _AXIS_PX
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH_PX}" height="{height_px}" '
        f'viewBox="0 0 {_WIDTH_PX} {height_px}" font-family="sans-serif" font-size="13" fill="{_INK}">',
        f"<title>One frame through the daemon&#39;s threads: {length_us:.0f} microseconds</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_LEFT_PX}" y="24" font-weight="600">One frame with a person in front: {length_us:.0f} µs from '
        "tracking until the lines are driven and the journal is written</text>",
        *_axis(length_us, scale, height_px),
    ]
    for row, thread in enumerate(threads):
        top_px = _TOP_PX + _ROW_PX * row
        lines.append(f'<text x="{_LEFT_PX - 10}" y="{top_px + 18}" text-anchor="end">{escape(_name_of(thread))}</text>')
        lines += _row([bar for bar in shown if bar.thread == thread], begin_us, scale, top_px)
    return "\n".join([*lines, "</svg>", ""])


def _name_of(thread: str) -> str:
    return "main thread" if thread == _MAIN_THREAD else thread


def _axis(length_us: float, scale: float, height_px: int) -> Iterator[str]:
    step_us = next(step for step in (50, 100, 200, 500, 1000, 2000, 5000, 10**9) if length_us / step <= 12)
    for at_us in range(0, int(length_us) + 1, step_us):
        x = _LEFT_PX + at_us * scale
        yield f'<path d="M{x:.1f} {_TOP_PX - 12}V{height_px - 48}" stroke="{_GRID}"/>'
        yield f'<text x="{x:.1f}" y="{height_px - 32}" text-anchor="middle">{at_us} µs</text>'
    yield (
        f'<text x="{_LEFT_PX}" y="{height_px - 12}" font-size="12">Time since the tracking began. '
        "An arrow: it began before, or goes on.</text>"
    )


def _row(bars: Sequence[Bar], begin_us: float, scale: float, top_px: int) -> Iterator[str]:
    free_px = 0.0  # where the next label below the row may begin
    named = set[Stage]()  # a label below the row has the colour of its bars, and stands there once
    for bar in bars:
        left = _LEFT_PX + max((bar.begin_us - begin_us) * scale, 0.0)
        right = min(_LEFT_PX + (bar.end_us - begin_us) * scale, _WIDTH_PX - 8.0)
        name, took_us = bar.stage.value, bar.end_us - bar.begin_us
        before = "← " if bar.begin_us < begin_us else ""
        after = " →" if _LEFT_PX + (bar.end_us - begin_us) * scale > right else ""
        text = f"{before}{name} {took_us:.0f} µs{after}"
        is_inside = any(other is not bar and other.begin_us <= bar.begin_us <= other.end_us for other in bars)
        inset = 5 if is_inside else 0
        yield (
            f'<rect x="{left:.1f}" y="{top_px + inset}" width="{max(right - left, 1):.1f}" '
            f'height="{_BAR_PX - 2 * inset}" fill="{COLOURS[bar.stage]}"><title>{text}</title></rect>'
        )
        if right - left > _MIN_LABEL_PX * len(text):
            yield f'<text x="{left + 5:.1f}" y="{top_px + 18}" fill="white">{text}</text>'
        elif bar.stage not in named:
            named.add(bar.stage)
            at_px = max(left, free_px)
            free_px = at_px + _MIN_LABEL_PX * len(name)
            yield (
                f'<text x="{at_px:.1f}" y="{top_px + _BAR_PX + 13}" font-size="11" fill="{COLOURS[bar.stage]}">'
                f"{name}</text>"
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw a picture; returns the exit code."""
    parser = argparse.ArgumentParser(description="Draws one frame of a trace as SVG.")
    parser.add_argument("trace", type=Path, help="the file that --trace has written")
    parser.add_argument("out", type=Path, help="the picture to write")
    options = parser.parse_args(arguments)
    try:
        options.out.write_text(picture(read(options.trace)), encoding="utf-8")
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error) if type(error) in (OSError, ValueError) else f"is no file of --trace ({error})"
        print(f"trace_picture: {options.trace}: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
