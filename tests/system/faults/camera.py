"""Faults of the camera and of its picture."""

from functools import partial
from pathlib import Path
from time import monotonic, sleep

from binarycop.journal.events import Event
from tests.system.faults.film import Scene
from tests.system.faults.gate import Broken, Gate
from tests.system.faults.row import LOOK_S, Outcome, Row, conclude, look

_STALE = "frames.stale_s 2 and a second"
_LOST = "faces.lost_s 1 and a second"


def _shown(scene: Scene, event: Event, did: str, work: Path, limit_s: float, *, withheld: bool = False) -> Outcome:
    """The camera shows that in the middle of a permission, then people again."""
    with Gate(work) as gate:
        gate.permit()
        at_s = monotonic()
        gate.film.scene = scene
        released_s = gate.released(at_s, limit_s)
        gate.reads(event, at_s)
        look(gate, at_s)
        over_s = monotonic()
        back_s = gate.permit_again(over_s) - over_s
        return Outcome(did, released_s, event, "by itself", back_s, conclude(gate, withheld=withheld))


def _absent(work: Path, limit_s: float) -> Outcome:
    with Gate(work, scene=Scene.GONE) as gate:
        gate.reads(Event.FAULT, 0.0, "no frames")
        look(gate, 0.0)
        over_s = monotonic()
        back_s = gate.permit_again(over_s) - over_s
        return Outcome("starts, ready but out of order", None, Event.FAULT, "by itself", back_s, conclude(gate))


def _other_size(work: Path, limit_s: float) -> Outcome:
    with Gate(work) as gate:
        gate.permit()
        at_s = monotonic()
        gate.film.scene = Scene.SMALL
        sleep(LOOK_S)
        if gate.relay_since(at_s):
            raise Broken("a smaller picture of the same person changed the permission")
        return Outcome("takes frames as they come", None, Event.PERMIT, "none needed", None, conclude(gate))


_row = partial(Row, "camera")


ROWS = (
    _row(
        "camera gone, and back",
        "device answers ENODEV, cannot be opened",
        3.0,
        _STALE,
        partial(_shown, Scene.GONE, Event.CAMERA_LOST, "releases, tries to open it again"),
    ),
    _row(
        "camera stalls",
        "no buffer is ever filled",
        3.0,
        _STALE,
        partial(_shown, Scene.STALLED, Event.CAMERA_LOST, "releases, opens it anew"),
        is_slow=True,
    ),
    _row("camera absent at the start", "no device until after READY", None, "", _absent, is_slow=True),
    _row(
        "picture frozen",
        "the same JPEG for ever, a permitted person in it",
        8.0,
        "frames.frozen_s 5, stale_s 2 and a second",
        partial(_shown, Scene.FROZEN, Event.FROZEN, "withholds its frames, releases", withheld=True),
        is_slow=True,
    ),
    _row(
        "picture black",
        "a capped lens: sensor noise only",
        2.0,
        _LOST,
        partial(_shown, Scene.BLACK, Event.LEFT, "sees nobody, releases"),
    ),
    _row(
        "picture over-exposed",
        "every pixel at 255",
        2.0,
        _LOST,
        partial(_shown, Scene.GLARE, Event.LEFT, "sees nobody, releases", withheld=True),
        is_slow=True,
    ),
    _row(
        "picture over-exposed for long",
        "every pixel at 255, until it counts as frozen",
        2.0,
        _LOST,
        partial(_shown, Scene.GLARE, Event.FROZEN, "sees nobody, releases, then withholds", withheld=True),
        is_slow=True,
    ),
    _row(
        "MJPEG cut short",
        "each picture ends at three fifths",
        3.0,
        _STALE,
        partial(_shown, Scene.TORN, Event.UNDECODABLE, "shows none of them, releases", withheld=True),
    ),
    _row(
        "picture too small for a face",
        "32 x 24 in place of 320 x 240",
        2.0,
        _LOST,
        partial(_shown, Scene.TINY, Event.LEFT, "sees nobody, releases"),
        is_slow=True,
    ),
    _row("wrong resolution", "160 x 120 in place of 320 x 240", None, "", _other_size, is_slow=True),
)
