"""From one person's scores to one verdict, by votes over the last frames.

Pure: no clock, no I/O. A network of four classes always answers, so three cases are distinguished here. A frame
abstains if its margin is too small. A person has no verdict until there are enough equal votes. A person without a
verdict for ``give_up_s`` is undecided.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from binarycop.classes import GateStatus, MaskClass
from binarycop.record import replace
from binarycop.settings.verdict import VerdictSettings


@dataclass(frozen=True)
class FrameVote:
    """One frame's vote.

    at_s: when the frame was captured. mask_class: None if the frame abstains. margin: best score minus second best.
    """

    at_s: float
    mask_class: MaskClass | None
    margin: int


@dataclass(frozen=True)
class Verdict:
    """The result for one person.

    status: one of the four classes, or undecided. at_s: capture time of the newest vote for it. votes: how many votes
    it has; undecided: the most that a class has. frames: how many frames the window has. margin: mean margin of its
    votes; undecided: of all frames. is_contradicted: whether a newer frame voted for another class.
    """

    status: GateStatus
    at_s: float
    votes: int
    frames: int
    margin: float
    is_contradicted: bool = False


@dataclass(frozen=True)
class VoteWindow:
    """The votes of one person that still count, oldest first, and the verdict if they make one.

    since_s: when the person arrived or last had a class as verdict. ``give_up_s`` counts from here.
    """

    person: int
    since_s: float
    votes: tuple[FrameVote, ...] = ()
    verdict: Verdict | None = None


def step(
    window: VoteWindow | None,
    person: int,
    scores: Sequence[int],
    captured_s: float,
    settings: VerdictSettings,
    margin: int,
) -> VoteWindow:
    """Add one frame of ``person``. A new person gets a new, empty window.

    scores: the four integer scores in the order of ``MaskClass``. captured_s: when the frame was captured. All times of
    the window are capture times, so that a frame that was processed late does not count as fresh. margin: a frame below
    it abstains.
    """
    if window is None or window.person != person:
        window = VoteWindow(person, captured_s)
    votes = (*window.votes, vote(scores, captured_s, margin))[-settings.window :]
    votes = tuple(frame_vote for frame_vote in votes if captured_s - frame_vote.at_s <= settings.within_s)
    decided = _decide(votes, settings.votes)
    if decided:
        return replace(window, votes=votes, verdict=decided, since_s=captured_s)
    if captured_s - window.since_s >= settings.give_up_s:
        return replace(window, votes=votes, verdict=undecided(votes, captured_s))
    return replace(window, votes=votes, verdict=None)


def without_votes(window: VoteWindow) -> VoteWindow:
    """The same person with no votes yet: the face was not seen for so long that it may be another person's."""
    return replace(window, votes=(), verdict=None)


def vote(scores: Sequence[int], captured_s: float, margin: int) -> FrameVote:
    """One frame's vote: the class with the best score. Abstains if the frame's margin is below ``margin``."""
    best, second = sorted(range(len(scores)), key=lambda index: scores[index], reverse=True)[:2]
    frame_margin = int(scores[best] - scores[second])
    # Two equal best scores always abstain, even if ``margin`` is 0.
    return FrameVote(captured_s, MaskClass(best) if frame_margin >= max(margin, 1) else None, frame_margin)


def undecided(votes: Sequence[FrameVote], at_s: float) -> Verdict:
    """The verdict that these votes, which may be none, make no class."""
    most = max(sum(frame_vote.mask_class is mask_class for frame_vote in votes) for mask_class in MaskClass)
    margin = sum(frame_vote.margin for frame_vote in votes) / max(len(votes), 1)
    return Verdict(GateStatus.UNDECIDED, at_s, most, len(votes), margin)


def _decide(votes: tuple[FrameVote, ...], needed: int) -> Verdict | None:
    """The class with enough votes. There is at most one, since the settings demand more than half of the window."""
    newest = next((frame_vote.mask_class for frame_vote in reversed(votes) if frame_vote.mask_class is not None), None)
    classes = [frame_vote.mask_class for frame_vote in votes]
    for mask_class in MaskClass:
        if classes.count(mask_class) >= needed:
            own = [frame_vote for frame_vote in votes if frame_vote.mask_class is mask_class]
            margin = sum(frame_vote.margin for frame_vote in own) / len(own)
            status, is_contradicted = GateStatus.from_class(mask_class), newest is not mask_class
            return Verdict(status, own[-1].at_s, len(own), len(votes), margin, is_contradicted)
    return None
