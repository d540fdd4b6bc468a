"""When the service sleeps, in the mode ``low-power``. Pure: the lanes' signs and the time in, the new state out.

All lanes sleep and wake together, since they share the accelerator. Whatever is in doubt keeps the service awake.
"""

from dataclasses import dataclass
from enum import Enum
from math import inf

RESTLESS_S = 60.0
"""Motion for longer than this, with pauses of at most this and without a face, is attributed to a lamp or a tree.

It does not keep the service awake until it has paused for longer. Meanwhile the detector processes each picture that is
taken, so a face still wakes the service.
"""


class Waker(Enum):
    """What keeps the service awake; the value is the word in the journal."""

    MOTION = "motion"
    FACE = "face"
    INPUT = "input"
    GATE = "gate"
    FAULT = "fault"


@dataclass(frozen=True)
class Signs:
    """The signs of all lanes at one moment.

    moved_s: when something last moved in a picture. waker: what keeps the service awake regardless of motion: a face
    that is tracked, an input line that has changed or gives the permission, a gate that is busy or whose relay is on,
    or a fault. None if there is none of these.
    """

    moved_s: float
    waker: Waker | None = None


@dataclass(frozen=True)
class Sleep:
    """The state.

    since_s: since when it has been asleep, or awake. woken_by: why it is awake. busy_s: when something last kept it
    awake. moved_s: the last motion. restless_since_s: when the motion began that has not paused since, or the last
    moment with another sign than motion.
    """

    is_asleep: bool
    since_s: float
    busy_s: float
    moved_s: float = -inf
    restless_since_s: float = -inf
    woken_by: Waker | None = None

    @classmethod
    def awake(cls, now_s: float) -> "Sleep":
        """The state at the start."""
        return cls(is_asleep=False, since_s=now_s, busy_s=now_s)


def step(state: Sleep, signs: Signs, sleep_after_s: float, now_s: float) -> Sleep:
    """Take the lanes' signs at ``now_s``. sleep_after_s: the service sleeps after this time without any sign."""
    moves = signs.moved_s > state.moved_s
    restless_since_s = state.restless_since_s
    if signs.waker is not None:
        restless_since_s = now_s
    elif moves and signs.moved_s - max(state.moved_s, state.restless_since_s) > RESTLESS_S:
        restless_since_s = signs.moved_s
    waker = signs.waker
    if waker is None and moves and signs.moved_s - restless_since_s <= RESTLESS_S:
        waker = Waker.MOTION
    busy_s = state.busy_s if waker is None else now_s
    is_asleep = waker is None and now_s - busy_s >= sleep_after_s
    has_changed = is_asleep != state.is_asleep
    return Sleep(
        is_asleep,
        now_s if has_changed else state.since_s,
        busy_s,
        max(signs.moved_s, state.moved_s),
        restless_since_s,
        None if is_asleep else (waker if has_changed else state.woken_by),
    )
