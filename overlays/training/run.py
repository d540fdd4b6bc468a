"""Train a classifier. The run is a folder; it can be interrupted, and continued on any machine that has the folder.

    python -m overlays.training.run --run overlays/training/runs/n-cnv --data ../shared/data --patches work/patches.npz

The same command continues after an interruption, from the last weights that it wrote (every few minutes). Every half a
million crops it adds a row to the learning curve. ``--begin n-cnv`` begins a new run of that network. ``--minutes``
ends a run earlier. Several processes, GPUs or machines share each batch under torchrun:

    torchrun --standalone --nproc-per-node 2 -m overlays.training.run --run … --parts work/parts --data … --patches …

``--parts`` is a folder that ``overlays.training.make_parts`` fills, on any number of machines.
"""

import argparse
import os
import signal
import time
from collections.abc import Callable, Generator
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from binarycop.classes import MaskClass
from binarycop.detection.choose import make_detector
from binarycop.settings.faces import FacesSettings
from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress
from overlays.networks.tables import NETWORKS
from overlays.synthesis.dataset import Recipe
from overlays.training import no_face
from overlays.training.evaluation import LabelledCrops, Scores, evaluate, read_photographs
from overlays.training.fixed_sets import FOLDER, VAL, labelled
from overlays.training.loop import score_function
from overlays.training.part_folder import MadeFrom, PartFolder
from overlays.training.pool import SPARE_PX, Pool, made_here
from overlays.training.processes import Processes, joined
from overlays.training.run_folder import Progress, RunFolder, RunSettings
from overlays.training.trainer import Trainer

_SAVE_S = 150.0
_CURVE_CROPS = 500_000
_PHOTOGRAPHED = (MaskClass.CORRECT, MaskClass.NOSE, MaskClass.NOSE_MOUTH)


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
    on_synthetic, on_real = (evaluate(scores, crops) for crops in (synthetic, real))
    counts = on_real.confusion
    uncovered = counts[[MaskClass.NOSE, MaskClass.NOSE_MOUTH]]
    return {
        "synthetic": round(on_synthetic.balanced_accuracy, 4),
        "photographs": round(on_real.balanced_accuracy, 4),
        **{one.label: round(float(counts[one, one] / counts[one].sum()), 4) for one in _PHOTOGRAPHED},
        "uncovered_called_correct": round(float(uncovered[:, MaskClass.CORRECT].sum() / uncovered.sum()), 4),
    }


def go_on(
    trainer: Trainer,
    pool: Pool,
    folder: RunFolder,
    measure: Callable[[Scores], dict[str, float]],
    minutes: float | None,
) -> None:
    """Train to the end of the run, or for some minutes. Write weights and learning curve, also after an interruption.

    Of several processes, the first one measures and writes.
    """
    try:
        _train(trainer, pool, folder, measure, minutes)
    finally:
        if trainer.processes.is_first:
            folder.save(trainer.net, Progress(trainer.crops_seen, pool.next_subject))


def _train(
    trainer: Trainer,
    pool: Pool,
    folder: RunFolder,
    measure: Callable[[Scores], dict[str, float]],
    minutes: float | None,
) -> None:
    processes, settings, began_s, began_at = trainer.processes, folder.settings, time.monotonic(), trainer.crops_seen
    saved_s, losses, is_over = began_s, [], False
    while not is_over:
        before = trainer.crops_seen
        losses.append(trainer.train(pool, settings.pool.crops_per_part))
        seen, now_s = trainer.crops_seen, time.monotonic()
        is_over = processes.decided(seen >= settings.crops or (minutes is not None and now_s - began_s > 60 * minutes))
        if processes.is_first and (seen // _CURVE_CROPS > before // _CURVE_CROPS or is_over):
            row = {"crops": float(seen), "loss": round(float(np.mean(losses)), 4)}
            row |= measure(score_function(trainer.measured_net(pool)))
            folder.record(row)
            rate = (seen - began_at) / (now_s - began_s)
            print_progress(f"{row}, {rate:.0f} crops/s, {(settings.crops - seen) / rate / 60:.0f} min left")
            losses = []
        if processes.is_first and now_s - saved_s > _SAVE_S:
            folder.save(trainer.net, Progress(seen, pool.next_subject))
            saved_s = now_s
        pool.renew()


def main() -> None:
    """Begin or continue a run."""
    arguments = _arguments()
    try:
        with joined() as processes:
            _run(arguments, processes)
    except KeyboardInterrupt:
        print_progress("stopped; the same command goes on from the last weights")


def _run(arguments: argparse.Namespace, processes: Processes) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the weights are written, the processes end
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    folder = RunFolder(arguments.run)
    if arguments.begin:
        changes = {
            "crops": arguments.crops,
            "rate": arguments.rate,
            "seed": arguments.seed,
            "no_face": arguments.no_face,
        }
        given = {name: value for name, value in changes.items() if value is not None}
        folder.begin(RunSettings(arguments.begin, binary=not arguments.full_precision, **given))
    settings = folder.settings
    net, progress = folder.load()
    recipe, first = Recipe(spare_px=SPARE_PX), progress.next_subject
    measure = _measure(arguments, recipe, folder, progress) if processes.is_first else _nothing
    squares = (
        no_face.to_train_on(arguments.data, make_detector(FacesSettings()), recipe.geometry, settings.seed)
        if settings.no_face
        else None
    )
    began_s = time.monotonic()
    with Pool(_parts(arguments, settings, recipe, first, processes), settings.pool, first) as pool:
        if processes.is_first:
            print_progress(f"the pool is filled, after {time.monotonic() - began_s:.0f} s")
        go_on(Trainer(net, settings, progress, processes, no_face=squares), pool, folder, measure, arguments.minutes)


def _measure(
    arguments: argparse.Namespace, recipe: Recipe, folder: RunFolder, progress: Progress
) -> Callable[[Scores], dict[str, float]]:
    synthetic, real = labelled(arguments.fixed, VAL), photographs(arguments.data, recipe)
    print_progress(f"{folder.folder}: {progress.crops_seen:,} crops seen; chosen by {len(real.crops)} photographs")
    return lambda scores: figures(scores, synthetic, real)


def _nothing(_: Scores) -> dict[str, float]:
    return {}


def _parts(
    arguments: argparse.Namespace, settings: RunSettings, recipe: Recipe, first: int, processes: Processes
) -> Generator[NDArray[np.uint8], None, None]:
    """The parts of the pool: from the folder that others fill, or made here."""
    patches, pool = arguments.patches, settings.pool
    if arguments.parts is None:
        return made_here(patches, arguments.data, recipe, pool, settings.seed, first, arguments.processes)
    folder = PartFolder(arguments.parts, MadeFrom.of(settings, recipe, patches))
    return folder.parts(first, pool.subjects, is_first=processes.is_first)


def _arguments() -> argparse.Namespace:
    default = RunSettings("n-cnv")
    parser = make_parser(__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--begin", choices=list(NETWORKS), help="begin a new run, of this network")
    parser.add_argument("--crops", type=int, help=f"of a new run: crops to be seen (default: {default.crops:,})")
    parser.add_argument("--rate", type=float, help=f"of a new run: Adam's highest rate (default: {default.rate})")
    parser.add_argument("--seed", type=int, help="of a new run")
    parser.add_argument(
        "--full-precision", action="store_true", help="of a new run: the same layers without binarisation (--rate 2e-3)"
    )
    parser.add_argument(
        "--no-face", type=float, help="of a new run: share of each batch that shows no face, such as 0.04"
    )
    parser.add_argument("--minutes", type=float, help="stop after this time (default: at the end of the run)")
    add_data_option(parser)
    add_patches_option(parser)
    parser.add_argument("--fixed", type=Path, default=FOLDER, help="folder of the fixed sets (default: %(default)s)")
    parser.add_argument("--parts", type=Path, help="folder that make_parts fills (default: crops are made here)")
    parser.add_argument("--processes", type=int, default=1, help="that make crops here (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="that train (default: %(default)s)")
    arguments = parser.parse_args()
    folder, together = RunFolder(arguments.run), int(os.environ.get("WORLD_SIZE", "1"))
    if together > 1 and arguments.parts is None:
        parser.error(f"--parts is needed for {together} processes, which all train with the same crops")
    if together > 1 and arguments.begin:
        parser.error("--begin is for one process: begin the run with it and --minutes 0, and continue with torchrun")
    if arguments.full_precision and not arguments.begin:
        parser.error("--full-precision needs --begin: a run keeps the precision that it began with")
    if not arguments.begin and not folder.exists:
        parser.error(f"--run {arguments.run} is not the folder of a run; --begin n-cnv begins one there")
    return arguments


if __name__ == "__main__":
    main()
