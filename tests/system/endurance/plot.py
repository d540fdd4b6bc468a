"""Line charts as SVG: one panel for each series, each with its own range from 0."""

from collections.abc import Mapping, Sequence

_WIDTH_PX, _HEIGHT_PX, _LEFT_PX, _GAP_PX = 640, 90, 110, 24


def plot(series: Mapping[str, Sequence[float]], caption: str) -> str:
    """Returns the SVG text. Raises ValueError if a series is empty."""
    panels = []
    for row, (name, values) in enumerate(series.items()):
        if not values:
            raise ValueError(f"the series {name} is empty")
        top, max_value = row * (_HEIGHT_PX + _GAP_PX) + _GAP_PX, max(*values, 1e-9)
        step = (_WIDTH_PX - _LEFT_PX - 10) / max(len(values) - 1, 1)
        points = " ".join(
            f"{_LEFT_PX + step * at:.1f},{top + _HEIGHT_PX * (1 - value / max_value):.1f}"
            for at, value in enumerate(values)
        )
        panels += [
            f'<path d="M{_LEFT_PX} {top + _HEIGHT_PX}H{_WIDTH_PX - 10}" stroke="#999"/>',
            f'<text x="4" y="{top + 12}">{name}</text><text x="4" y="{top + 28}">max {max(values):g}</text>',
            f'<text x="4" y="{top + 44}">last {values[-1]:g}</text>',
            f'<polyline points="{points}" fill="none" stroke="#06c" stroke-width="1.5"/>',
        ]
    height = len(series) * (_HEIGHT_PX + _GAP_PX) + 2 * _GAP_PX
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH_PX}" height="{height}" '
            'font-family="sans-serif" font-size="12">',
            '<rect width="100%" height="100%" fill="white"/>',
            *panels,
            f'<text x="{_LEFT_PX}" y="{height - 10}">{caption}</text>',
            "</svg>",
            "",
        ]
    )
