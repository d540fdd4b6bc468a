"""Two runs side by side: the figures that both have."""

from dataclasses import dataclass

from binarycop.benchmarks.figures import Figure, Report


@dataclass(frozen=True)
class Comparison:
    """pairs: by part, each figure of the first run with that of the second. only: how many only one of them has."""

    pairs: dict[str, tuple[tuple[Figure, Figure], ...]]
    only: int


def compare(first: Report, second: Report) -> Comparison:
    """Pair the figures by part, group, case, quantity and unit."""
    own, others = _by_key(first), _by_key(second)
    pairs: dict[str, list[tuple[Figure, Figure]]] = {}
    for key, figure in own.items():
        if key in others:
            pairs.setdefault(key[0], []).append((figure, others[key]))
    return Comparison({name: tuple(found) for name, found in pairs.items()}, len(own.keys() ^ others.keys()))


def _by_key(report: Report) -> dict[tuple[str, ...], Figure]:
    return {(part.name, *figure.key, figure.unit): figure for part in report.parts for figure in part.figures}
