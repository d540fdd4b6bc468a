"""How fast a bundle's network runs here: the emulator against onnxruntime on the same scores.

python -m overlays.export.benchmark overlays/bundles/n-cnv
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from binarycop.classifier import bundle as bundles
from binarycop.classifier.emulator import Emulator
from overlays.export import floats
from overlays.synthesis.heads import nobody

_ROUNDS = 30


def median_us(run: Callable[[NDArray[np.uint8]], NDArray[np.int32]], crops: NDArray[np.uint8]) -> float:
    """Median time of one crop in microseconds, over rounds of the whole batch."""
    run(crops)
    rounds_s = []
    for _ in range(_ROUNDS):
        started_s = time.perf_counter()
        run(crops)
        rounds_s.append(time.perf_counter() - started_s)
    return float(np.median(rounds_s)) / len(crops) * 1e6


def main() -> None:
    """Print medians for one crop at a time and for a batch. Raises ValueError where the scores differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--threads", type=int, default=1, help="of onnxruntime; numpy's are set by OMP_NUM_THREADS")
    arguments = parser.parse_args()
    bundle = bundles.load(arguments.bundle)
    emulator = Emulator(bundle)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    session = onnxruntime.InferenceSession(floats.build(bundle).SerializeToString(), options)

    def in_onnxruntime(crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        pixels = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)
        return np.asarray(session.run(None, {"pixels": pixels})[0], np.int32)

    crops = nobody(64, 0, bundle.manifest.crop)
    if not np.array_equal(emulator.scores(crops), in_onnxruntime(crops)):
        raise ValueError("onnxruntime and the emulator disagree, so their times mean nothing")
    for count in (1, 64):
        for name, run in (("emulator", emulator.scores), ("onnxruntime", in_onnxruntime)):
            print(f"{name:12} batch {count:2}: {median_us(run, crops[:count]):8.1f} µs per crop")


if __name__ == "__main__":
    main()
