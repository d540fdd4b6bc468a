"""Make crops ahead of a training run, into a folder that all machines see: one such process for each core.

    python -m overlays.training.make_parts --run overlays/training/runs/n-cnv --parts work/parts \\
        --data ../shared/data --patches work/patches.npz

Each process makes the next part for training that no other process has claimed. It ends on Ctrl-C or SIGTERM, after
``--count`` parts, or when training has taken nothing for an hour.
"""

import argparse
import signal
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress
from overlays.synthesis import patches as stored
from overlays.synthesis.dataset import Recipe, Synthesis
from overlays.synthesis.faces import Split
from overlays.synthesis.masks import MaskCatalogue
from overlays.training.part_folder import Crops, MadeFrom, PartFolder
from overlays.training.pool import SPARE_PX, PoolSettings
from overlays.training.run_folder import RunFolder

_AHEAD_PARTS = 24  # a third of a gigabyte
_POLL_S, _LONGEST_IDLE_S = 1.0, 3600.0


def make_parts(
    folder: PartFolder,
    make: Callable[[int], Crops],
    first: int,
    settings: PoolSettings,
    count: int | None,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """Make parts until there are ``count``, or training has taken nothing for an hour. Returns how many.

    make: makes the part that begins with a subject. first: the subject at which training begins, used until the folder
    says where training is.
    """
    made, idle_s = 0, 0.0
    while (count is None or made < count) and idle_s < _LONGEST_IDLE_S:
        wanted = folder.next_subject
        begin = first if wanted is None else wanted
        numbers = range(
            begin, begin + (settings.subjects // settings.part + _AHEAD_PARTS) * settings.part, settings.part
        )
        number = next((number for number in numbers if folder.claim(number)), None)
        if number is None:
            wait(_POLL_S)
            idle_s += _POLL_S
            continue
        try:
            folder.write(number, make(number))
        finally:
            folder.release(number)
        made, idle_s = made + 1, 0.0
    return made


def main() -> None:
    """Make parts until it is stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments = _arguments()
    cv2.setNumThreads(1)
    run = RunFolder(arguments.run)
    settings, recipe = run.settings, Recipe(spare_px=SPARE_PX)
    pool = settings.pool
    folder = PartFolder(arguments.parts, MadeFrom.of(settings, recipe, arguments.patches))
    catalogue = MaskCatalogue.read(arguments.data)
    synthesis = Synthesis(stored.load(arguments.patches), Split.TRAIN, catalogue, recipe)

    def make(first: int) -> Crops:
        numbers = range(first, first + pool.part)
        crops = np.stack([synthesis.crops_at(settings.seed, number, pool.views)[0] for number in numbers])
        print_progress(f"{folder.file(first).name}: {crops.shape[0] * crops.shape[1]:,} crops")
        return crops

    try:
        made = make_parts(folder, make, run.progress.next_subject, pool, arguments.count)
    except KeyboardInterrupt:
        print_progress("stopped")
    else:
        print_progress(f"{made} parts made")


def _arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--parts", type=Path, required=True, help="folder for the parts, which all machines see")
    parser.add_argument("--count", type=int, help="parts to make (default: until it is stopped)")
    add_data_option(parser)
    add_patches_option(parser)
    arguments = parser.parse_args()
    if not RunFolder(arguments.run).exists:
        parser.error(f"--run {arguments.run} is not the folder of a run; overlays.training.run --begin begins one")
    return arguments


if __name__ == "__main__":
    main()
