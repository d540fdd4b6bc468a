"""Plot the learning curves of runs.

python -m overlays.training.curve overlays/training/runs/n-cnv --out overlays/training/runs/n-cnv/curve.svg
"""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from overlays.command_line import make_parser
from overlays.training.run_folder import RunFolder

# With these settings the same numbers give the same bytes.
matplotlib.rcParams["svg.hashsalt"] = "binarycop"
matplotlib.rcParams["svg.fonttype"] = "none"
_LINES = {
    "synthetic": "held-out synthetic people, mean recall of four classes",
    "photographs": "photographs to choose by, mean recall of three",
    "nose": "photographs to choose by, recall of nose",
}


def plot(curves: dict[str, list[dict[str, float]]], file: Path) -> None:
    """Recall and loss against the crops seen. curves: rows of ``RunFolder.curve`` by the run's name.

    Raises ValueError if no run has a row.
    """
    if not any(curves.values()):
        raise ValueError("no run has a learning curve yet")
    figure = Figure(figsize=(7, 5.5), layout="constrained")
    recall, loss = figure.subplots(2, height_ratios=(3, 1), sharex=True)
    for run, rows in curves.items():
        millions = [row["crops"] / 1e6 for row in rows]
        for name, label in _LINES.items():
            recall.plot(
                millions,
                [100 * row[name] for row in rows],
                marker=".",
                label=label if len(curves) == 1 else f"{run}: {label}",
            )
        loss.plot(millions, [row["loss"] for row in rows], marker=".")
    recall.set_title(f"Learning curve: {', '.join(curves)}")
    recall.set_ylabel("recall, %")
    figure.legend(loc="outside lower center", fontsize=8)
    loss.set_ylabel("loss")
    loss.set_xlabel("crops seen, millions")
    for axes in (recall, loss):
        axes.grid(alpha=0.3)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)


def main() -> None:
    """Write the plot."""
    parser = make_parser(__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folder of a run")
    parser.add_argument("--out", type=Path, required=True, help="the picture to write (.svg or .png)")
    arguments = parser.parse_args()
    plot({run.name: RunFolder(run).curve for run in arguments.runs}, arguments.out)


if __name__ == "__main__":
    main()
