"""Random traces of events: the permission is never on without a cause, and never longer than its limit.

The oracle below knows only the trace and design.md's list of causes; it shares no code with the machine.
"""

import os
import random
from dataclasses import dataclass, field

from binarycop.classes import GateStatus
from binarycop.gate import machine
from binarycop.gate.events import (
    FaultChanged,
    FireChanged,
    GateInput,
    OverrideChanged,
    PassageReported,
    PersonArrived,
    PersonLeft,
    ReadyChanged,
    Tick,
    VerdictReached,
)
from binarycop.gate.machine import GateConfig, State
from binarycop.settings.gate import Contact, Fail, FireLevel, GateSettings, Policy

TRACES = int(os.environ.get("BINARYCOP_TRACES", "100000"))
JUDGED = (GateStatus.CORRECT, GateStatus.NOSE, GateStatus.NOSE_MOUTH, GateStatus.CHIN, GateStatus.UNDECIDED)
PERMITTED = frozenset({GateStatus.CORRECT})


def random_rules(dice: random.Random) -> GateConfig:
    pass_timeout_s = dice.uniform(1, 6)
    return GateConfig(
        GateSettings(
            policy=dice.choice(list(Policy)),
            contact=dice.choice(list(Contact)),
            pulse_s=dice.uniform(0.05, 1),
            hold_s=dice.uniform(0.5, pass_timeout_s),
            pass_timeout_s=pass_timeout_s,
            refractory_s=dice.choice([0.0, dice.uniform(0, 2)]),
            remind_s=dice.uniform(0.5, 3),
            fresh_s=dice.uniform(0.05, 1),
            fail=dice.choice(list(Fail)),
            fire_level=dice.choice(list(FireLevel)),
        ),
        PERMITTED,
        dice.random() < 0.5,
    )


def random_event(dice: random.Random, now_s: float) -> GateInput:
    kind = dice.random()
    if kind < 0.30:
        finding = GateStatus.CORRECT if dice.random() < 0.4 else dice.choice(JUDGED)
        return VerdictReached(finding, now_s - dice.choice([0.0, 0.0, dice.uniform(0, 2), -dice.uniform(0, 1)]))
    if kind < 0.50:
        return PersonArrived(dice.randint(1, 3))
    if kind < 0.60:
        return PersonLeft()
    if kind < 0.70:
        return PassageReported()
    if kind < 0.76:
        return ReadyChanged(dice.random() < 0.7)
    if kind < 0.80:
        return FireChanged(dice.random() < 0.4)
    if kind < 0.84:
        return FaultChanged(dice.random() < 0.4)
    if kind < 0.86:
        return OverrideChanged(dice.choice([0.0, dice.uniform(0, 2)]))
    return Tick()


@dataclass
class Oracle:
    """What a suspicious bystander remembers of a trace."""

    rules: GateConfig
    fire: bool = False
    fault: bool = False
    override_until_s: float = 0.0
    person: int | None = None
    reminded_since_s: float | None = None
    correct_at_s: list[float] = field(default_factory=list)
    on_since_s: float | None = None

    def hear(self, event: GateInput, now_s: float) -> None:
        if isinstance(event, FireChanged):
            self.fire = event.active
        elif isinstance(event, FaultChanged):
            self.fault = event.active
        elif isinstance(event, OverrideChanged):
            self.override_until_s = now_s + event.for_s
        elif isinstance(event, PersonLeft) or (isinstance(event, PersonArrived) and event.person != self.person):
            self.person = event.person if isinstance(event, PersonArrived) else None
            self.reminded_since_s, self.correct_at_s = None, []
            if isinstance(event, PersonArrived) and not self.rules.has_passed:
                # What somebody was given is not for the next one.
                self.on_since_s = None
        elif isinstance(event, VerdictReached) and self.person is not None and event.at_s <= now_s:
            if event.status is GateStatus.CORRECT:
                self.correct_at_s.append(event.at_s)
            elif self.reminded_since_s is None:
                self.reminded_since_s = now_s

    def earned(self, now_s: float) -> bool:
        """Whether a permission that begins now has a cause that a person gave."""
        settings = self.rules.settings
        if any(now_s - at_s <= settings.fresh_s for at_s in self.correct_at_s):
            return settings.policy is not Policy.OFF
        since_s = self.reminded_since_s
        return settings.policy is Policy.REMIND and since_s is not None and now_s - since_s >= settings.remind_s

    def judge(self, is_on: bool, now_s: float) -> None:
        settings = self.rules.settings
        if self.fire:
            assert is_on == (settings.fire_level is FireLevel.PERMIT), "fire wins"
        elif self.fault:
            assert is_on == (settings.fail is Fail.OPEN), "a fault gives what the wiring gives"
        elif now_s < self.override_until_s or settings.policy is Policy.OFF:
            assert is_on
        elif is_on:
            limit_s = settings.pulse_s if settings.contact is Contact.PULSE else settings.hold_s
            if self.on_since_s is None or now_s - self.on_since_s >= limit_s:
                # Nobody looked for so long that one permission ended unseen; this one is another.
                assert self.earned(now_s), "the permission is on without a cause, or beyond its limit"
                self.on_since_s = now_s
            return
        self.on_since_s = None


def test_the_permission_is_never_on_without_a_cause_nor_beyond_its_limit() -> None:
    dice = random.Random(20210517)
    granted = events = 0
    for _ in range(TRACES):
        rules = random_rules(dice)
        oracle, state, now_s = Oracle(rules), State(), dice.uniform(0, 1000)
        for _ in range(dice.randint(1, 25)):
            then_s = now_s + dice.choice([0.0, dice.uniform(0, 0.3), dice.uniform(0, 3)])
            # What a wire would show that is looked at between two steps.
            between_s = dice.uniform(now_s, then_s)
            oracle.judge(machine.permission(state, rules, between_s) is not None, between_s)
            now_s = then_s
            event = random_event(dice, now_s)
            oracle.hear(event, now_s)
            state, _ = machine.step(state, event, rules, now_s)
            is_on = machine.permission(state, rules, now_s) is not None
            oracle.judge(is_on, now_s)
            events += 1
            granted += is_on and oracle.on_since_s == now_s
    assert events > 10 * TRACES, "a million by default"
    assert granted > TRACES / 20, "the traces must reach what they are to test"
