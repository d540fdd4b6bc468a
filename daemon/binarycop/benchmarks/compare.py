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
    known = {(part.name, *figure.key, figure.unit): figure for part in second.parts for figure in part.figures}
    pairs = {
        part.name: tuple(
            (figure, other)
            for figure in part.figures
            if (other := known.get((part.name, *figure.key, figure.unit))) is not None
        )
        for part in first.parts
    }
    count = sum(len(part.figures) for part in first.parts)
    shared = sum(map(len, pairs.values()))
    return Comparison({name: found for name, found in pairs.items() if found}, count + len(known) - 2 * shared)
