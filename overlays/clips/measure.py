"""Measure what the daemon decides on clips of passages, with ``binarycop replay``.

    python -m overlays.clips.measure work/clips/test --bundle cnv --config deploy/gate.yaml

The result is a table of permissions, refusals and undecided people by class, with Wilson intervals, and the share of
people that were counted as one person.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from binarycop.classes import LABELS
from overlays.command_line import make_parser
from overlays.training.evaluation import wilson_interval

Event = Mapping[str, Any]
"""A line of ``binarycop replay --json``."""
_OUTCOMES = ("is_permitted", "is_refused", "is_undecided")


@dataclass(frozen=True)
class Passage:
    """One person's passage. mask_class: the true class. persons: how often the person was counted."""

    mask_class: str
    persons: int
    is_permitted: bool
    is_refused: bool

    @property
    def is_undecided(self) -> bool:
        """Neither a permission nor a refusal."""
        return not self.is_permitted and not self.is_refused


def match_events(truth: Sequence[Event], events: Iterable[Event]) -> list[Passage]:
    """The passages of one clip. truth: as ``make`` writes it. events: of ``binarycop replay --json``.

    All events until the next person becomes visible belong to the previous person: a person is dropped half a second
    after the last sight, and the next one comes later.
    """
    named = [(float(event["t_s"]), str(event["event"])) for event in events]
    ends_s = [*(float(person["from_s"]) for person in truth[1:]), float("inf")]
    found = []
    for index, (person, end_s) in enumerate(zip(truth, ends_s)):
        begin_s = float(person["from_s"]) if index else 0.0
        counts = Counter(name for at_s, name in named if begin_s <= at_s < end_s)
        found.append(Passage(str(person["class"]), counts["person"], counts["permit"] > 0, counts["refuse"] > 0))
    return found


def replay(clips: Sequence[Path], options: Sequence[str]) -> dict[str, list[Event]]:
    """The events of each clip from ``binarycop replay``. Raises ValueError with its message if it fails."""
    command = [sys.executable, "-m", "binarycop", "replay", "--json", *options, *map(str, clips)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise ValueError(ran.stderr.strip())
    events: dict[str, list[Event]] = {str(clip): [] for clip in clips}
    for line in ran.stdout.splitlines():
        event = json.loads(line)
        events[event["clip"]].append(event)
    return events


def report(found: Sequence[Passage]) -> str:
    """The results as a Markdown table."""
    rows = ["| class | people | permission | refused | undecided |", "|---|---:|---:|---:|---:|"]
    for label in LABELS:
        own = [passage for passage in found if passage.mask_class == label]
        shares = (_share([getattr(passage, name) for passage in own]) for name in _OUTCOMES)
        rows.append(f"| {label} | {len(own)} | {' | '.join(shares)} |")
    bare = [passage.is_permitted for passage in found if passage.mask_class in ("nose", "nose_mouth")]
    rows.append(f"\nPermission with a bare nose, or a bare nose and mouth: {_share(bare)}.")
    rows.append(f"Counted as one person: {_share([passage.persons == 1 for passage in found])}.")
    return "\n".join(rows)


def _share(hits: Sequence[bool]) -> str:
    if not hits:
        return "–"
    low, high = wilson_interval(sum(hits), len(hits))
    return f"{sum(hits)}/{len(hits)} = {sum(hits) / len(hits):.3f} ({low:.3f}-{high:.3f})"


def main() -> int:
    """Replay the clips and print the results. Returns 1 if it fails."""
    parser = make_parser(__doc__)
    parser.add_argument("folder", type=Path, help="folder written by overlays.clips.make")
    parser.add_argument(
        "options", nargs=argparse.REMAINDER, help="options of binarycop replay: --bundle, --config, --finder"
    )
    arguments = parser.parse_args()
    clips = sorted(arguments.folder.glob("*.avi"))
    if not clips:
        print(f"measure: {arguments.folder} has no clips; make them with overlays.clips.make", file=sys.stderr)
        return 1
    try:
        events = replay(clips, arguments.options)
    except ValueError as error:
        print(f"measure: {error}", file=sys.stderr)
        return 1
    found = []
    for clip in clips:
        found += match_events(json.loads(clip.with_suffix(".json").read_text()), events[str(clip)])
    print(report(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
