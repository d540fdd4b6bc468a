"""``binarycop bench gates``: what several gates on one machine cost."""

import argparse
import os
from pathlib import Path
from typing import Any

import cv2

from binarycop.cli.options import add_json, print_json
from binarycop.evaluation.gate_load import GATES, GateLoad, measure_gates
from binarycop.settings.load import MAX_GATES


def add(parts: Any) -> None:
    """Add the part ``gates``."""
    parser = parts.add_parser("gates", help="memory, threads and latency of a daemon with several gates")
    counts = ", ".join(map(str, GATES))
    parser.add_argument(
        "--gates",
        type=_count,
        action="append",
        metavar="N",
        help=f"number of gates, 1 to {MAX_GATES} (default: {counts})",
    )
    parser.add_argument("--clip", type=Path, metavar="CLIP", help="what all gates play (default: a drawn one)")
    parser.add_argument("--bundle", metavar="NAME", help="the network (default: n-cnv)")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run ``bench gates``. Raises SourceError if a daemon fails."""
    of_run = ["--bundle", options.bundle] if options.bundle else []
    loads = measure_gates(options.gates or GATES, options.clip, of_run)
    if options.json:
        print_json({"cores": _usable_cores(), "gates": [load.row for load in loads]})
        return 0
    print(f"{_usable_cores()} cores, OpenCV {cv2.__version__}; all gates play one clip at the same time")
    for line in table(loads):
        print(line)
    return 0


def table(loads: list[GateLoad]) -> list[str]:
    """Lines of text, a row for each number of gates."""
    lines = ["gates  peak MiB  private MiB  threads  cores  dropped   p50 ms   p99 ms"]
    for load in loads:
        dropped = load.dropped / max(load.captured, 1)
        memory = f"{load.gates:5d}  {load.peak_mib:8.0f}  {load.private_mib:11.0f}  {load.threads:7d}"
        lines.append(f"{memory}  {load.cores:5.2f}  {dropped:7.1%}  {load.p50_ms:7.1f}  {load.p99_ms:7.1f}")
    return lines


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 2 or not 1 <= int(text) <= MAX_GATES:
        raise argparse.ArgumentTypeError(f"{text!r} should be a number from 1 to {MAX_GATES}")
    return int(text)


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0))
