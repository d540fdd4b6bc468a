"""Measure the mode low-power on clips with long pauses: how long it takes to wake, and whether anybody is missed.

    python -m overlays.clips.make --data ../shared/data --photographs test --empty 5 --out work/clips/pauses
    python -m overlays.clips.wake work/clips/pauses --bundle n-cnv

Each clip runs through ``binarycop replay`` in both modes. The result is a table of times, from the first frame with a
person, and of decisions that differ. ``service.sleep_after_s`` is 3 s, so that the clips can be short; the sleep itself
does not depend on it.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from binarycop.settings.service import Mode
from overlays.clips.measure import Event, replay
from overlays.clips.render import RATE_HZ
from overlays.command_line import make_parser

_SLEEP_AFTER_S = 3.0
_OUTCOMES = ("permit", "refuse")


@dataclass(frozen=True)
class Approach:
    """One person's passage in one mode. Times are in seconds since the first frame in which the person is visible.

    awake_s: the first frame that is looked at in full, if the service was asleep before. person_s: in front. verdict_s:
    a class as verdict. outcomes: of ``_OUTCOMES``, in order.
    """

    awake_s: float | None
    person_s: float | None
    verdict_s: float | None
    outcomes: tuple[str, ...]


def approaches(truth: Sequence[Mapping[str, object]], events: Iterable[Event]) -> list[Approach]:
    """The passages of one clip. truth: as ``make`` writes it. events: of ``binarycop replay --json``."""
    all_events = list(events)
    begins_s = [math.ceil(float(str(person["from_s"])) * RATE_HZ) / RATE_HZ for person in truth]
    found = []
    for begin_s, end_s in zip(begins_s, [*begins_s[1:], math.inf]):
        own = [event for event in all_events if begin_s <= float(event["t_s"]) + 1e-3 < end_s]
        verdicts = [event for event in own if event["event"] == "verdict" and event["class"] != "undecided"]
        found.append(
            Approach(
                _first_s([event for event in own if event["event"] == "awake"], begin_s),
                _first_s([event for event in own if event["event"] == "person"], begin_s),
                _first_s(verdicts, begin_s),
                tuple(str(event["event"]) for event in own if event["event"] in _OUTCOMES),
            )
        )
    return found


def report(performance: Sequence[Approach], low_power: Sequence[Approach], frames: Mapping[Mode, int]) -> str:
    """The results as a Markdown table. frames: how many were looked at in each mode."""
    pairs = list(zip(performance, low_power))
    woken = [after.awake_s for after in low_power if after.awake_s is not None]
    missed = sum(before.person_s is not None and after.person_s is None for before, after in pairs)
    differ = sum(before.outcomes != after.outcomes for before, after in pairs)
    share = frames[Mode.LOW_POWER] / frames[Mode.PERFORMANCE]
    rows = [
        f"{len(pairs)} people, of whom {len(woken)} woke the service.",
        "",
        "| from a person's first frame, in ms | 50 % | 95 % | at most |",
        "|---|---:|---:|---:|",
        f"| until a frame is looked at in full, low-power | {_spread(woken)} |",
    ]
    for name, field in (("in front", "person_s"), ("a verdict", "verdict_s")):
        both = [(getattr(before, field), getattr(after, field)) for before, after in pairs]
        rows.append(f"| until {name}, performance | {_spread(first for first, _ in both)} |")
        rows.append(f"| until {name}, low-power | {_spread(second for _, second in both)} |")
        later = [second - first for first, second in both if first is not None and second is not None]
        rows.append(f"| {name} later in low-power | {_spread(later)} |")
    rows += ["", f"Missed in low-power: {missed}. Permissions and refusals that differ: {differ}."]
    rows.append(f"Frames looked at: {share:.0%} of those in performance.")
    return "\n".join(rows)


def _first_s(events: Sequence[Event], begin_s: float) -> float | None:
    return float(events[0]["t_s"]) - begin_s if events else None


def _spread(times_s: Iterable[float | None]) -> str:
    known = [1000 * time_s for time_s in times_s if time_s is not None]
    if not known:
        return "– | – | –"
    return " | ".join(f"{value:.0f}" for value in (*np.percentile(known, [50, 95]), max(known)))


def main() -> int:
    """Replay the clips in both modes and print the results. Returns 1 if it fails."""
    parser = make_parser(__doc__)
    parser.add_argument("folder", type=Path, help="folder written by overlays.clips.make --empty")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="options of binarycop replay: --bundle, --finder")
    arguments = parser.parse_args()
    clips = sorted(arguments.folder.glob("*.avi"))
    if not clips:
        print(f"wake: {arguments.folder} has no clips; make them with overlays.clips.make", file=sys.stderr)
        return 1
    truths = [json.loads(clip.with_suffix(".json").read_text()) for clip in clips]
    found: dict[Mode, list[Approach]] = {}
    frames: dict[Mode, int] = {}
    with TemporaryDirectory() as folder:
        for mode in Mode:
            config = Path(folder) / f"{mode.value}.yaml"
            config.write_text(f"service: {{mode: {mode.value}, sleep_after_s: {_SLEEP_AFTER_S}}}\n")
            try:
                events = replay(clips, ["--config", str(config), *arguments.options])
            except ValueError as error:
                print(f"wake: {error}", file=sys.stderr)
                return 1
            pairs = zip(truths, (events[str(clip)] for clip in clips))
            found[mode] = [approach for truth, own in pairs for approach in approaches(truth, own)]
            frames[mode] = sum(
                event["frames"] for own in events.values() for event in own if event["event"] == "summary"
            )
    print(report(found[Mode.PERFORMANCE], found[Mode.LOW_POWER], frames))
    return 0


if __name__ == "__main__":
    sys.exit(main())
