"""Each fault of the overlay on a whole service with mock lines: when is the coil released, when is all well again?

python -m binarycop.service.rehearsal [--bundle n-cnv]

A drawn person has just been given a permission, the simulated board is told to fail, and one more frame is taken.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from binarycop.accelerator.simulated.fabric import Fabric, Fault
from binarycop.classifier import bundle as bundles
from binarycop.classifier.choose import find_bundle, open_board, open_overlay
from binarycop.errors import BackendError, BinaryCoPError
from binarycop.frames.demo import Demo
from binarycop.journal.writers import MemoryJournal
from binarycop.lines.mock import MockLine, MockLines
from binarycop.service.build import build, finder_of, pursuit_of
from binarycop.settings.schema import Backend, ClassifierSettings, FaultKind, Settings

FAULTS = (FaultKind.HANG, FaultKind.SLOW, FaultKind.FLIP, FaultKind.LOSE)


@dataclass(frozen=True)
class Outcome:
    """What one fault brought about.

    events: by their names, in order. reason: of the failure. safe_ms, back_ms: until the coil was released, and
    until the frame was done with, by the wall clock, from the moment that the frame was there.
    """

    events: tuple[str, ...]
    reason: str
    safe_ms: float
    back_ms: float


def rehearse(bundle_name: str, kind: FaultKind) -> Outcome:
    """One fault, once. Raises BackendError where pynq is missing, or the demo is given no permission."""
    settings = Settings(ClassifierSettings(bundle_name, Backend.SIMULATED_BOARD))
    bundle, board = open_board(settings.classifier, bundles.load(find_bundle(bundle_name)))
    if not isinstance(board.manager, Fabric):
        raise BackendError("only the simulated board can be told to fail")
    fabric, journal, lines, source = board.manager, MemoryJournal(), MockLines(), Demo()
    overlay = open_overlay(settings.classifier, bundle, board)
    pursuit = pursuit_of(settings.gates[0], finder_of(settings.gates[0]))
    relay: MockLine = lines.pin(settings.gates[0].lines.permission.pin)
    with build(settings, bundle, overlay, [pursuit], lines, journal) as service:

        def take() -> None:
            frame = source.read()
            if frame is None:
                raise BackendError("the demo was given no permission, so there is none to withdraw")
            service.step({0: frame}, frame.captured_s)

        return _fail(take, relay, journal, lambda: fabric.tell(Fault(kind)))


def _fail(take: Callable[[], None], relay: MockLine, journal: MemoryJournal, fail: Callable[[], None]) -> Outcome:
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
    reasons = [str(values["reason"]) for event, _, values in records if event.entry.name == "overlay_failed"]
    return Outcome(tuple(event.entry.name for event, _, _ in records), reasons[0], safe_ms, back_ms)


def main() -> int:
    """Print a table; 7 where pynq is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", default="n-cnv")
    arguments = parser.parse_args()
    try:
        for kind in FAULTS:
            found = rehearse(arguments.bundle, kind)
            print(f"{kind.value:<5} coil released after {found.safe_ms:6.1f} ms, back after {found.back_ms:6.1f} ms")
            print(f"      {found.reason}; {', '.join(found.events)}")
    except BinaryCoPError as error:
        print(f"binarycop: {error}", file=sys.stderr)
        return 7
    return 0


if __name__ == "__main__":
    sys.exit(main())
