"""One person's scores over a passage to one verdict: votes of the last frames, with abstentions.

Pure: no clock, no I/O. A network of four classes always answers, so three things are kept apart here: a
frame whose best score leads by too little abstains; a person without enough equal votes has no verdict
yet; and one who has had none for ``give_up_s`` is undecided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from binarycop.settings.schema import VerdictSettings
from binarycop.wearing import Finding, Wearing


@dataclass(frozen=True)
class Ballot:
    """One frame's vote; None abstains. margin: the best score's lead over the second."""

    at_s: float
    wearing: Wearing | None
    margin: int


@dataclass(frozen=True)
class Verdict:
    """What the votes say now, or said last.

    finding: one of the four classes, or undecided. at_s: when its newest vote was cast. votes, frames:
    votes for it among the frames of the window. margin: the mean lead of those votes.
    """

    finding: Finding
    at_s: float
    votes: int
    frames: int
    margin: float


@dataclass(frozen=True)
class Poll:
    """The state for one person: the ballots of the window, oldest first, and the verdict, if there is one now.

    since_s: when the person came, or was last decided on; from then on ``give_up_s`` runs.
    """

    person: int
    since_s: float
    ballots: tuple[Ballot, ...] = ()
    verdict: Verdict | None = None


def step(
    poll: Poll | None, person: int, scores: Sequence[int], now_s: float, settings: VerdictSettings, margin: int
) -> Poll:
    """Count one frame of ``person``; a person other than the poll's begins a new one.

    scores: the four integer scores in the order of ``Wearing``. margin: the least lead of a vote.
    """
    if poll is None or poll.person != person:
        poll = Poll(person, now_s)
    ballots = (*poll.ballots, ballot(scores, now_s, margin))[-settings.window :]
    ballots = tuple(one for one in ballots if now_s - one.at_s <= settings.within_s)
    decided = _decide(ballots, settings.votes)
    if decided:
        return replace(poll, ballots=ballots, verdict=decided, since_s=now_s)
    if now_s - poll.since_s >= settings.give_up_s:
        undecided = Verdict(Finding.UNDECIDED, now_s, 0, len(ballots), 0.0)
        return replace(poll, ballots=ballots, verdict=undecided)
    return replace(poll, ballots=ballots, verdict=None)


def ballot(scores: Sequence[int], now_s: float, margin: int) -> Ballot:
    """One frame's vote: the class of the best score, unless it leads by less than ``margin``."""
    best, second = sorted(range(len(scores)), key=lambda index: scores[index], reverse=True)[:2]
    lead = int(scores[best] - scores[second])
    # A tie has no winner, whatever the margin.
    return Ballot(now_s, Wearing(best) if lead >= max(margin, 1) else None, lead)


def _decide(ballots: tuple[Ballot, ...], votes: int) -> Verdict | None:
    """The class with enough votes; settings see to it that there is at most one."""
    for wearing in Wearing:
        own = [one for one in ballots if one.wearing is wearing]
        if len(own) >= votes:
            margin = sum(one.margin for one in own) / len(own)
            return Verdict(Finding.of(wearing), own[-1].at_s, len(own), len(ballots), margin)
    return None
