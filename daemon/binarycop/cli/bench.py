"""``binarycop bench``: compares the detectors on annotated pictures, or measures what gates or networks cost."""

from typing import Any

from binarycop.cli import bench_faces, bench_gates, bench_kernel


def add(commands: Any) -> None:
    """Add the subcommand; its parts have a module each."""
    parser = commands.add_parser(
        "bench", help="measure the face detectors, the cost of several gates, or the networks' speed"
    )
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for part in (bench_faces, bench_gates, bench_kernel):
        part.add(parts)
