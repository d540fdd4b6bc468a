"""How often a person is classified in low-power: often enough that a held permission is supported and soon revoked."""

from dataclasses import replace

import pytest

from binarycop.classes import GateStatus
from binarycop.gate import inputs
from binarycop.gate.config import GateConfig
from binarycop.gate.machine import step
from binarycop.gate.state import Phase, State
from binarycop.gate.vote_interval import EVERY_FRAME, LONGEST_S, NEVER, vote_interval_s
from binarycop.settings.gate import Contact, GateSettings, Policy
from binarycop.settings.lines import InputSettings, LinesSettings
from binarycop.settings.schema import LaneSettings
from binarycop.settings.verdict import VerdictSettings

VERDICT = VerdictSettings()
FULL_WINDOW_S = VERDICT.within_s / VERDICT.window
LANE = LaneSettings(lines=LinesSettings(passed=InputSettings("PASSED")))


class Passage:
    """One person in front of a gate, from 100 s on."""

    def __init__(self, lane: LaneSettings = LANE, **settings: object) -> None:
        self.config = GateConfig.from_settings(replace(lane, gate=GateSettings(**settings)))  # type: ignore[arg-type]
        self.state, self.now_s = State(), 100.0
        self.on(inputs.PersonArrived(1))

    def on(self, gate_input: inputs.GateInput, after_s: float = 0.1) -> "Passage":
        self.now_s += after_s
        self.state, _ = step(self.state, gate_input, self.config, self.now_s)
        return self

    def verdict(self, status: GateStatus, *, is_contradicted: bool = False) -> "Passage":
        return self.on(inputs.VerdictReached(status, self.now_s, is_contradicted))

    @property
    def interval_s(self) -> float:
        return vote_interval_s(self.state, self.config, VERDICT)


def test_until_the_verdict_every_frame_counts() -> None:
    assert Passage().interval_s == EVERY_FRAME
    assert Passage().verdict(GateStatus.UNDECIDED).interval_s == EVERY_FRAME
    assert Passage().verdict(GateStatus.NOSE).on(inputs.VerdictLapsed()).interval_s == EVERY_FRAME


def test_after_a_pulse_its_person_is_not_classified_until_the_passage_is_reported_or_timed_out() -> None:
    passage = Passage().verdict(GateStatus.CORRECT)
    assert (passage.state.phase, passage.interval_s) == (Phase.PERMITTED, NEVER)
    passage.on(inputs.Tick(), 1.0)
    assert (passage.state.phase, passage.interval_s) == (Phase.AWAITING, NEVER)
    passage.on(inputs.Tick(), 9.2)
    assert (passage.state.phase, passage.interval_s) == (Phase.REFRACTORY, EVERY_FRAME)
    assert Passage().verdict(GateStatus.CORRECT).on(inputs.PassageReported()).interval_s == EVERY_FRAME


def test_another_person_in_front_is_classified_while_the_passage_of_the_first_is_awaited() -> None:
    passage = Passage().verdict(GateStatus.CORRECT).on(inputs.Tick(), 1.0).on(inputs.PersonArrived(2))
    assert (passage.state.phase, passage.interval_s) == (Phase.AWAITING, EVERY_FRAME)
    assert passage.verdict(GateStatus.NOSE).interval_s == FULL_WINDOW_S


@pytest.mark.parametrize("policy", [Policy.ENFORCE, Policy.REMIND])
def test_a_person_who_was_refused_or_reminded_is_classified_just_often_enough_to_keep_the_verdict(
    policy: Policy,
) -> None:
    passage = Passage(policy=policy).verdict(GateStatus.NOSE)
    assert passage.interval_s == FULL_WINDOW_S
    assert passage.verdict(GateStatus.NOSE, is_contradicted=True).interval_s == EVERY_FRAME


def test_a_verdict_that_may_still_give_the_permission_needs_every_frame() -> None:
    passage = Passage().on(inputs.ReadyChanged(False)).verdict(GateStatus.CORRECT)
    assert (passage.state.phase, passage.interval_s) == (Phase.IDLE, EVERY_FRAME)
    passage.on(inputs.ReadyChanged(True))
    assert (passage.state.phase, passage.interval_s) == (Phase.PERMITTED, NEVER)


def test_a_held_permission_is_supported_just_often_enough_and_a_contradiction_is_followed_up_at_once() -> None:
    passage = Passage(contact=Contact.HOLD).verdict(GateStatus.CORRECT)
    assert (passage.state.phase, passage.interval_s) == (Phase.PERMITTED, FULL_WINDOW_S)
    assert passage.verdict(GateStatus.CORRECT, is_contradicted=True).interval_s == EVERY_FRAME


def test_at_that_interval_the_window_is_full_for_any_settings() -> None:
    for settings in (VERDICT, VerdictSettings(votes=10, window=12, within_s=0.5), VerdictSettings(votes=1, window=1)):
        passage = Passage().verdict(GateStatus.NOSE)
        interval_s = vote_interval_s(passage.state, passage.config, settings)
        assert (settings.window - 1) * interval_s < settings.within_s


@pytest.mark.parametrize(
    ("grace_s", "verdict", "interval_s"),
    [
        (2.0, VERDICT, 0.1875),
        (2.0, VerdictSettings(votes=1, window=1, within_s=30.0), LONGEST_S),
        (30.0, VerdictSettings(votes=2, window=3, within_s=3.0), LONGEST_S),
        (0.2, VerdictSettings(votes=2, window=3, within_s=3.0), 0.1),
    ],
)
def test_a_window_of_few_votes_in_a_long_time_does_not_make_the_votes_rare(
    grace_s: float, verdict: VerdictSettings, interval_s: float
) -> None:
    passage = Passage(contact=Contact.HOLD, grace_s=grace_s).verdict(GateStatus.CORRECT)
    assert vote_interval_s(passage.state, passage.config, verdict) == interval_s
