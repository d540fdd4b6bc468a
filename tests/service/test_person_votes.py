"""The votes of the person in front."""

from binarycop.classes import GateStatus, Outcome
from binarycop.service.person_votes import PersonVotes
from binarycop.settings.verdict import VerdictSettings
from binarycop.verdict import Verdict
from tests.service.fakes import CORRECT, NOSE

SETTINGS = VerdictSettings(votes=3, window=5)
ABSTAINS = [10, 10, 0, 0]


def add(votes: PersonVotes, scores: list[int], count: int) -> list[GateStatus | None]:
    """Add this many frames; returns the verdict after each."""
    verdicts = [votes.add(scores, index * 0.1, SETTINGS, margin=4) for index in range(count)]
    return [verdict.status if verdict else None for verdict in verdicts]


def test_enough_equal_votes_make_a_verdict() -> None:
    votes = PersonVotes(7)
    assert votes.current_verdict is None
    assert add(votes, CORRECT, 3) == [None, None, GateStatus.CORRECT]
    assert votes.current_verdict is not None
    assert (votes.current_verdict.votes, votes.current_verdict.frames) == (3, 3)


def test_a_verdict_is_lost_when_the_votes_no_longer_agree() -> None:
    votes = PersonVotes(7)
    add(votes, CORRECT, 3)
    assert add(votes, NOSE, 3) == [GateStatus.CORRECT, GateStatus.CORRECT, GateStatus.NOSE]
    assert add(votes, CORRECT, 2) == [GateStatus.NOSE, GateStatus.NOSE]
    assert add(votes, ABSTAINS, 1) == [None]
    assert votes.current_verdict is None


def test_after_the_votes_are_discarded_a_new_verdict_needs_all_its_votes() -> None:
    votes = PersonVotes(7)
    add(votes, CORRECT, 3)
    votes.discard()
    assert votes.current_verdict is None
    assert add(votes, CORRECT, 3) == [None, None, GateStatus.CORRECT]


def test_a_person_without_an_announced_class_is_undecided() -> None:
    assert PersonVotes(7).is_undecided
    assert PersonVotes(7, announced=GateStatus.UNDECIDED).is_undecided
    assert not PersonVotes(7, announced=GateStatus.NOSE).is_undecided


def test_the_verdict_of_a_person_who_leaves_early_has_the_frames_so_far() -> None:
    votes = PersonVotes(7)
    assert votes.undecided(1.0).frames == 0
    add(votes, CORRECT, 2)
    verdict = votes.undecided(1.0)
    assert verdict == Verdict(GateStatus.UNDECIDED, 1.0, votes=2, frames=2, margin=50.0)


def test_still_looking_and_gave_up_are_two_words() -> None:
    votes, seen = PersonVotes(7), [Outcome.STILL_LOOKING]
    for at_s, scores in ((0.0, ABSTAINS), (SETTINGS.give_up_s, ABSTAINS), *((4 + 0.1 * n, CORRECT) for n in range(3))):
        votes.add(scores, at_s, SETTINGS, margin=4)
        seen.append(votes.outcome)
    looking, gave_up = Outcome.STILL_LOOKING, Outcome.GAVE_UP
    assert seen == [looking, looking, gave_up, gave_up, gave_up, Outcome.DECIDED]


def test_the_evidence_has_the_votes_of_the_whole_approach_also_those_that_were_discarded() -> None:
    votes = PersonVotes(7)
    add(votes, CORRECT, 3)
    votes.discard()
    add(votes, NOSE, 1)
    assert votes.evidence.votes == (3, 1, 0, 0)
