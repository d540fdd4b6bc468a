"""The parts of a report, each from figures to lines of Markdown, and to plots beside it."""

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
from overlays.report.groups import LEAST_IDENTITIES, LEAST_SHOWN, GroupCounts, count_by_group, gaps, intervals
from overlays.report.people import AGES
from overlays.report.skin import TONES
from overlays.training.calibration import ABSTENTION_RATE, calibrate_margin
from overlays.training.evaluation import LabelledCrops, metrics_of

_HEATED = 300  # crops of each class that heat is averaged over, less those called wrongly
_ORDERS = {examples.TONE: TONES, examples.AGE: AGES}


@dataclass(frozen=True)
class Measured:
    """A set of crops, what is known of them, and the network's scores, (N, 4)."""

    examples: Examples
    scores: NDArray[np.int32]

    @property
    def labelled(self) -> LabelledCrops:
        """The crops and their classes."""
        return self.examples.labelled

    @property
    def called(self) -> NDArray[np.int64]:
        """The class of the best score, (N,)."""
        return np.asarray(self.scores.argmax(axis=1))


def head(bundle: Bundle) -> list[str]:
    """Whose report it is."""
    manifest = bundle.manifest
    return [
        f"# {manifest.name} {manifest.version}: report",
        "",
        f"Weights `{manifest.sha256[WEIGHTS][:16]}…`, run by the daemon's emulator. Made by",
        "`python -m overlays.report` (see [overlays/README.md](../../../README.md)). No picture below shows a person.",
        "",
    ]


def accuracy(sets: dict[str, Measured], shown: str, out: Path) -> list[str]:
    """Recall of every set, and where the classes go; the confusion matrix of ``shown`` as a plot."""
    rows, matrices = [], []
    for name, one in sets.items():
        report = metrics_of(one.scores, one.labelled)
        low, high = intervals(_together(one))[:, 0, -1]
        balanced = f"{report.balanced_accuracy:.4f} ({low:.3f}-{high:.3f})"
        rows.append([name, balanced, *markdown.recall(report), str(report.no_face)])
        matrices += ["", f"**{name}**", "", *markdown.confusion(report.confusion)]
        if name == shown:
            plots.confusion(report.confusion, out / "confusion.svg")
    return [
        "## Accuracy",
        "",
        "The best score wins, also below the abstain margin. Balanced accuracy is the mean recall of the classes that",
        "occur. Its 95 % interval comes from drawing people (of photographs: pictures) again, 1,000 times; those of",
        "the recalls are Wilson's, which take every crop for a person of its own. Faces that the finder missed are",
        "listed, and not counted as wrong.",
        "",
        *markdown.table(["crops", "balanced", *LABELS, "no face"], rows),
        "",
        f"![Confusion on {shown}](confusion.svg)",
        "",
        f"Rows true, columns called; the plot is of {shown}.",
        *matrices,
        "",
    ]


def compare_with_full_precision(sets: dict[str, Measured], reference: dict[str, NDArray[np.int32]]) -> list[str]:
    """What one bit of weight and activation costs: balanced accuracy beside the same shape in full precision."""
    rows = []
    for name, one in sets.items():
        own, full = (metrics_of(scores, one.labelled).balanced_accuracy for scores in (one.scores, reference[name]))
        rows.append([name, f"{own:.4f}", f"{full:.4f}", f"{100 * (full - own):+.1f}"])
    return [
        "## Beside full precision",
        "",
        "Balanced accuracy of this network, and of the reference: real weights and rectifiers in place of signs.",
        "",
        *markdown.table(["crops", "this", "full precision", "points"], rows),
        "",
    ]


def groups(name: str, one: Measured) -> list[str]:
    """Recall by each grouping that is known of a set; first the largest gaps between groups large enough."""
    tables, largest = [], []
    for grouping, column in one.examples.groups.items():
        counts = count_by_group(one.called, one.labelled.classes, one.examples.identities, column)
        found = gaps(counts)
        if found:
            largest.append([grouping, *markdown.gap(found[-1])])
        title = f"**{grouping[0].upper()}{grouping[1:]}**"
        tables += [title, "", *markdown.groups(counts, found, _ORDERS.get(grouping, ())), ""]
    if largest:
        summary = markdown.table(["grouping", "largest gap in mean recall, points", "between", "by lot"], largest)
    else:
        summary = [f"There is no gap to give: no two groups have {LEAST_IDENTITIES} people and crops of every class."]
    return [
        f"## Groups: {name}",
        "",
        f"Gaps are between groups of at least {LEAST_IDENTITIES} people with crops of every class, with the 95 %",
        "interval of the difference between these two groups, people drawn again. *By lot* is what the largest gap",
        "stays below in 95 % of the cases when people are dealt to groups of these sizes by lot: a gap below it is no",
        "sign of a difference. A group in brackets has too few people or classes to compare; one of fewer than",
        f"{LEAST_SHOWN} people is left out.",
        "",
        *summary,
        "",
        *tables,
    ]


def margin(bundle: Bundle, chosen_on: str, sets: dict[str, Measured], curves: tuple[str, ...], out: Path) -> list[str]:
    """What the abstain margin costs and buys, and how the lead tells right answers from wrong ones."""
    least = bundle.manifest.abstain_margin
    on = sets[chosen_on]
    own = calibrate_margin(on.scores, on.labelled.classes)
    plots.risk_coverage(
        {name: risk_coverage_curve(sets[name].scores, sets[name].labelled.classes) for name in curves},
        least,
        out / "margin.svg",
    )
    plots.reliability(
        {name: accuracy_by_margin(sets[name].scores, sets[name].labelled.classes) for name in curves},
        least,
        out / "lead.svg",
    )
    rows = {
        name: [margin_effect(one.scores, one.labelled.classes, lead) for lead in (0, least)]
        for name, one in sets.items()
    }
    agrees = f"which is the bundle's {least}" if own == least else f"but the bundle says {least}"
    return [
        "## The abstain margin",
        "",
        f"Chosen on {chosen_on}: the largest lead at which at most {ABSTENTION_RATE:.0%} of the rightly answered crops",
        f"abstain. Here that is {own}, {agrees}. Per frame, before any vote over a passage:",
        "",
        *markdown.margin_effects(rows),
        "",
        "*Not correct, passing*: of all crops with a bare nose, mouth or chin, those called correct with lead enough.",
        "*Correct, refused*: of all correct ones, those called something else with lead enough.",
        "",
        "![Risk against coverage](margin.svg)",
        "",
        "![How often the best score is right, by its lead](lead.svg)",
        "",
    ]


def _together(one: Measured) -> GroupCounts:
    everybody = np.full(len(one.scores), "all")
    return count_by_group(one.called, one.labelled.classes, one.examples.identities, everybody)


def heat(nets: dict[str, nn.Module], one: Measured, outline: list[NDArray[np.float64]], out: Path) -> list[str]:
    """Where networks look, by class: the mean of many heat maps under a drawn face, so that no person is in it."""
    means, rows = {}, []
    for name, net in nets.items():
        of_classes, counts = [], []
        for mask_class in MaskClass:
            of_class = np.flatnonzero((one.labelled.classes == mask_class) & (one.examples.groups[examples.KIND] != ""))
            crops = one.labelled.crops[of_class[:_HEATED]]
            right = crops[gradcam.outputs(net, crops).argmax(axis=1) == mask_class]
            if not len(right):
                raise ValueError(f"{name} calls no face of {mask_class.label} rightly, so there is no heat to show")
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
        "Grad-CAM (Selvaraju et al. 2017) of the class's own score on the 5×5 output of conv2_2, as in the paper, over",
        "rightly called dressed faces, each map scaled to 1. Gradients pass a sign where its straight-through",
        "estimator's window, rebuilt from the bundle, lets them (`overlays/export/torch_network.py`). Where the weighted",
        "sum of the feature maps is nowhere above zero, Grad-CAM has nothing to show; the means are over the maps that",
        "have heat at all:",
        "",
        *markdown.table(["maps with heat", *LABELS], rows),
        "",
        "The face is drawn where faces lie in a crop on average; crops are mirrored at random, and each of the cells",
        "sees 16×16 pixels. Red is a network's most, blue is nothing. Heat is where evidence lies, no more.",
        "",
        "![Mean heat of each class](heat.svg)",
        "",
    ]
