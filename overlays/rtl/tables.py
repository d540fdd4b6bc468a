"""The measured figures as tables in Markdown: all of them, and whole accelerators compared with the paper's."""

from collections.abc import Iterable, Mapping
from typing import Any

from overlays.dimensioning.paper import CLOCK_HZ, TABLE_II

_NETWORKS = {"cnv": "CNV", "n-cnv": "n-CNV", "u-cnv": "µ-CNV"}
_ROWS = {
    "images": "images compared with the emulator",
    "wrong_scores": "wrong scores",
    "cycles_per_image": "clocks per image in a batch",
    "latency_cycles": "latency: clocks from first pixel to last score",
    "luts": "LUTs (7-series, yosys)",
    "ffs": "flip-flops",
    "bram36": "block RAMs of 36 Kbit",
    "dsps": "DSPs",
    "fmax_mhz_ecp5": "clock routed on an ECP5, slowest grade, MHz",
    "cycles_per_image_with_shell": "with its shell: clocks per image in a batch",
    "latency_cycles_with_shell": "with its shell: clocks from the start of the input DMA to the end of the output DMA",
    "luts_with_shell": "with its shell: LUTs",
    "ffs_with_shell": "with its shell: flip-flops",
    "bram36_with_shell": "with its shell: block RAMs of 36 Kbit",
    "dsps_with_shell": "with its shell: DSPs",
}
_MISSING = "–"

Figures = Mapping[str, Mapping[str, Any]]


def everything(figures: Figures) -> str:
    """All figures, a row for each."""
    rows = {row: [_cell(of_network.get(key)) for of_network in figures.values()] for key, row in _ROWS.items()}
    return _table(figures, rows)


def beside_the_paper(figures: Figures) -> str:
    """Our whole accelerators at 100 MHz compared with those of the paper's Table II."""
    rows: dict[str, list[str]] = {}
    for name, ours in figures.items():
        clocks, latency = ours.get("cycles_per_image_with_shell"), ours.get("latency_cycles_with_shell")
        paper = TABLE_II[name]
        for row, cell in (
            ("images a second, paper", _cell(paper.rate_hz)),
            ("images a second, here", _cell(None if clocks is None else int(CLOCK_HZ / clocks))),
            ("latency of one image, paper", _us(paper.latency_ms * 1e3)),
            ("latency of one image, here", _us(None if latency is None else latency * 1e6 / CLOCK_HZ)),
            ("LUTs, paper", _cell(paper.luts)),
            ("LUTs, here", _cell(ours.get("luts_with_shell"))),
        ):
            rows.setdefault(row, []).append(cell)
    return _table(figures, rows)


def replaced(page: str, tables: Iterable[str]) -> str:
    """The page with each table in place of the one with the same first row. Raises ValueError unless there is one."""
    blocks = page.split("\n\n")
    for table in tables:
        first = table.splitlines()[2].split("|")[1]
        places = [index for index, block in enumerate(blocks) if f"\n|{first}|" in block]
        if len(places) != 1:
            raise ValueError(f"{len(places)} tables of the page have a row {first.strip()!r}; one should have it")
        blocks[places[0]] = table
    return "\n\n".join(blocks)


def _table(figures: Figures, rows: Mapping[str, Iterable[str]]) -> str:
    lines = [f"| | {' | '.join(_NETWORKS[name] for name in figures)} |", f"|---|{'---|' * len(figures)}"]
    return "\n".join([*lines, *(f"| {row} | {' | '.join(cells)} |" for row, cells in rows.items())])


def _cell(number: float | None) -> str:
    return _MISSING if number is None else f"{number:,g}" if isinstance(number, float) else f"{number:,}"


def _us(microseconds: float | None) -> str:
    if microseconds is None:
        return _MISSING
    return f"{microseconds:,.0f} µs" if microseconds >= 100 else f"{microseconds:.1f} µs"
