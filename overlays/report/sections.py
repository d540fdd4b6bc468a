"""The sections of a report: each makes lines of Markdown from metrics, and writes the plots."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from binarycop.bundle.files import WEIGHTS, Bundle
from binarycop.classes import LABELS, MaskClass
from overlays.explain import gradcam
from overlays.report import examples, markdown, plots
from overlays.report.calibration import accuracy_by_margin, margin_effect, risk_coverage_curve
from overlays.report.examples import Examples
from overlays.report.groups import MIN_COMPARED, MIN_SHOWN, GroupCounts, count_by_group, gaps, intervals
from overlays.report.people import AGES
from overlays.report.skin import TONES
from overlays.training.calibration import ABSTENTION_RATE, calibrate_margin
from overlays.training.evaluation import LabelledCrops, metrics_of

_HEAT_CROPS = 300  # of each class; wrongly predicted ones among them are left out
_ORDERS = {examples.TONE: TONES, examples.AGE: AGES}


@dataclass(frozen=True)
class Measured:
    """A set of crops with the network's scores, (N, 4)."""

    examples: Examples
    scores: NDArray[np.int32]

    @property
    def labelled(self) -> LabelledCrops:
        """The crops and their classes."""
        return self.examples.labelled

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The class of the best score, (N,)."""
        return np.asarray(self.scores.argmax(axis=1))


def head(bundle: Bundle) -> list[str]:
    """The title, and the weights that are measured."""
    manifest = bundle.manifest
    return [
        f"# {manifest.name} {manifest.version}: report",
        "",
        f"Weights `{manifest.sha256[WEIGHTS][:16]}…`, run by the daemon's emulator. Written by",
        "`python -m overlays.report` (see [overlays/README.md](../../../README.md)). No picture below shows a person.",
        "",
    ]


def accuracy(sets: dict[str, Measured], shown: str, out: Path) -> list[str]:
    """Recalls and confusion matrix of every set; the matrix of ``shown`` as a plot, too."""
    rows, matrices = [], []
    for name, measured in sets.items():
        report = metrics_of(measured.scores, measured.labelled)
        low, high = intervals(_together(measured))[:, 0, -1]
        balanced = f"{report.balanced_accuracy:.4f} ({low:.3f}-{high:.3f})"
        rows.append([name, balanced, *markdown.recall(report), str(report.no_face)])
        matrices += ["", f"**{name}**", "", *markdown.confusion(report.confusion)]
        if name == shown:
            plots.confusion(report.confusion, out / "confusion.svg")
    return [
        "## Accuracy",
        "",
        "The best score wins, also below the abstain margin. Balanced accuracy is the mean recall of the classes that",
        "occur. Its 95 % interval comes from 1,000 bootstrap samples of the people (for photographs: of the pictures).",
        "The intervals of the recalls are Wilson's, which treat every crop as a person of its own. Photographs are",
        "cropped with YuNet's boxes. A picture in which YuNet finds no face is listed and not counted as wrong.",
        "",
        *markdown.table(["crops", "balanced", *LABELS, "no face"], rows),
        "",
        f"![Confusion on {shown}](confusion.svg)",
        "",
        f"Rows are true classes, columns predicted ones. The plot shows {shown}.",
        *matrices,
        "",
    ]


def groups(name: str, measured: Measured) -> list[str]:
    """Recall by group for each grouping of a set, after a table of the largest gaps."""
    tables, largest = [], []
    for grouping, column in measured.examples.groups.items():
        counts = count_by_group(measured.predicted, measured.labelled.classes, measured.examples.identities, column)
        found = gaps(counts)
        if found:
            largest.append([grouping, *markdown.gap(found[-1])])
        title = f"**{grouping[0].upper()}{grouping[1:]}**"
        tables += [title, "", *markdown.groups(counts, found, _ORDERS.get(grouping, ())), ""]
    if largest:
        summary = markdown.table(
            ["grouping", "largest gap in mean recall, points", "between", "random groups"], largest
        )
    else:
        summary = [f"No gaps: there are no two groups with {MIN_COMPARED} people and crops of every class."]
    return [
        f"## Groups: {name}",
        "",
        f"A gap is the difference between the best and the worst group of at least {MIN_COMPARED} people with crops of",
        "every class, with the 95 % interval of the difference between these two groups (bootstrap of the people).",
        "*Random groups* is the 95 % quantile of the largest gap when people are assigned to groups of the same sizes",
        "at random: a smaller gap is no sign of a difference. A group in brackets has too few people, or no crops of",
        f"some class, and is not compared. Groups of fewer than {MIN_SHOWN} people are left out.",
        "",
        *summary,
        "",
        *tables,
    ]


def margin(bundle: Bundle, chosen_on: str, sets: dict[str, Measured], curves: tuple[str, ...], out: Path) -> list[str]:
    """The effect of the abstain margin, and the accuracy by margin."""
    limit = bundle.manifest.abstain_margin
    on = sets[chosen_on]
    own = calibrate_margin(on.scores, on.labelled.classes)
    plots.risk_coverage(
        {name: risk_coverage_curve(sets[name].scores, sets[name].labelled.classes) for name in curves},
        limit,
        out / "margin.svg",
    )
    plots.reliability(
        {name: accuracy_by_margin(sets[name].scores, sets[name].labelled.classes) for name in curves},
        limit,
        out / "reliability.svg",
    )
    rows = {
        name: [margin_effect(measured.scores, measured.labelled.classes, margin) for margin in (0, limit)]
        for name, measured in sets.items()
    }
    agrees = f"which is the bundle's {limit}" if own == limit else f"but the bundle says {limit}"
    return [
        "## The abstain margin",
        "",
        f"Chosen on {chosen_on}: the largest margin at which at most {ABSTENTION_RATE:.0%} of the correctly predicted",
        f"crops abstain. Here that is {own}, {agrees}. For single frames, before any vote over a passage:",
        "",
        *markdown.margin_effects(rows),
        "",
        "*Not correct, passing*: of all crops with a bare nose, mouth or chin, those predicted as correct with enough",
        "margin. *Correct, refused*: of all crops of the class correct, those predicted as another class with enough",
        "margin.",
        "",
        "![Risk against coverage](margin.svg)",
        "",
        "![Accuracy by margin](reliability.svg)",
        "",
    ]


def _together(measured: Measured) -> GroupCounts:
    everybody = np.full(len(measured.scores), "all")
    return count_by_group(measured.predicted, measured.labelled.classes, measured.examples.identities, everybody)


def heat(nets: dict[str, nn.Module], measured: Measured, outline: list[NDArray[np.float64]], out: Path) -> list[str]:
    """The mean heat map of each class under a drawn face, so that no person is visible."""
    means, rows = {}, []
    for name, net in nets.items():
        of_classes, counts = [], []
        for mask_class in MaskClass:
            of_class = np.flatnonzero(
                (measured.labelled.classes == mask_class) & (measured.examples.groups[examples.KIND] != "")
            )
            crops = measured.labelled.crops[of_class[:_HEAT_CROPS]]
            right = crops[gradcam.outputs(net, crops).argmax(axis=1) == mask_class]
            if not len(right):
                raise ValueError(
                    f"{name} predicts no crop of {mask_class.label} correctly, so there is no heat to show"
                )
            maps = gradcam.heat(net, right, np.full(len(right), int(mask_class)))
            has_heat = maps.max(axis=(1, 2)) > 0
            of_classes.append(maps.sum(axis=0) / max(int(has_heat.sum()), 1))
            counts.append(f"{has_heat.sum()} of {len(right)}")
        means[name] = np.stack(of_classes)
        rows.append([name, *counts])
    plots.heat_means(means, outline, out / "heat.svg")
    return [
        "## Where it looks",
        "",
        "Grad-CAM (Selvaraju et al. 2017) of the score of the class on the 5×5 output of conv2_2, as in the paper, for",
        "correctly predicted dressed faces, each map scaled to 1. Gradients pass a sign inside the window of its",
        "straight-through estimator, which is measured again from the bundle (`overlays/export/torch_network.py`). If",
        "the weighted sum of the feature maps is nowhere above zero, a map has no heat. The means are over the maps",
        "with heat:",
        "",
        *markdown.table(["maps with heat", *LABELS], rows),
        "",
        "The face is drawn at the average position of faces in a crop. Crops are mirrored at random, and each cell",
        "sees 16×16 pixels. Red is a network's maximum, blue is zero. Heat shows where a network finds evidence.",
        "",
        "![Mean heat of each class](heat.svg)",
        "",
    ]
