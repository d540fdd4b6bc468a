"""From pictures to the shipped finder, in one command that goes on where it was interrupted.

python -m overlays.finder.train --data ../shared/data --patches work/patches.npz --out daemon/binarycop/faces/lookout

On two cores (AMD EPYC with AVX-512 and bfloat16): pictures half a minute, 24,000 scenes 4 minutes of one core and
3.5 GB of disk, training 270 scenes a second, so a quarter of an hour for 10 epochs; longer where memory does not hold
the scenes.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import cv2
import torch

from overlays.finder import pool
from overlays.finder.export import export_with_threshold, finder_of
from overlays.finder.loop import Settings, restore, train

_DECOY = 0.2  # confidence from which a stage's wrong find is shown to the next


def main() -> None:
    """Make scenes, train, choose the threshold, export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--patches", type=Path, required=True, help="the file that overlays.synthesis.patches made")
    parser.add_argument("--work", type=Path, default=Path("work/finder"), help="for scenes and checkpoint")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go")
    parser.add_argument("--scenes", type=int, default=24_000)
    parser.add_argument("--epochs", type=int, default=Settings.epochs)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=Settings.rate)
    parser.add_argument("--begin", type=Path, help="an earlier stage's checkpoint: its weights, its errors")
    parser.add_argument(
        "--also", type=Path, nargs="*", default=(), help="scenes of earlier stages, to learn from again"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tag", default="lookout", help="name of the checkpoint")
    arguments = parser.parse_args()
    # Another count changes the order of sums, and with it the last digits of every weight.
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    work: Path = arguments.work
    begin = before = None
    scenes = work / f"scenes-{arguments.seed}-{arguments.scenes}.npy"
    if arguments.begin:
        begin = restore(arguments.begin)
        before = finder_of(begin, _DECOY)
        scenes = scenes.with_stem(f"{scenes.stem}-{arguments.begin.stem}")
    made = pool.take(arguments.data, arguments.patches, arguments.seed, arguments.scenes, scenes, _say, before)
    made = pool.Pool.joined(made, *(pool.read(file) for file in arguments.also))
    settings = Settings(epochs=arguments.epochs, rate=arguments.rate, seed=arguments.seed)
    net = train(made, settings, work / f"{arguments.tag}.pt", _say, begin)
    run = {"scenes": len(made), **asdict(settings), "begun_from": arguments.begin and arguments.begin.name}
    export_with_threshold(net, arguments.out, run, arguments.data)


def _say(line: str) -> None:
    # At once, since long runs are watched through files.
    print(line, flush=True)


if __name__ == "__main__":
    main()
