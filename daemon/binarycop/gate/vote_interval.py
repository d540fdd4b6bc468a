"""How often the person in front is classified in the mode ``low-power``: once until the verdict, then as needed.

Pure. A verdict that no new frame supports gives no permission after ``fresh_s``, and ends a held one after ``grace_s``;
so fewer votes can only withhold a permission there. They delay the end of a held permission whose person takes the mask
off, by ``LONGEST_S`` and a frame at most.
"""

from math import inf

from binarycop.classes import GateStatus
from binarycop.gate.config import GateConfig
from binarycop.gate.state import State
from binarycop.settings.verdict import VerdictSettings

EVERY_FRAME, NEVER = 0.0, inf
LONGEST_S = 0.25
"""A mask that is put right, or taken off during a held permission, is classified again within this time."""


def vote_interval_s(state: State, config: GateConfig, settings: VerdictSettings) -> float:
    """The time from one vote of the person in front to the next, in seconds.

    Every frame until the verdict, while that verdict may still give a permission, and after a vote that contradicts it.
    Never after a pulse, which cannot be taken back, until the passage or its time-out. Otherwise as rarely as possible
    while the window stays full and a held permission has two votes in its grace time, at least every ``LONGEST_S``.
    """
    verdict, grant = state.verdict, state.grant
    if verdict is None or verdict.is_contradicted or verdict.status is GateStatus.UNDECIDED:
        return EVERY_FRAME
    if grant is None and verdict.status in config.permitted:
        return EVERY_FRAME
    if grant is not None and not grant.is_held and grant.person == state.person:
        return NEVER
    return min(settings.within_s / settings.window, config.settings.grace_s / 2, LONGEST_S)
