"""Each fault of the overlay on a whole service with mock lines: when is the coil released, when is all well again?

python -m binarycop.service.fault_injection [--bundle n-cnv]

A drawn person has just been given a permission, the simulated board is told to fail, and one more frame is taken.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from binarycop.accelerator.simulated.fabric import Fabric, SimulatedFault
from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.errors import BackendError, BinaryCoPError
from binarycop.frames.demo import Demo
from binarycop.journal.writers import MemoryJournal
from binarycop.lines.mock import MockLine, MockLines
from binarycop.service.assembly import build, detector_of, tracker_of
from binarycop.service.backends import open_board, open_overlay
from binarycop.settings.classifier import Backend, ClassifierSettings, FaultKind
from binarycop.settings.schema import Settings

FAULTS = (FaultKind.HANG, FaultKind.SLOW, FaultKind.FLIP, FaultKind.LOSE)


@dataclass(frozen=True)
class InjectionResult:
    """What one fault brought about.

    events: by their names, in order. reason: of the failure. safe_ms, back_ms: until the coil was released, and
    until the frame was done with, by the wall clock, from the moment that the frame was there.
    """

    events: tuple[str, ...]
    reason: str
    safe_ms: float
    back_ms: float


def inject(bundle_name: str, kind: FaultKind) -> InjectionResult:
    """One fault, once. Raises BackendError where pynq is missing, or the demo is given no permission."""
    settings = Settings(ClassifierSettings(bundle_name, Backend.SIMULATED_BOARD))
    bundle, board = open_board(settings.classifier, bundles.load(find_bundle(bundle_name)))
    if not isinstance(board.manager, Fabric):
        raise BackendError("only the simulated board can be told to fail")
    fabric, journal, lines, source = board.manager, MemoryJournal(), MockLines(), Demo()
    overlay = open_overlay(settings.classifier, bundle, board)
    pursuit = tracker_of(settings.gates[0], detector_of(settings.gates[0]))
    relay: MockLine = lines.pin(settings.gates[0].lines.permission.pin)
    with build(settings, bundle, overlay, [pursuit], lines, journal) as service:

        def take() -> None:
            frame = source.read()
            if frame is None:
                raise BackendError("the demo was given no permission, so there is none to withdraw")
            service.step({0: frame}, frame.captured_s)

        return _fail(take, relay, journal, lambda: fabric.inject(SimulatedFault(kind)))


def _fail(
    take: Callable[[], None], relay: MockLine, journal: MemoryJournal, fail: Callable[[], None]
) -> InjectionResult:
    while not relay.state:
        take()
    fail()
    told = len(journal.records)
    relay.clear_states()
    begun_s = time.perf_counter()
    take()
    back_ms = (time.perf_counter() - begun_s) * 1000
    # The first entry is the level at `clear_states`, the second the release, with the seconds between them.
    safe_ms = relay.states[1].timestamp * 1000
    records = journal.records[told:]
    reasons = [str(values["reason"]) for event, _, values in records if event.spec.name == "overlay_failed"]
    return InjectionResult(tuple(event.spec.name for event, _, _ in records), reasons[0], safe_ms, back_ms)


def main() -> int:
    """Print a table; 7 where pynq is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", default="n-cnv")
    arguments = parser.parse_args()
    try:
        for kind in FAULTS:
            found = inject(arguments.bundle, kind)
            print(f"{kind.value:<5} coil released after {found.safe_ms:6.1f} ms, back after {found.back_ms:6.1f} ms")
            print(f"      {found.reason}; {', '.join(found.events)}")
    except BinaryCoPError as error:
        print(f"binarycop: {error}", file=sys.stderr)
        return 7
    return 0


if __name__ == "__main__":
    sys.exit(main())
