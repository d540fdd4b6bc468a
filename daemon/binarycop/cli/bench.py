"""``binarycop bench``: compares the detectors on annotated pictures, or measures what gates or networks cost."""

import argparse

from binarycop.cli import bench_faces, bench_gates, bench_kernel


def add(parser: argparse.ArgumentParser) -> None:
    """Add the parts, which have a module each."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for part in (bench_faces, bench_gates, bench_kernel):
        part.add(parts)
