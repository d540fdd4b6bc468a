"""Train a classifier for as long as it takes: the run is a folder, and goes on wherever that folder is.

    python -m overlays.training.run --run overlays/training/runs/n-cnv --data ../shared/data --patches work/patches.npz

The same command continues after an interruption, from the last weights that it wrote (every few minutes). Every half a
million crops it adds a row to the learning curve. ``--begin n-cnv`` begins a new run of that network. ``--minutes``
ends a run earlier.
"""

import argparse
import math
import signal
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from binarycop.classes import MaskClass
from binarycop.detection.choose import make_detector
from binarycop.settings.faces import FacesSettings
from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress
from overlays.networks.tables import NETWORKS
from overlays.synthesis.dataset import Recipe
from overlays.training.evaluation import LabelledCrops, Scores, read_photographs
from overlays.training.fixed_sets import FOLDER, VAL, labelled
from overlays.training.loop import channels_first, recalibrate_batchnorm, score_function
from overlays.training.model import BinaryNet
from overlays.training.pool import SPARE_PX, Pool
from overlays.training.run_folder import Progress, RunFolder, RunSettings
from overlays.training.variation import vary

_SAVE_S = 150.0
_CURVE_CROPS = 500_000
_RECALIBRATION_CROPS = 10_000


def rate_factor(settings: RunSettings, crops_seen: int, crops_since_start: int) -> float:
    """The learning rate as a share of the highest: a cosine over the run, and a rise after each start."""
    rise = min(1.0, crops_since_start / max(settings.warm_up, 1))
    return rise * 0.5 * (1 + math.cos(math.pi * min(crops_seen / settings.crops, 1.0)))


class Trainer:
    """One network and its optimiser."""

    def __init__(self, net: BinaryNet, settings: RunSettings, progress: Progress) -> None:
        self.net, self.crops_seen = net, progress.crops_seen
        self._settings, self._started_at = settings, progress.crops_seen
        self._optimiser = torch.optim.Adam(net.parameters(), lr=settings.rate)

    def train(self, pool: Pool, count: int) -> float:
        """See ``count`` crops of the pool. Returns the mean loss."""
        settings, total, steps = self._settings, 0.0, count // self._settings.batch
        rng = np.random.default_rng([settings.seed, self.crops_seen])
        generator = torch.Generator().manual_seed(settings.seed + self.crops_seen)
        self.net.train()
        for _ in range(steps):
            crops, classes = pool.sample(settings.batch, rng)
            pixels = vary(channels_first(crops), generator)
            factor = rate_factor(settings, self.crops_seen, self.crops_seen - self._started_at)
            for group in self._optimiser.param_groups:
                group["lr"] = settings.rate * factor
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = self.net.logits(pixels)
            loss = functional.cross_entropy(logits.float(), torch.from_numpy(classes))
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()
            self._optimiser.step()
            self.net.clip()
            self.crops_seen += settings.batch
            total += float(loss.detach())
        return total / steps

    def measured_net(self, pool: Pool) -> BinaryNet:
        """A copy with the statistics of batch normalisation of these weights, measured on varied crops."""
        net = BinaryNet(self.net.network, is_binary=self.net.is_binary)
        net.to(memory_format=torch.channels_last)
        net.load_state_dict(self.net.state_dict())
        crops, _ = pool.sample(_RECALIBRATION_CROPS, np.random.default_rng(self.crops_seen))
        pixels = vary(channels_first(crops), torch.Generator().manual_seed(self.crops_seen))
        recalibrate_batchnorm(net, pixels, self._settings.batch)
        return net


def photographs(data: Path, recipe: Recipe) -> LabelledCrops:
    """The photographs to choose by, ``real_photos/dev`` and ``real_photos_more``, cut by the daemon's detector."""
    detector = make_detector(FacesSettings())
    sets = [
        read_photographs(data / name, detector, recipe.geometry) for name in ("real_photos/dev", "real_photos_more")
    ]
    return LabelledCrops(
        np.concatenate([found.crops for found in sets]),
        np.concatenate([found.classes for found in sets]),
        sum(found.no_face for found in sets),
    )


def figures(scores: Scores, synthetic: LabelledCrops, real: LabelledCrops) -> dict[str, float]:
    """What the learning curve shows of a network: mean recall, and the share of uncovered faces called correct."""
    on_synthetic, on_real = (_confusion(scores(crops.crops), crops.classes) for crops in (synthetic, real))
    uncovered = on_real[[MaskClass.NOSE, MaskClass.NOSE_MOUTH]]
    return {
        "synthetic": round(_mean_recall(on_synthetic), 4),
        "photographs": round(_mean_recall(on_real), 4),
        **{
            label: round(float(on_real[k, k] / on_real[k].sum()), 4)
            for k, label in enumerate(("correct", "nose", "nose_mouth"))
        },
        "uncovered_called_correct": round(float(uncovered[:, MaskClass.CORRECT].sum() / uncovered.sum()), 4),
    }


def _confusion(scores: NDArray[np.int32], classes: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.zeros((len(MaskClass), len(MaskClass)), np.int64)
    np.add.at(counts, (classes, scores.argmax(axis=1)), 1)
    return counts


def _mean_recall(counts: NDArray[np.int64]) -> float:
    rows = counts[counts.sum(axis=1) > 0]
    kept = np.flatnonzero(counts.sum(axis=1) > 0)
    return float(np.mean([row[k] / row.sum() for k, row in zip(kept, rows)]))


def go_on(
    trainer: Trainer,
    pool: Pool,
    folder: RunFolder,
    measure: Callable[[Scores], dict[str, float]],
    minutes: float | None,
) -> None:
    """Train to the end of the run, or for some minutes; write weights and learning curve, also if it is interrupted."""
    try:
        _train(trainer, pool, folder, measure, minutes)
    finally:
        folder.save(trainer.net, Progress(trainer.crops_seen, pool.next_subject))


def _train(
    trainer: Trainer,
    pool: Pool,
    folder: RunFolder,
    measure: Callable[[Scores], dict[str, float]],
    minutes: float | None,
) -> None:
    settings, began_s, began_at = folder.settings, time.monotonic(), trainer.crops_seen
    saved_s, losses, is_over = began_s, [], False
    while not is_over:
        before = trainer.crops_seen
        losses.append(trainer.train(pool, settings.pool.crops_per_part))
        seen, now_s = trainer.crops_seen, time.monotonic()
        is_over = seen >= settings.crops or (minutes is not None and now_s - began_s > 60 * minutes)
        if seen // _CURVE_CROPS > before // _CURVE_CROPS or is_over:
            row = {"crops": float(seen), "loss": round(float(np.mean(losses)), 4)}
            row |= measure(score_function(trainer.measured_net(pool)))
            folder.record(row)
            rate = (seen - began_at) / (now_s - began_s)
            print_progress(f"{row}, {rate:.0f} crops/s, {(settings.crops - seen) / rate / 60:.0f} min left")
            losses = []
        if now_s - saved_s > _SAVE_S:
            folder.save(trainer.net, Progress(seen, pool.next_subject))
            saved_s = now_s
        pool.renew()


def main() -> None:
    """Begin or continue a run."""
    try:
        _run(_arguments())
    except KeyboardInterrupt:
        print_progress("stopped; the same command goes on from the last weights")


def _run(arguments: argparse.Namespace) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the weights are written, the processes end
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    folder = RunFolder(arguments.run)
    if arguments.begin:
        changes = {"crops": arguments.crops, "rate": arguments.rate, "seed": arguments.seed}
        given = {name: value for name, value in changes.items() if value is not None}
        folder.begin(RunSettings(arguments.begin, **given))
    settings = folder.settings
    net, progress = folder.load()
    recipe, data = Recipe(spare_px=SPARE_PX), arguments.data
    synthetic = labelled(arguments.fixed, VAL)
    real = photographs(data, recipe)
    began_s = time.monotonic()
    print_progress(f"{folder.folder}: {progress.crops_seen:,} crops seen; chosen by {len(real.crops)} photographs")
    with Pool(
        arguments.patches, data, recipe, settings.pool, settings.seed, progress.next_subject, arguments.processes
    ) as pool:
        print_progress(f"the pool is filled, after {time.monotonic() - began_s:.0f} s")
        trainer = Trainer(net, settings, progress)
        go_on(trainer, pool, folder, lambda scores: figures(scores, synthetic, real), arguments.minutes)


def _arguments() -> argparse.Namespace:
    default = RunSettings("n-cnv")
    parser = make_parser(__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--begin", choices=list(NETWORKS), help="begin a new run, of this network")
    parser.add_argument("--crops", type=int, help=f"of a new run: crops to be seen (default: {default.crops:,})")
    parser.add_argument("--rate", type=float, help=f"of a new run: Adam's highest rate (default: {default.rate})")
    parser.add_argument("--seed", type=int, help="of a new run")
    parser.add_argument("--minutes", type=float, help="stop after this time (default: at the end of the run)")
    add_data_option(parser)
    add_patches_option(parser)
    parser.add_argument("--fixed", type=Path, default=FOLDER, help="folder of the fixed sets (default: %(default)s)")
    parser.add_argument("--processes", type=int, default=1, help="that make crops (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="that train (default: %(default)s)")
    arguments = parser.parse_args()
    if not arguments.begin and not RunFolder(arguments.run).exists:
        parser.error(f"--run {arguments.run} is not the folder of a run; --begin n-cnv begins one there")
    return arguments


if __name__ == "__main__":
    main()
