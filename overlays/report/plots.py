"""The plots of a report. They show numbers and drawn outlines, never a face."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from binarycop.classes import LABELS, MaskClass
from binarycop.geometry import SIDE_PX
from overlays.explain.gradcam import enlarge
from overlays.report.calibration import Curve
from overlays.training.evaluation import wilson_interval

# With these settings the same numbers give the same bytes.
matplotlib.rcParams["svg.hashsalt"] = "binarycop"
matplotlib.rcParams["svg.fonttype"] = "none"
_ZOOM = 4
_MARKS = ("o", "s", "^", "D", "v")


def confusion(counts: NDArray[np.int64], file: Path) -> None:
    """A confusion matrix as in the paper: counts (4, 4), rows are true classes, shaded by the share of the row."""
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axes = figure.add_subplot()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        colour = "white" if share > 0.6 else "black"
        axes.text(column, row, f"{count}\n{share:.1%}", ha="center", va="center", color=colour, fontsize=9)
    axes.set_xticks(range(len(LABELS)), LABELS)
    axes.set_yticks(range(len(LABELS)), LABELS)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    _save(figure, file)


def risk_coverage(curves: dict[str, Curve], margin: int, file: Path) -> None:
    """Risk against coverage for several sets of crops, with a mark at the margin."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, curve) in enumerate(curves.items()):
        (line,) = axes.plot(100 * curve.coverage, 100 * curve.risk, label=name)
        at = min(int(np.searchsorted(curve.margins, margin)), len(curve.margins) - 1)
        point = [100 * curve.coverage[at]], [100 * curve.risk[at]]
        axes.plot(*point, _MARKS[number % len(_MARKS)], color=line.get_color())
    axes.set_xlabel(f"coverage: crops answered, % (marks: margin {margin})")
    axes.set_ylabel("risk: wrong among the answered, %")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, file)


def reliability(parts: dict[str, list[tuple[float, int, int]]], margin: int, file: Path) -> None:
    """Accuracy by margin, with Wilson intervals. parts: as ``accuracy_by_margin`` returns them."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, rows) in enumerate(parts.items()):
        margins = [mean for mean, _, _ in rows]
        shares = np.array([right / count for _, right, count in rows])
        bounds = np.array([wilson_interval(right, count) for _, right, count in rows])
        reach = np.abs(bounds - shares[:, None]).T
        axes.errorbar(
            margins, 100 * shares, yerr=100 * reach, marker=_MARKS[number % len(_MARKS)], capsize=2, label=name
        )
    axes.axvline(margin, color="grey", linestyle="--", label=f"abstain margin {margin}")
    axes.set_xlabel("margin: best score minus second score")
    axes.set_ylabel("right, %")
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, file)


def heat_means(rows: dict[str, NDArray[np.float32]], outline: list[NDArray[np.float64]], file: Path) -> None:
    """The mean heat map of each class under a drawn face, a row for each network; red is the maximum of the row.

    rows: (4, 5, 5) for each network. outline: lines (N, 2) in pixels of the crop.
    """
    figure = Figure(figsize=(8, 2.1 * len(rows) + 0.3), layout="constrained")
    panels = figure.subplots(len(rows), len(LABELS), squeeze=False)
    for line, (name, maps) in zip(panels, rows.items()):
        for axes, mask_class in zip(line, MaskClass):
            _heat(axes, maps[mask_class] / max(float(maps.max()), 1e-6), outline)
            axes.set_title(f"{name}: {mask_class.label}", fontsize=9)
    _save(figure, file)


def _heat(axes: Axes, cells: NDArray[np.float32], outline: list[NDArray[np.float64]]) -> None:
    edge = -0.5, SIDE_PX - 0.5
    axes.imshow(enlarge(cells, _ZOOM), cmap="jet", vmin=0, vmax=1, extent=(*edge, *edge[::-1]))
    for line in outline:
        axes.plot(line[:, 0], line[:, 1], color="white", linewidth=1.2)
    axes.set_xlim(*edge)
    axes.set_ylim(*edge[::-1])
    axes.set_axis_off()


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
