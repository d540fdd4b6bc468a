"""How many crops a second one core makes with today's code and with that of version 0.3.0, measured alternately.

    python -m overlays.training.crop_benchmark --data ../shared/data --patches work/patches.npz

It counts processor time, so that other work on the machine changes little. Only the ratio can be compared between
machines. Version 0.3.0 made one crop of each dressed face, today's training takes several.
"""

import subprocess
import sys
from pathlib import Path

from overlays.command_line import add_data_option, add_patches_option, make_parser, print_progress
from overlays.training.fixed_sets import TEST_0_3_0, FixedSet, environment, unpack

_CHECKOUT = Path(__file__).resolve().parents[2]
_ROUNDS = 3
_BEGIN = """
import sys, time
from pathlib import Path
import cv2
from overlays.synthesis import patches
from overlays.synthesis.dataset import Recipe, Synthesis
from overlays.synthesis.faces import Split
from overlays.synthesis.masks import MaskCatalogue

cv2.setNumThreads(1)
synthesis = Synthesis(patches.load(Path(sys.argv[1])), Split.TRAIN, MaskCatalogue.read(Path(sys.argv[2])), Recipe())
count, views = int(sys.argv[3]), int(sys.argv[4])
for warm_up in (True, False):
    began_s = time.process_time()
    for number in range(count // views):
        make = MAKE
print(count // views * views / (time.process_time() - began_s))
"""
_BEFORE = _BEGIN.replace("MAKE", "synthesis.crop_at(0, number)")
_NOW = _BEGIN.replace("MAKE", "synthesis.crops_at(0, number, views)")


def main() -> None:
    """Measure both alternately, and print the best of each."""
    parser = make_parser(__doc__)
    add_data_option(parser)
    add_patches_option(parser)
    parser.add_argument("--crops", type=int, default=1200, help="in each measurement (default: %(default)s)")
    parser.add_argument("--views", type=int, default=4, help="crops of each dressed face (default: %(default)s)")
    parser.add_argument(
        "--work", type=Path, default=Path("work/code-0.3.0"), help="for the code of 0.3.0 (default: %(default)s)"
    )
    arguments = parser.parse_args()
    before = unpack(FixedSet.of(TEST_0_3_0).commit, arguments.work.resolve())
    rates: dict[str, list[float]] = {"0.3.0": [], "today": []}
    for _ in range(_ROUNDS):
        for name, code, script, views in (("0.3.0", before, _BEFORE, 1), ("today", _CHECKOUT, _NOW, arguments.views)):
            inputs = [arguments.patches.resolve(), arguments.data.resolve(), arguments.crops, views]
            measured = subprocess.run(
                [sys.executable, "-c", script, *map(str, inputs)],
                cwd=code,
                env=environment(code) | {"OPENBLAS_NUM_THREADS": "1"},
                check=True,
                capture_output=True,
                text=True,
            )
            rates[name].append(float(measured.stdout))
            print_progress(f"{name}, {views} of each face: {rates[name][-1]:.0f} crops for a second of one core")
    print_progress(f"ratio of the best: {max(rates['today']) / max(rates['0.3.0']):.1f}")


if __name__ == "__main__":
    main()
