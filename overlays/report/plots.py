"""The plots of a report. They show numbers and drawn outlines, never a face."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from binarycop.classes import LABELS, MaskClass
from binarycop.geometry import SIDE_PX
from overlays.explain.gradcam import enlarge
from overlays.report.calibration import ConfidenceBin, Curve, calibration_error
from overlays.report.groups import GroupCounts, intervals
from overlays.report.skin import THIRDS
from overlays.training.evaluation import wilson_interval

# With these settings the same numbers give the same bytes.
matplotlib.rcParams["svg.hashsalt"] = "binarycop"
matplotlib.rcParams["svg.fonttype"] = "none"
_ZOOM = 4
_MARKS = ("o", "s", "^", "D", "v")


def confusion(title: str, counts: NDArray[np.int64], file: Path) -> None:
    """A confusion matrix as in the paper: counts (4, 4), rows are true classes, shaded by the share of the row."""
    figure = Figure(figsize=(5.4, 4.4), layout="constrained")
    axes = figure.add_subplot()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(100 * shares, cmap="Blues", vmin=0, vmax=100)
    figure.colorbar(image, label="share of the true class, %")
    axes.set_title(title, fontsize=10)
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        colour = "white" if share > 0.6 else "black"
        axes.text(column, row, f"{count}\n{share:.1%}", ha="center", va="center", color=colour, fontsize=9)
    axes.set_xticks(range(len(LABELS)), LABELS)
    axes.set_yticks(range(len(LABELS)), LABELS)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    _save(figure, file)


def risk_coverage(title: str, curves: dict[str, Curve], margin: int, file: Path) -> None:
    """Risk against coverage for several sets of crops, with a mark at the margin."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, curve) in enumerate(curves.items()):
        (line,) = axes.plot(100 * curve.coverage, 100 * curve.risk, label=name)
        at = min(int(np.searchsorted(curve.margins, margin)), len(curve.margins) - 1)
        point = [100 * curve.coverage[at]], [100 * curve.risk[at]]
        axes.plot(*point, _MARKS[number % len(_MARKS)], color=line.get_color())
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(f"coverage: crops answered, % (marks: margin {margin})")
    axes.set_ylabel("risk: wrong among the answered, %")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, file)


def reliability(title: str, sets: dict[str, tuple[ConfidenceBin, ...]], file: Path) -> None:
    """The share of right answers by stated confidence, with Wilson intervals; on the diagonal the two agree."""
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 100], [0, 100], color="grey", linestyle="--", label="confidence and accuracy agree")
    for number, (name, bins) in enumerate(sets.items()):
        shares = np.array([one.right / one.count for one in bins])
        bounds = np.array([wilson_interval(one.right, one.count) for one in bins])
        reach = np.abs(bounds - shares[:, None]).T
        axes.errorbar(
            [100 * one.confidence for one in bins],
            100 * shares,
            yerr=100 * reach,
            marker=_MARKS[number % len(_MARKS)],
            capsize=2,
            label=f"{name} (error {100 * calibration_error(bins):.1f} points)",
        )
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("confidence: probability of the best class, %")
    axes.set_ylabel("accuracy: crops classified correctly, %")
    axes.set_xlim(25, 100)
    axes.set_ylim(0, 100)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    _save(figure, file)


def heat_means(title: str, maps: NDArray[np.float32], outline: list[NDArray[np.float64]], file: Path) -> None:
    """The mean heat map of each class under a drawn face. maps: (4, 5, 5). outline: lines (N, 2), px of the crop."""
    figure = Figure(figsize=(9, 2.8), layout="constrained")
    panels = figure.subplots(1, len(LABELS), sharey=True)
    edge = -0.5, SIDE_PX - 0.5
    for axes, mask_class in zip(panels, MaskClass):
        heat = 100 * enlarge(maps[mask_class] / max(float(maps.max()), 1e-6), _ZOOM)
        image = axes.imshow(heat, cmap="jet", vmin=0, vmax=100, extent=(*edge, *edge[::-1]))
        for line in outline:
            axes.plot(line[:, 0], line[:, 1], color="white", linewidth=1.2)
        axes.set_xlim(*edge)
        axes.set_ylim(*edge[::-1])
        axes.set_title(mask_class.label, fontsize=9)
        axes.set_xlabel("x, px of the crop")
    panels[0].set_ylabel("y, px of the crop")
    figure.colorbar(image, ax=panels, label="heat, % of the highest")
    figure.suptitle(title, fontsize=10)
    _save(figure, file)


def skin_tones(title: str, sets: dict[str, GroupCounts], file: Path) -> None:
    """Mean recall of each group of skin tones (``THIRDS``) with its interval, by set."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, counts) in enumerate(sets.items()):
        shown = np.flatnonzero(counts.comparable).tolist()
        means, (low, high) = counts.recalls[shown, -1], intervals(counts)[:, shown, -1]
        places = [THIRDS.index(counts.names[at]) + 0.12 * number for at in shown]
        reach = 100 * np.stack([means - low, high - means])
        axes.errorbar(places, 100 * means, yerr=reach, fmt=_MARKS[number % len(_MARKS)], capsize=3, label=name)
    axes.set_xticks(range(len(THIRDS)), THIRDS)
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("skin tone by typology angle")
    axes.set_ylabel("mean recall, %")
    axes.grid(alpha=0.3, axis="y")
    figure.legend(loc="outside right", fontsize=8)
    _save(figure, file)


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
