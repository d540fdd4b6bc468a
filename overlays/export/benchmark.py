"""Benchmark of a bundle's network on this machine: emulator, its numpy, onnxruntime and the slow reference.

    python -m overlays.export.benchmark overlays/bundles/n-cnv

All engines must give the same scores. Times depend on the machine; compare the ratios. Each engine uses one thread
unless OPENBLAS_NUM_THREADS or --threads say otherwise.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy reads it at its first import

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from binarycop.bundle import files as bundles
from binarycop.classifier import reference
from binarycop.classifier.choose import engine_of, open_emulator
from binarycop.classifier.emulator import Emulator
from overlays.command_line import make_parser
from overlays.export import float_onnx
from overlays.synthesis.heads import noise_and_heads

_ROUNDS, _REFERENCE_ROUNDS = 200, 5
_BATCH = 64

Engine = Callable[[NDArray[np.uint8]], NDArray[np.int32]]


def median_us(run: Engine, crops: NDArray[np.uint8], rounds: int) -> float:
    """Median time for one crop in microseconds; each round runs all crops as one batch."""
    run(crops)
    rounds_s = []
    for _ in range(rounds):
        started_s = time.perf_counter()
        run(crops)
        rounds_s.append(time.perf_counter() - started_s)
    return float(np.median(rounds_s)) / len(crops) * 1e6


def main() -> None:
    """Print the medians and their ratios to the emulator's. Raises ValueError if scores differ."""
    parser = make_parser(__doc__)
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument("--threads", type=int, default=1, help="threads of onnxruntime")
    arguments = parser.parse_args()
    bundle = bundles.load(arguments.bundle)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    session = onnxruntime.InferenceSession(float_onnx.float_model(bundle).SerializeToString(), options)

    def in_onnxruntime(crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        pixels = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)
        return np.asarray(session.run(None, {"pixels": pixels})[0], np.int32)

    def in_reference(crops: NDArray[np.uint8]) -> NDArray[np.int32]:
        return np.array([reference.scores(bundle, crop) for crop in crops], np.int32)

    crops = noise_and_heads(_BATCH, 0, bundle.manifest.crop)
    opened = open_emulator(bundle)
    print(f"the emulator computes with {engine_of(opened)}")
    emulator, in_numpy = opened.scores, Emulator(bundle).scores
    others = (("numpy", in_numpy, _BATCH), ("onnxruntime", in_onnxruntime, _BATCH), ("reference", in_reference, 4))
    for name, run, count in others:
        if not np.array_equal(emulator(crops[:count]), run(crops[:count])):
            raise ValueError(f"{name} and the emulator give different scores, so their times are meaningless")
    for count in (1, _BATCH):
        base_us = median_us(emulator, crops[:count], _ROUNDS // count + 10)
        _print_row("emulator", count, base_us, base_us)
        _print_row("numpy", count, median_us(in_numpy, crops[:count], _ROUNDS // count + 10), base_us)
        _print_row("onnxruntime", count, median_us(in_onnxruntime, crops[:count], _ROUNDS // count + 10), base_us)
        if count == 1:
            _print_row("reference", count, median_us(in_reference, crops[:count], _REFERENCE_ROUNDS), base_us)


def _print_row(name: str, batch: int, time_us: float, base_us: float) -> None:
    print(f"{name:12} batch {batch:2}: {time_us:10.1f} µs per crop, {time_us / base_us:8.2f} times the emulator's")


if __name__ == "__main__":
    main()
