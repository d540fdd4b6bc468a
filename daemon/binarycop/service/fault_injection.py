"""Measures how long the service takes, after a fault of the overlay, to turn the relay off and to recover.

python -m binarycop.service.fault_injection [--bundle n-cnv] [--backend simulated-rtl]

The service has mock lines and a simulated board. When a drawn person has the permission, the fault is injected, and the
next frame is timed. With simulated-rtl the fault is made in the circuit, and the times are those of its simulation.
"""

import argparse
import sys
import time
from dataclasses import dataclass

from binarycop.accelerator.simulated.logic import Logic, SimulatedFault
from binarycop.bundle import files as bundles
from binarycop.bundle.search import find_bundle
from binarycop.errors import BackendError, BinaryCoPError
from binarycop.frames.demo import Demo
from binarycop.journal.events import Event
from binarycop.journal.writers import MemoryJournal
from binarycop.lines.mock import MockLine, MockLines
from binarycop.service.assembly import detector_of, make_service, tracker_of
from binarycop.service.backends import open_accelerator, open_board
from binarycop.settings.classifier import Backend, ClassifierSettings, FaultKind
from binarycop.settings.schema import Settings

FAULTS = (FaultKind.HANG, FaultKind.SLOW, FaultKind.FLIP, FaultKind.LOSE)


@dataclass(frozen=True)
class InjectionResult:
    """The effect of one fault.

    events: the names of the journal's events, in order. reason: of the failure. relay_off_ms, recovered_ms: the time
    from the frame after the fault until the relay is off, and until the step is over, on the wall clock.
    """

    events: tuple[str, ...]
    reason: str
    relay_off_ms: float
    recovered_ms: float


def inject(bundle_name: str, kind: FaultKind, backend: Backend = Backend.SIMULATED_BOARD) -> InjectionResult:
    """Inject one fault, once. Raises BackendError if pynq is missing or the demo gets no permission."""
    settings = Settings(ClassifierSettings(bundle_name, backend))
    lane = settings.gates[0]
    bundle, board = open_board(settings.classifier, bundles.load(find_bundle(bundle_name)))
    if not isinstance(board.manager, Logic):
        raise BackendError("faults can be injected into a simulated board only")
    fabric, journal, lines, source = board.manager, MemoryJournal(), MockLines(), Demo()
    classifier = open_accelerator(settings.classifier, bundle, board)
    tracker = tracker_of(lane, detector_of(lane))
    relay: MockLine = lines.pin(lane.lines.permission.pin)
    with make_service(settings, bundle, classifier, [tracker], lines, journal) as service:

        def step() -> None:
            frame = source.read()
            if frame is None:
                raise BackendError("the demo got no permission, so no fault can end one")
            service.step({0: frame}, frame.captured_s)

        while not relay.state:
            step()
        fabric.inject(SimulatedFault(kind))
        earlier = len(journal.records)
        relay.clear_states()
        begun_s = time.perf_counter()
        step()
        recovered_ms = (time.perf_counter() - begun_s) * 1000
        # The first state is the level at `clear_states`. The second is "off", with the seconds since then.
        relay_off_ms = relay.states[1].timestamp * 1000
    records = journal.records[earlier:]
    reason = next(str(values["reason"]) for event, _, values in records if event is Event.OVERLAY_FAILED)
    return InjectionResult(tuple(event.spec.name for event, _, _ in records), reason, relay_off_ms, recovered_ms)


def main() -> int:
    """Print a table. Returns the exit code, 7 if pynq is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", default="n-cnv")
    simulated = [backend.value for backend in Backend if backend.is_simulated]
    parser.add_argument("--backend", choices=simulated, default=Backend.SIMULATED_BOARD.value)
    arguments = parser.parse_args()
    try:
        for kind in FAULTS:
            result = inject(arguments.bundle, kind, Backend(arguments.backend))
            times = f"relay off after {result.relay_off_ms:6.1f} ms, recovered after {result.recovered_ms:6.1f} ms"
            print(f"{kind.value:<5} {times}")
            print(f"      {result.reason}; {', '.join(result.events)}")
    except BinaryCoPError as error:
        print(f"binarycop: {error}", file=sys.stderr)
        return 7
    return 0


if __name__ == "__main__":
    sys.exit(main())
