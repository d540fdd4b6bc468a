"""Figures as text of 80 columns for a terminal: one run, or two runs side by side."""

import textwrap
from collections.abc import Iterator, Sequence

from binarycop.benchmarks.figures import Figure, Part
from binarycop.benchmarks.machine import Machine

_WIDTH = 77  # three less than a terminal has: a comparison puts A and B before the lines


def machine_lines(machine: Machine) -> list[str]:
    """What the figures were measured with."""
    flags = f", with {', '.join(machine.flags)}" if machine.flags else ""
    versions = (f"Python {machine.python}", f"numpy {machine.numpy}", f"OpenCV {machine.opencv}", *machine.others)
    load = "/".join(f"{load:g}" for load in machine.load)
    texts = [
        f"{machine.processor}, {machine.architecture}, {machine.cores} cores, {machine.memory_mib} MiB",
        f"{machine.system}, load {load}, priority: {machine.priority}",
        f"emulator: {machine.emulator}{flags}",
        f"binarycop {machine.binarycop}, {', '.join(versions)}",
    ]
    return [line for text in texts for line in textwrap.wrap(text, _WIDTH, subsequent_indent="  ")]


def part_lines(part: Part) -> list[str]:
    """A line for each figure. ``times``: how many times the part's reference."""
    against = f"; times: divided by that of {part.reference}" if part.reference else ""
    lines = [f"{part.name}: median, {part.spread}{against}"]
    for group, figures in _groups(part.figures):
        times = "times" if part.reference else ""
        lines += ["", f"{group:<45}{'median':>9}{'low':>9}{'high':>9}{times:>8}".rstrip()]
        for figure in figures:
            ratio = part.ratio(figure)
            numbers = "".join(f"{number(value):>9}" for value in (figure.value, figure.low, figure.high))
            lines.append(f"{_title(figure):<45}{numbers}{'' if ratio is None else f'{ratio:.2f}':>8}".rstrip())
    return lines


def comparison_lines(name: str, pairs: Sequence[tuple[Figure, Figure]]) -> list[str]:
    """A line for each figure that two runs have: both medians, and the second divided by the first."""
    lines = [f"{name}: median of A and B, and B divided by A; ~ where the spreads overlap"]
    seconds = {first.key: second for first, second in pairs}
    for group, figures in _groups([first for first, _ in pairs]):
        lines += ["", f"{group:<45}{'A':>12}{'B':>12}{'B / A':>10}"]
        for first in figures:
            second = seconds[first.key]
            same = "~" if first.low <= second.high and second.low <= first.high else " "
            ratio = f"{second.value / first.value:.2f}" if first.value else "-"
            cells = f"{number(first.value):>12}{number(second.value):>12}{ratio:>8} {same}"
            lines.append(f"{_title(first):<45}{cells}".rstrip())
    return lines


def number(value: float) -> str:
    """Three significant digits, and never an exponent below a billion."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _groups(figures: Sequence[Figure]) -> Iterator[tuple[str, list[Figure]]]:
    """The figures by group, in their order."""
    for group in dict.fromkeys(figure.group for figure in figures):
        yield group, [figure for figure in figures if figure.group == group]


def _title(figure: Figure) -> str:
    unit = f", {figure.unit}" if figure.unit else ""
    text = f"  {figure.case}: {figure.quantity}{unit}"
    return text if len(text) <= 45 else f"{text[:42]}..."
