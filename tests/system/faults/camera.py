"""Faults of the camera and of its pictures."""

import os
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from binarycop.journal.events import Event
from tests.system.faults import fault_trigger
from tests.system.faults.fake_camera import Scene
from tests.system.faults.fake_chip import CONTACT
from tests.system.faults.fault_row import QUIET_S, FaultResult, FaultRow, check_no_permission, stop_and_count
from tests.system.faults.gate_process import CheckFailed, GateProcess

_STALE = "frames.stale_s 2, plus 1 s"
_LOST = "gate.grace_s 2, plus 1 s"
_WITHHELD = "its frames are withheld"  # a busy daemon does not read every picture, and may see a shorter ring
_WITHHOLDS = "withholds the frames, switches the relay off"


def _shown(
    scene: Scene, event: Event, reaction: str, work: Path, limit_s: float, *, word: str = "", for_s: float = 0.0
) -> FaultResult:
    """Show the scene during a permission, then people again. word: of the event. for_s: the least time it is shown."""
    with GateProcess(work) as gate:
        gate.wait_for_permit()
        at_s = monotonic()
        gate.camera.scene = scene
        relay_off_s = gate.relay_off_after(at_s, limit_s)
        gate.wait_for_event(event, at_s, word)
        sleep(max(at_s + for_s - monotonic(), 0.0))
        check_no_permission(gate, at_s)
        over_s = monotonic()
        back_s = gate.wait_for_next_permit(over_s) - over_s
        return FaultResult(reaction, relay_off_s, event, "by itself", back_s, stop_and_count(gate))


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


def _another_gate(source: str) -> dict[str, Any]:
    """The settings with a second gate, whose relay is the line CONTACT."""
    lamps = {"correct": "ready", "nose": "fire", "nose_mouth": "override", "chin": "heartbeat"}  # lines that are free
    lines = {"permission": {"pin": CONTACT}, "lamps": {name: {"pin": pin} for name, pin in lamps.items()}}
    south = {"name": "south", "source": source, "lines": lines}
    return {"gates": [{"name": "gate"}, south]}


def _check_other_gate(gate: GateProcess) -> float:
    """The first gate gives a permission, and the other one none. Returns the seconds that the permission took."""
    at_s = monotonic()
    took_s = gate.wait_for_next_permit(at_s) - at_s
    if gate.chip.changes(CONTACT):
        raise CheckFailed("the gate without a source gave a permission")
    return took_s


def _other_source_missing(work: Path, limit_s: float) -> FaultResult:
    with GateProcess(work, _another_gate("video2")) as gate:
        journal = "\n".join(line.text for line in gate.journal)  # the fault came before the gate was ready
        for words in ("does not exist; did you mean /dev/video2?", "south: fault: no frames"):
            if words not in journal:
                raise CheckFailed(f"the journal lacks {words}")
        took_s = _check_other_gate(gate)
        reaction = "a fault of that gate; ready at once, and the other gate works"
        return FaultResult(
            reaction, None, Event.CAMERA_LOST, "correct settings, and a start", took_s, stop_and_count(gate)
        )


def _other_source_hangs(work: Path, limit_s: float) -> FaultResult:
    before = (
        "from tests.system.faults import fault_trigger; "
        "fault_trigger.fail('binarycop.frames.choose:open_recording', 'wait'); "
    )
    fault_trigger.trigger(work)
    os.utime(work / fault_trigger.TRIGGER_FILE, (2**31, 2**31))  # new to the process, which does not run yet
    with GateProcess(work, _another_gate("clip.avi"), before=before, watchdog_s=8) as gate:
        gate.wait_for_event(Event.SOURCE_STUCK, 0.0, "source of south")
        count = gate.notifications.count("WATCHDOG=1")
        took_s = _check_other_gate(gate)
        gate.wait_until("the watchdog is notified", lambda: gate.notifications.count("WATCHDOG=1") > count)
        reaction = "a fault of that gate; the watchdog is notified, and the other gate works"
        recovery = "by itself when the call returns, else a start"
        return FaultResult(reaction, None, Event.SOURCE_STUCK, recovery, took_s, stop_and_count(gate))


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
        3.0,
        _STALE,
        partial(_shown, Scene.FROZEN, Event.FROZEN, _WITHHOLDS, word=_WITHHELD, for_s=10.0),
        is_slow=True,
    ),
    _row(
        "two pictures in turn",
        "the same two JPEGs in turn, with a permitted person in them",
        3.0,
        _STALE,
        partial(_shown, Scene.RING_OF_2, Event.FROZEN, _WITHHOLDS, word=_WITHHELD, for_s=10.0),
    ),
    _row(
        "ring of four pictures",
        "the same four JPEGs again and again, as in a driver's ring that is stuck",
        3.0,
        _STALE,
        partial(_shown, Scene.RING_OF_4, Event.FROZEN, _WITHHOLDS, word=_WITHHELD, for_s=10.0),
        is_slow=True,
    ),
    _row(
        "film of 64 pictures",
        "a film with a permitted person plays again and again",
        9.5,
        "two rounds of 3.2 s on a busy machine, frames.stale_s 2, plus 1.1 s",
        partial(_shown, Scene.RING_OF_64, Event.FROZEN, _WITHHOLDS, word=_WITHHELD, for_s=20.0),
        is_slow=True,
    ),
    _row(
        "time stamp stands still",
        "new pictures, but each buffer has the time stamp of the one before",
        3.0,
        _STALE,
        partial(_shown, Scene.STILL_STAMP, Event.FROZEN, _WITHHOLDS, word="time stamps of its driver stand still"),
    ),
    _row(
        "old pictures",
        "by its driver's time stamp, each picture waited for 2.5 s",
        3.0,
        _STALE,
        partial(_shown, Scene.OLD, Event.FAULT, "drops the frames, switches the relay off", word="no frames"),
    ),
    _row(
        "picture black",
        "a covered lens: only sensor noise",
        3.0,
        _LOST,
        partial(_shown, Scene.BLACK, Event.LEFT, "detects nobody, switches the relay off"),
    ),
    _row(
        "picture overexposed",
        "every pixel is 255",
        3.0,
        _LOST,
        partial(_shown, Scene.OVEREXPOSED, Event.LEFT, "detects nobody, switches the relay off"),
        is_slow=True,
    ),
    _row(
        "picture overexposed for long",
        "every pixel is 255, until it counts as frozen",
        3.0,
        _LOST,
        partial(
            _shown,
            Scene.OVEREXPOSED,
            Event.FROZEN,
            "detects nobody, switches the relay off, then withholds the frames",
        ),
        is_slow=True,
    ),
    _row(
        "MJPEG truncated",
        "each JPEG ends after three fifths of its bytes",
        3.0,
        _STALE,
        partial(_shown, Scene.TRUNCATED, Event.UNDECODABLE, "discards all of them, switches the relay off"),
    ),
    _row(
        "JPEG of 50 megapixels",
        "each JPEG has 8333 x 6000 pixels in 764 KiB",
        3.0,
        _STALE,
        partial(
            _shown,
            Scene.HUGE,
            Event.UNDECODABLE,
            "refuses them by their headers, switches the relay off",
            word="8333×6000",
        ),
    ),
    _row(
        "picture of one row",
        "640 x 1 instead of 320 x 240",
        3.0,
        _LOST,
        partial(_shown, Scene.FLAT, Event.LEFT, "detects nobody, switches the relay off"),
    ),
    _row(
        "picture too small for a face",
        "32 x 24 instead of 320 x 240",
        3.0,
        _LOST,
        partial(_shown, Scene.TINY, Event.LEFT, "detects nobody, switches the relay off"),
        is_slow=True,
    ),
    _row("another gate's source missing", "a second gate with source: video2", None, "", _other_source_missing),
    _row(
        "another gate's source hangs",
        "a second gate, whose source does not return from its opening",
        None,
        "",
        _other_source_hangs,
        is_slow=True,
    ),
    _row("wrong resolution", "160 x 120 instead of 320 x 240", None, "", _other_size, is_slow=True),
)
