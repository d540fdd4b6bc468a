"""What the daemon decides on clips of passages, through its own replay:

    python -m overlays.clips.measure work/clips/test --bundle cnv --config deploy/gate.yaml

Permission, refusal or neither by the true class, with Wilson's intervals, and whether each person was counted as one.
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
from overlays.training.evaluation import wilson_interval

Event = Mapping[str, Any]
_OUTCOMES = ("is_permitted", "is_refused", "is_undecided")


@dataclass(frozen=True)
class Passage:
    """One person's: what they wore, how often they were counted, and what came of it."""

    mask_class: str
    persons: int
    is_permitted: bool
    is_refused: bool

    @property
    def is_undecided(self) -> bool:
        """Neither let through nor refused."""
        return not self.is_permitted and not self.is_refused


def match_events(truth: Sequence[Event], told: Iterable[Event]) -> list[Passage]:
    """The passages of one clip. truth: as ``make`` writes it. told: the events of ``binarycop replay --json``.

    What is told before the next one comes into sight is about the one before: they are let go half a second after
    they were last seen, and the next one comes later.
    """
    events = [(float(one["t_s"]), str(one["event"])) for one in told]
    ends_s = [*(float(one["from_s"]) for one in truth[1:]), float("inf")]
    found = []
    for index, (one, end_s) in enumerate(zip(truth, ends_s)):
        begin_s = float(one["from_s"]) if index else 0.0
        events_of = Counter(event for at_s, event in events if begin_s <= at_s < end_s)
        found.append(Passage(str(one["class"]), events_of["person"], events_of["permit"] > 0, events_of["refuse"] > 0))
    return found


def replay(clips: Sequence[Path], options: Sequence[str]) -> dict[str, list[Event]]:
    """Every clip's events through ``binarycop replay``. Raises ValueError with what it says where it fails."""
    command = [sys.executable, "-m", "binarycop", "replay", "--json", *options, *map(str, clips)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise ValueError(ran.stderr.strip())
    told: dict[str, list[Event]] = {str(clip): [] for clip in clips}
    for line in ran.stdout.splitlines():
        one = json.loads(line)
        told[one["clip"]].append(one)
    return told


def report(found: Sequence[Passage]) -> str:
    """The table, as Markdown."""
    rows = ["| worn | people | permission | refused | undecided |", "|---|---:|---:|---:|---:|"]
    for label in LABELS:
        own = [one for one in found if one.mask_class == label]
        shares = (_share([getattr(one, name) for one in own]) for name in _OUTCOMES)
        rows.append(f"| {label} | {len(own)} | {' | '.join(shares)} |")
    bare = [one.is_permitted for one in found if one.mask_class in ("nose", "nose_mouth")]
    rows.append(f"\nNose, or nose and mouth, given permission: {_share(bare)}.")
    rows.append(f"Counted as one person: {_share([one.persons == 1 for one in found])}.")
    return "\n".join(rows)


def _share(hits: Sequence[bool]) -> str:
    if not hits:
        return "–"
    low, high = wilson_interval(sum(hits), len(hits))
    return f"{sum(hits)}/{len(hits)} = {sum(hits) / len(hits):.3f} ({low:.3f}-{high:.3f})"


def main() -> int:
    """Replay and print; 1 where it cannot be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what overlays.clips.make has made")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="for binarycop replay: --bundle, --config, --finder")
    arguments = parser.parse_args()
    clips = sorted(arguments.folder.glob("*.avi"))
    if not clips:
        print(f"passages: {arguments.folder} has no clips; make them with overlays.clips.make", file=sys.stderr)
        return 1
    try:
        told = replay(clips, arguments.options)
    except ValueError as error:
        print(f"passages: {error}", file=sys.stderr)
        return 1
    found = []
    for clip in clips:
        found += match_events(json.loads(clip.with_suffix(".json").read_text()), told[str(clip)])
    print(report(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
