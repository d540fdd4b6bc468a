"""Draw one image's way through the pipeline: when each stage gives its words.

python -m overlays.rtl.timeline overlays/bundles/n-cnv --out overlays/rtl/n-cnv.svg

The times are those of the schedule, which the simulated circuit has too.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from binarycop.bundle import files
from binarycop.errors import BundleError
from overlays.atomic_write import atomic_write
from overlays.command_line import make_parser
from overlays.rtl.generate import CLOCK_MHZ, default_plan
from overlays.rtl.plan import Plan
from overlays.rtl.schedule import arrivals

_LEFT, _WIDTH, _RIGHT, _ROW, _BAR = 110, 800, 30, 26, 18
_BINS = 200
_MAX_TICKS = 8


def drawing(plan: Plan, title: str) -> str:
    """The picture as SVG: a row for the pixels and for each stage, dark where many words come."""
    pixels = plan.stages[0].pixels
    first = [pixel * plan.schedule.clocks_per_image // pixels for pixel in range(pixels)]
    rows = [("pixels", first), *zip([stage.name for stage in plan.stages], arrivals(plan.stages))]
    end = plan.schedule.latency
    height = (len(rows) + 2) * _ROW + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + _RIGHT} {height}"',
        ' font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_LEFT}" y="18" font-weight="600">{title}</text>',
    ]
    for index, (name, clocks) in enumerate(rows, 1):
        top = index * _ROW
        parts.append(f'<text x="{_LEFT - 8}" y="{top + 14}" text-anchor="end">{name}</text>')
        parts.append(f'<rect x="{_LEFT}" y="{top}" width="{_WIDTH}" height="{_BAR}" fill="#f2f2f2"/>')
        parts += _bars(clocks, end, top)
    bottom = (len(rows) + 1) * _ROW
    end_us = end / CLOCK_MHZ
    step_us = next(step for step in (1, 2, 5, 10, 20, 50, 100, 10**9) if end_us / step <= _MAX_TICKS)
    for tick_us in range(0, int(end_us) + 1, step_us):
        x = _LEFT + _WIDTH * tick_us / end_us
        parts.append(f'<text x="{x:g}" y="{bottom + 14}" text-anchor="middle">{tick_us} µs</text>')
    return "\n".join([*parts, "</svg>", ""])


def _bars(clocks: Sequence[int], end: int, top: int) -> list[str]:
    counts = [0] * _BINS
    for clock in clocks:
        counts[min(clock * _BINS // end, _BINS - 1)] += 1
    most = max(counts)
    width = _WIDTH / _BINS
    return [
        f'<rect x="{_LEFT + index * width:g}" y="{top}" width="{width:g}" height="{_BAR}" fill="#1f5fa8" '
        f'fill-opacity="{0.3 + 0.7 * count / most:.2f}"/>'
        for index, count in enumerate(counts)
        if count
    ]


def main(words: list[str] | None = None) -> int:
    """Run the command. Returns 1, with one line on stderr, if it fails."""
    parser = make_parser(__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the picture, SVG")
    options = parser.parse_args(words)
    try:
        bundle = files.load(options.bundle)
        plan = default_plan(bundle)
        times = plan.schedule
        title = (
            f"{bundle.manifest.name}: one image in {times.latency} clocks at {CLOCK_MHZ:g} MHz, "
            f"the next one {times.clocks_per_image} clocks later"
        )
        with atomic_write(options.out) as partial:
            partial.write_text(drawing(plan, title))
    except (BundleError, ValueError, OSError) as error:
        print(f"timeline: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
