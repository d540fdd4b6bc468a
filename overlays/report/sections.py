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
from overlays.report.calibration import calibration_error, margin_effect, reliability, risk_coverage_curve
from overlays.report.examples import Examples
from overlays.report.groups import MIN_COMPARED, MIN_SHOWN, GroupCounts, count_by_group, intervals, largest_gap
from overlays.report.people import AGES
from overlays.report.skin import THIRDS, TONES
from overlays.synthesis.patches import TURNS
from overlays.training.calibration import ABSTENTION_RATE, calibrate_margin, calibrate_temperature
from overlays.training.evaluation import LabelledCrops, metrics_of

_HEAT_CROPS = 300  # of each class; wrongly predicted ones among them are left out
_RARE = 30  # fewer crops of a class do not count in groups
_ORDERS = {examples.SKIN: THIRDS, examples.TONE: TONES, examples.AGE: AGES, examples.TURN: TURNS}


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


def accuracy(network: str, sets: dict[str, Measured], shown: str, out: Path) -> list[str]:
    """Recalls and confusion matrix of every set; the matrix of ``shown`` as a plot, too."""
    matrices = []
    for name, measured in sets.items():
        report = metrics_of(measured.scores, measured.labelled)
        matrices += ["", f"**{name}**", "", *markdown.confusion(report.confusion)]
        if name == shown:
            plots.confusion(f"{network}: {name}", report.confusion, out / "confusion.svg")
    return [
        "## Accuracy",
        "",
        *accuracy_table(sets),
        "",
        f"![Confusion of {network} on {shown}](confusion.svg)",
        "",
        "Rows are true classes, columns predicted ones.",
        *matrices,
        "",
    ]


def accuracy_table(sets: dict[str, Measured]) -> list[str]:
    """Single pictures: mean recall, each recall, and the share of uncovered faces called correct."""
    rows = []
    for name, measured in sets.items():
        everybody = np.full(len(measured.scores), "all")
        counts = count_by_group(measured.predicted, measured.labelled.classes, measured.examples.identities, everybody)
        (low, high), report = intervals(counts)[:, 0, -1], metrics_of(measured.scores, measured.labelled)
        mean = f"{report.balanced_accuracy:.3f} ({low:.3f}-{high:.3f})"
        uncovered = markdown.share(int(counts.passing[0]), int(counts.uncovered[0]))
        rows.append([name, mean, *markdown.recall(report), uncovered, str(report.no_face)])
    return [
        "Single pictures, without votes; the best score wins, also below the abstain margin. Photographs are cut with",
        "the boxes of `lookout`; one in which it finds no face is listed and not counted as wrong. *As the daemon sees",
        "it*: the mean score of as many views as `classifier.views` has by default; all else is one view. A bare face",
        "counts as `nose_mouth`. In brackets: 95 % intervals, Wilson's with each crop as a trial; for mean recall from",
        "1,000 bootstrap samples of the people, or of the pictures if it is not known who they show. Some people of",
        "`more` are there many times, so its true intervals are wider.",
        "",
        *markdown.table(["pictures", "mean recall", *LABELS, "uncovered called correct", "no face"], rows),
    ]


def gaps(network: str, sets: dict[str, Measured], out: Path) -> list[str]:
    """The largest gap between groups of skin tone in each set, also as a plot."""
    by_skin = {name: _by_group(measured, measured.examples.groups[examples.SKIN]) for name, measured in sets.items()}
    rows = [[name, *markdown.gap(largest_gap(counts))] for name, counts in by_skin.items()]
    plots.skin_tones(f"{network}: mean recall by skin tone", by_skin, out / "skin.svg")
    return [
        "Skin tone is the typology angle (ITA) of the picture: light above 41 degrees, dark below 10. It includes the",
        "light of the photograph: about half of the real photographs in the dark group show light skin in shadow, by",
        "eye. The report has recall by UTKFace's race label too. A gap is the difference between the best and the",
        f"worst group of at least {MIN_COMPARED} people, in points of mean recall, with its 95 % interval. Random",
        "groups: the largest gap between random groups of these sizes is smaller than this in 19 of 20 cases. Classes",
        f"with fewer than {_RARE} crops in a set do not count.",
        "",
        *markdown.table(["set", "largest gap between skin tones", "best, worst", "random groups"], rows),
    ]


def groups(name: str, measured: Measured) -> list[str]:
    """Recall by group for each grouping of a set, after a table of the largest gaps."""
    tables, largest = [], []
    for grouping, column in measured.examples.groups.items():
        if not (column != "").any():
            continue
        counts = _by_group(measured, column)
        largest.append([grouping, *markdown.gap(largest_gap(counts))])
        title = f"**{grouping[0].upper()}{grouping[1:]}**"
        tables += [title, "", *markdown.groups(counts, _ORDERS.get(grouping, ())), ""]
    return [
        f"## Groups: {name}",
        "",
        f"A group in brackets has fewer than {MIN_COMPARED} people, or no crops of some class, and is not compared.",
        f"Groups of fewer than {MIN_SHOWN} people are left out.",
        "",
        *markdown.table(["grouping", "largest gap in mean recall, points", "best, worst", "random groups"], largest),
        "",
        *tables,
    ]


def _by_group(measured: Measured, column: NDArray[np.str_]) -> GroupCounts:
    """The counts by group, without the classes of which the set has few crops: their recall is mostly chance."""
    classes = measured.labelled.classes
    counted = np.bincount(classes, minlength=len(LABELS))[classes] >= _RARE
    if not counted.any():
        counted[:] = True
    return count_by_group(
        measured.predicted[counted], classes[counted], measured.examples.identities[counted], column[counted]
    )


def margin(
    network: str, limit: int, chosen_on: str, sets: dict[str, Measured], curves: tuple[str, ...], out: Path
) -> list[str]:
    """The effect of the abstain margin ``limit``."""
    on = sets[chosen_on]
    own = calibrate_margin(on.scores, on.labelled.classes)
    plots.risk_coverage(
        f"{network}: wrong answers that are left when crops abstain",
        {name: risk_coverage_curve(sets[name].scores, sets[name].labelled.classes) for name in curves},
        limit,
        out / "margin.svg",
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
        f"![Risk of {network} against coverage](margin.svg)",
        "",
    ]


def confidence(
    network: str, chosen_on: str, sets: dict[str, Measured], curves: tuple[str, ...], out: Path
) -> list[str]:
    """How far the stated confidence agrees with the share of right answers."""
    on = sets[chosen_on]
    temperature = calibrate_temperature(on.scores, on.labelled.classes)
    bins = {name: reliability(one.scores, one.labelled.classes, temperature) for name, one in sets.items()}
    plots.reliability(f"{network}: reliability", {name: bins[name] for name in curves}, out / "reliability.svg")
    rows = [
        [
            name,
            f"{np.average([one.confidence for one in found], weights=[one.count for one in found]):.3f}",
            f"{sum(one.right for one in found) / sum(one.count for one in found):.3f}",
            f"{calibration_error(found):.3f}",
        ]
        for name, found in bins.items()
    ]
    return [
        f"The confidence of an answer is the softmax of the scores divided by {temperature:.1f}, which is calibrated",
        f"on {chosen_on}. The calibration error is the mean difference between confidence and share of right answers,",
        "over tenths of the crops by confidence; of a few hundred crops it is some 0.03 by chance alone.",
        "",
        *markdown.table(["pictures", "mean confidence", "right", "calibration error"], rows),
    ]


def heat(network: str, net: nn.Module, measured: Measured, outline: list[NDArray[np.float64]], out: Path) -> list[str]:
    """The mean heat map of each class under a drawn face, so that no person is visible."""
    means, counts = [], []
    for mask_class in MaskClass:
        of_class = np.flatnonzero(
            (measured.labelled.classes == mask_class) & (measured.examples.groups[examples.KIND] != "")
        )
        crops = measured.labelled.crops[of_class[:_HEAT_CROPS]]
        right = crops[gradcam.outputs(net, crops).argmax(axis=1) == mask_class]
        if not len(right):
            raise ValueError(f"{network} predicts no crop of {mask_class.label} correctly, so there is no heat to show")
        maps = gradcam.heat(net, right, np.full(len(right), int(mask_class)))
        has_heat = maps.max(axis=(1, 2)) > 0
        means.append(maps.sum(axis=0) / max(int(has_heat.sum()), 1))
        counts.append(f"{has_heat.sum()} of {len(right)}")
    plots.heat_means(f"{network}: where it looks", np.stack(means), outline, out / "heat.svg")
    return [
        "## Where it looks",
        "",
        "Grad-CAM (Selvaraju et al. 2017) of the score of the class on the 5×5 output of conv2_2, as in the paper, for",
        "correctly predicted dressed faces, each map scaled to 1. Gradients pass a sign inside the window of its",
        "straight-through estimator, which is measured again from the bundle (`overlays/export/torch_network.py`). If",
        "the weighted sum of the feature maps is nowhere above zero, a map has no heat. The means are over the maps",
        "with heat:",
        "",
        *markdown.table(["", *LABELS], [["maps with heat", *counts]]),
        "",
        "The face is drawn at the average position of faces in a crop. Crops are mirrored at random, and each cell",
        "sees 16×16 pixels. Heat shows where a network finds evidence.",
        "",
        f"![Mean heat of each class, {network}](heat.svg)",
        "",
    ]
