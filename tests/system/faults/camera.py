"""Faults of the camera and of its pictures."""

from functools import partial
from pathlib import Path
from time import monotonic, sleep

from binarycop.journal.events import Event
from tests.system.faults.fake_camera import Scene
from tests.system.faults.fault_row import QUIET_S, FaultResult, FaultRow, check_no_permission, stop_and_count
from tests.system.faults.gate_process import CheckFailed, GateProcess

_STALE = "frames.stale_s 2, plus 1 s"
_LOST = "faces.lost_s 1, plus 1 s"


def _shown(
    scene: Scene, event: Event, reaction: str, work: Path, limit_s: float, *, withheld: bool = False
) -> FaultResult:
    """Show the scene during a permission, then people again."""
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        gate.camera.scene = scene
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        gate.wait_for_event(event, at_s)
        check_no_permission(gate, at_s)
        over_s = monotonic()
        back_s = gate.wait_for_next_permit(over_s) - over_s
        return FaultResult(reaction, relay_off_s, event, "by itself", back_s, stop_and_count(gate, withheld=withheld))


def _absent(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work, scene=Scene.GONE) as gate:
        gate.wait_for_event(Event.FAULT, 0.0, "no frames")
        check_no_permission(gate, 0.0)
        over_s = monotonic()
        back_s = gate.wait_for_next_permit(over_s) - over_s
        return FaultResult(
            "starts; the gate is ready, but out of order", None, Event.FAULT, "by itself", back_s, stop_and_count(gate)
        )


def _other_size(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        gate.camera.scene = Scene.SMALL
        sleep(QUIET_S)
        if gate.relay_since(at_s):
            raise CheckFailed("a smaller picture of the same person changed the permission")
        return FaultResult("uses the frames as they are", None, Event.PERMIT, "none needed", None, stop_and_count(gate))


_row = partial(FaultRow, "camera")


ROWS = (
    _row(
        "camera gone, and back",
        "the device answers ENODEV and cannot be opened",
        3.0,
        _STALE,
        partial(_shown, Scene.GONE, Event.CAMERA_LOST, "switches the relay off, tries to open the camera again"),
    ),
    _row(
        "camera stalls",
        "the camera fills no buffer any more",
        3.0,
        _STALE,
        partial(_shown, Scene.STALLED, Event.CAMERA_LOST, "switches the relay off, opens the camera again"),
        is_slow=True,
    ),
    _row("camera absent at the start", "the device appears only after READY=1", None, "", _absent, is_slow=True),
    _row(
        "picture frozen",
        "the same JPEG again and again, with a permitted person in it",
        8.0,
        "frames.frozen_s 5 + stale_s 2, plus 1 s",
        partial(_shown, Scene.FROZEN, Event.FROZEN, "withholds the frames, switches the relay off", withheld=True),
        is_slow=True,
    ),
    _row(
        "picture black",
        "a covered lens: only sensor noise",
        2.0,
        _LOST,
        partial(_shown, Scene.BLACK, Event.LEFT, "detects nobody, switches the relay off"),
    ),
    _row(
        "picture overexposed",
        "every pixel is 255",
        2.0,
        _LOST,
        partial(_shown, Scene.OVEREXPOSED, Event.LEFT, "detects nobody, switches the relay off", withheld=True),
        is_slow=True,
    ),
    _row(
        "picture overexposed for long",
        "every pixel is 255, until it counts as frozen",
        2.0,
        _LOST,
        partial(
            _shown,
            Scene.OVEREXPOSED,
            Event.FROZEN,
            "detects nobody, switches the relay off, then withholds the frames",
            withheld=True,
        ),
        is_slow=True,
    ),
    _row(
        "MJPEG truncated",
        "each JPEG ends after three fifths of its bytes",
        3.0,
        _STALE,
        partial(
            _shown, Scene.TRUNCATED, Event.UNDECODABLE, "discards all of them, switches the relay off", withheld=True
        ),
    ),
    _row(
        "picture too small for a face",
        "32 x 24 instead of 320 x 240",
        2.0,
        _LOST,
        partial(_shown, Scene.TINY, Event.LEFT, "detects nobody, switches the relay off"),
        is_slow=True,
    ),
    _row("wrong resolution", "160 x 120 instead of 320 x 240", None, "", _other_size, is_slow=True),
)
