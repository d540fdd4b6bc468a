"""One person's scores over a passage to one verdict: votes of the last frames, with abstentions.

Pure: no clock, no I/O. A network of four classes always answers, so three things are kept apart here: a
frame whose best score leads by too little abstains; a person without enough equal votes has no verdict
yet; and one who has had none for ``give_up_s`` is undecided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from binarycop.classes import GateStatus, MaskClass
from binarycop.settings.verdict import VerdictSettings


@dataclass(frozen=True)
class FrameVote:
    """One frame's vote; None abstains. margin: the best score's lead over the second."""

    at_s: float
    mask_class: MaskClass | None
    margin: int


@dataclass(frozen=True)
class Verdict:
    """What the votes say now, or said last.

    status: one of the four classes, or undecided. at_s: when its newest vote was cast. votes, frames:
    votes for it among the frames of the window. margin: the mean lead of those votes.
    """

    status: GateStatus
    at_s: float
    votes: int
    frames: int
    margin: float


@dataclass(frozen=True)
class VoteWindow:
    """The state for one person: the ballots of the window, oldest first, and the verdict, if there is one now.

    since_s: when the person came, or was last decided on; from then on ``give_up_s`` runs.
    """

    person: int
    since_s: float
    votes: tuple[FrameVote, ...] = ()
    verdict: Verdict | None = None


def step(
    poll: VoteWindow | None, person: int, scores: Sequence[int], now_s: float, settings: VerdictSettings, margin: int
) -> VoteWindow:
    """Count one frame of ``person``; a person other than the poll's begins a new one.

    scores: the four integer scores in the order of ``MaskClass``. margin: the least lead of a vote.
    """
    if poll is None or poll.person != person:
        poll = VoteWindow(person, now_s)
    votes = (*poll.votes, vote(scores, now_s, margin))[-settings.window :]
    votes = tuple(one for one in votes if now_s - one.at_s <= settings.within_s)
    decided = _decide(votes, settings.votes)
    if decided:
        return replace(poll, votes=votes, verdict=decided, since_s=now_s)
    if now_s - poll.since_s >= settings.give_up_s:
        undecided = Verdict(GateStatus.UNDECIDED, now_s, 0, len(votes), 0.0)
        return replace(poll, votes=votes, verdict=undecided)
    return replace(poll, votes=votes, verdict=None)


def vote(scores: Sequence[int], now_s: float, margin: int) -> FrameVote:
    """One frame's vote: the class of the best score, unless it leads by less than ``margin``."""
    best, second = sorted(range(len(scores)), key=lambda index: scores[index], reverse=True)[:2]
    lead = int(scores[best] - scores[second])
    # A tie has no winner, whatever the margin.
    return FrameVote(now_s, MaskClass(best) if lead >= max(margin, 1) else None, lead)


def _decide(votes: tuple[FrameVote, ...], needed: int) -> Verdict | None:
    """The class with enough votes; settings see to it that there is at most one."""
    for wearing in MaskClass:
        own = [one for one in votes if one.mask_class is wearing]
        if len(own) >= needed:
            margin = sum(one.margin for one in own) / len(own)
            return Verdict(GateStatus.of(wearing), own[-1].at_s, len(own), len(votes), margin)
    return None
