"""Round trips of the driver on the simulated board with the real pynq, beside the emulator that its DMAs run.

OPENBLAS_NUM_THREADS=1 python -m binarycop.service.bench_overlay [--bundle n-cnv] [--rounds 300]

What the two differ by, at their quickest, is driver, pynq and simulation together; a board has neither emulator nor
simulation. On a busy machine only the least times say something.
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
from binarycop.classifier.emulator import Emulator
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
_HUNG_S = 0.5


def main() -> int:
    """Print a table; 7 where pynq is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", default="n-cnv")
    parser.add_argument("--rounds", type=int, default=300)
    arguments = parser.parse_args()
    try:
        bundle = bundles.load(find_bundle(arguments.bundle))
        board = open_classifier(ClassifierSettings(backend=Backend.SIMULATED_BOARD), bundle)
        versions = f"pynq {version('pynq')}, Python {python_version()}, numpy {np.__version__}"
        print(f"{bundle.manifest.name} {bundle.manifest.version}; {versions}; µs, of {arguments.rounds} rounds")
        print("crops    p50   least  emulator alone, least  difference")
        for count in BATCHES:
            _print_row(bundle, board, count, arguments.rounds)
        gap_ms = longest_gap_ms(bundle)
    except BinaryCoPError as error:
        print(f"binarycop: {error}", file=sys.stderr)
        return 7
    print(f"another thread, while a batch hangs until its deadline of {_HUNG_S:g} s: longest wait {gap_ms:.2f} ms")
    return 0


def _print_row(bundle: Bundle, board: Classifier, count: int, rounds: int) -> None:
    crops = bundle.golden_inputs[:count]
    emulator, with_golden = Emulator(bundle), bundle.golden_inputs[: count + 1]
    trips_us = times_us(lambda: board.scores(crops), rounds)
    alone_us = times_us(lambda: emulator.scores(with_golden), rounds)
    least, alone = min(trips_us), min(alone_us)
    print(f"{count:5d}  {statistics.median(trips_us):5.0f}  {least:6.0f}  {alone:21.0f}  {least - alone:10.0f}")


def times_us(run: Callable[[], object], rounds: int) -> list[float]:
    """How long each of so many runs takes."""
    found = []
    for index in range(_WARM_UP + rounds):
        begun_s = time.perf_counter()
        run()
        if index >= _WARM_UP:
            found.append((time.perf_counter() - begun_s) * 1e6)
    return found


def longest_gap_ms(bundle: Bundle) -> float:
    """The longest time that another thread had to wait for the interpreter while the driver waited for a DMA."""
    fault = SimulatedBoardSettings(FaultKind.HANG, after=len(bundle.golden_inputs))
    settings = ClassifierSettings(
        backend=Backend.SIMULATED_BOARD, overlay=OverlaySettings(deadline_s=_HUNG_S), simulated_board=fault
    )
    board = open_classifier(settings, bundle)
    moments: list[float] = []
    is_over = threading.Event()

    def count() -> None:
        while not is_over.is_set():
            moments.append(time.perf_counter())

    other = threading.Thread(target=count)
    other.start()
    begun_s = time.perf_counter()
    try:
        while True:
            begun_s = time.perf_counter()
            board.scores(bundle.golden_inputs[:1])
    except DmaTimeout:
        ended_s = time.perf_counter()
    finally:
        is_over.set()
        other.join()
        board.close()
    inside = [begun_s, *(one for one in moments if begun_s <= one <= ended_s), ended_s]
    return float(np.diff(inside).max() * 1000)


if __name__ == "__main__":
    sys.exit(main())
