"""Measures round trips of the driver and the real pynq on the simulated board, whose DMAs run the emulator.

OPENBLAS_NUM_THREADS=1 python -m binarycop.service.bench_overlay [--bundle n-cnv] [--rounds 300]

The difference to the emulator alone is the time of driver, pynq and simulation together. A board has neither emulator
nor simulation. On a busy machine only the minimum times are meaningful.
"""

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from platform import python_version

import numpy as np

from binarycop.bundle import files as bundles
from binarycop.bundle.files import Bundle
from binarycop.bundle.search import find_bundle
from binarycop.classifier.base import Classifier
from binarycop.classifier.choose import open_emulator
from binarycop.errors import BinaryCoPError, DmaTimeout
from binarycop.service.backends import open_classifier
from binarycop.settings.classifier import (
    Backend,
    ClassifierSettings,
    FaultKind,
    OverlaySettings,
    SimulatedBoardSettings,
)

BATCHES = (1, 2, 4, 8, 16)
_WARM_UP = 20
_HANG_S = 0.5


def main() -> int:
    """Print a table. Returns the exit code, 7 if pynq is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", default="n-cnv")
    parser.add_argument("--rounds", type=int, default=300)
    arguments = parser.parse_args()
    try:
        bundle = bundles.load(find_bundle(arguments.bundle))
        accelerator = open_classifier(ClassifierSettings(backend=Backend.SIMULATED_BOARD), bundle)
        versions = f"pynq {version('pynq')}, Python {python_version()}, numpy {np.__version__}"
        print(f"{bundle.manifest.name} {bundle.manifest.version}; {versions}; µs, of {arguments.rounds} rounds")
        print("crops    p50   least  emulator alone, least  difference")
        for count in BATCHES:
            _print_row(bundle, accelerator, count, arguments.rounds)
        wait_ms = longest_wait_ms(bundle)
    except BinaryCoPError as error:
        print(f"binarycop: {error}", file=sys.stderr)
        return 7
    print(f"another thread, while a batch hangs until its deadline of {_HANG_S:g} s: longest wait {wait_ms:.2f} ms")
    return 0


def _print_row(bundle: Bundle, accelerator: Classifier, count: int, rounds: int) -> None:
    crops = bundle.golden_inputs[:count]
    # The driver adds a golden vector to each batch.
    emulator, batch = open_emulator(bundle), bundle.golden_inputs[: count + 1]
    accelerator_us = times_us(lambda: accelerator.scores(crops), rounds)
    emulator_us = times_us(lambda: emulator.scores(batch), rounds)
    least, alone = min(accelerator_us), min(emulator_us)
    print(f"{count:5d}  {statistics.median(accelerator_us):5.0f}  {least:6.0f}  {alone:21.0f}  {least - alone:10.0f}")


def times_us(run: Callable[[], object], rounds: int) -> list[float]:
    """The time of each of ``rounds`` runs, after some runs that are not counted."""
    times = []
    for index in range(_WARM_UP + rounds):
        begun_s = time.perf_counter()
        run()
        if index >= _WARM_UP:
            times.append((time.perf_counter() - begun_s) * 1e6)
    return times


def longest_wait_ms(bundle: Bundle) -> float:
    """The longest time that another thread waited for the interpreter while the driver waited for a DMA."""
    fault = SimulatedBoardSettings(FaultKind.HANG, after=len(bundle.golden_inputs))
    settings = ClassifierSettings(
        backend=Backend.SIMULATED_BOARD, overlay=OverlaySettings(deadline_s=_HANG_S), simulated_board=fault
    )
    accelerator = open_classifier(settings, bundle)
    ran_at_s: list[float] = []
    is_over = threading.Event()

    def run() -> None:
        while not is_over.is_set():
            ran_at_s.append(time.perf_counter())

    other = threading.Thread(target=run)
    other.start()
    begun_s = time.perf_counter()
    try:
        while True:
            begun_s = time.perf_counter()
            accelerator.scores(bundle.golden_inputs[:1])
    except DmaTimeout:
        ended_s = time.perf_counter()
    finally:
        is_over.set()
        other.join()
        accelerator.close()
    during_hang_s = [begun_s, *(at_s for at_s in ran_at_s if begun_s <= at_s <= ended_s), ended_s]
    return float(np.diff(during_hang_s).max() * 1000)


if __name__ == "__main__":
    sys.exit(main())
