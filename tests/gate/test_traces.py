"""Random traces of inputs: the permission is never on without a cause, and never longer than its limit.

The oracle below knows only the inputs and the list of causes in docs/gate.md. It shares no code with the machine.
"""

import os
import random
from collections import Counter
from dataclasses import dataclass, field

from binarycop.classes import GateStatus
from binarycop.gate import machine
from binarycop.gate.config import GateConfig
from binarycop.gate.events import Cause
from binarycop.gate.inputs import (
    FaultChanged,
    FireChanged,
    GateInput,
    OverrideChanged,
    PassageReported,
    PersonArrived,
    PersonLeft,
    ReadyChanged,
    Tick,
    VerdictLapsed,
    VerdictReached,
)
from binarycop.gate.state import State, permission
from binarycop.settings.gate import Contact, Fail, FireLevel, GateSettings, Policy

TRACES = int(os.environ.get("BINARYCOP_TRACES", "5000"))  # `make test-traces` takes 100,000
VERDICTS = (GateStatus.CORRECT, GateStatus.NOSE, GateStatus.NOSE_MOUTH, GateStatus.CHIN, GateStatus.UNDECIDED)
PERMITTED = frozenset({GateStatus.CORRECT})


def random_config(dice: random.Random) -> GateConfig:
    pass_timeout_s = dice.uniform(1, 6)
    return GateConfig(
        GateSettings(
            policy=dice.choice(list(Policy)),
            contact=dice.choice(list(Contact)),
            pulse_s=dice.uniform(0.05, 1),
            hold_s=dice.uniform(0.5, pass_timeout_s),
            pass_timeout_s=pass_timeout_s,
            grace_s=dice.uniform(0.2, 3),
            refractory_s=dice.choice([0.0, dice.uniform(0, 2)]),
            override_s=dice.uniform(1, 4),
            override_release_s=dice.uniform(0.1, 1),
            override_per_hour_s=dice.uniform(1, 6),
            max_permissions=dice.randint(1, 3),
            remind_s=dice.uniform(0.5, 3),
            fresh_s=dice.uniform(0.05, 1),
            fail=dice.choice(list(Fail)),
            fire_level=dice.choice(list(FireLevel)),
        ),
        PERMITTED,
        dice.random() < 0.5,
    )


def random_input(dice: random.Random, now_s: float) -> GateInput:
    kind = dice.random()
    if kind < 0.30:
        status = GateStatus.CORRECT if dice.random() < 0.5 else dice.choice(VERDICTS)
        at_s = now_s - dice.choice([0.0, 0.0, dice.uniform(0, 2), -dice.uniform(0, 1)])
        return VerdictReached(status, at_s, dice.random() < 0.2)
    if kind < 0.36:
        return VerdictLapsed()
    if kind < 0.50:
        person = dice.randint(1, 3)
        return PersonArrived(person, dice.choice([None, 1, 2]))
    if kind < 0.57:
        return PersonLeft()
    if kind < 0.64:
        return PassageReported()
    if kind < 0.72:
        return ReadyChanged(dice.random() < 0.7)
    if kind < 0.76:
        return FireChanged(dice.random() < 0.4)
    if kind < 0.80:
        return FaultChanged(dice.random() < 0.4)
    if kind < 0.86:
        return OverrideChanged(dice.random() < 0.5)
    return Tick()


@dataclass
class Given:
    """A permission as the observer saw it begin."""

    person: int
    cause: Cause
    at_s: float
    support_s: float
    is_void: bool = False


@dataclass
class Oracle:
    """What an independent observer remembers of a trace."""

    config: GateConfig
    fire: bool = False
    fault: bool = False
    ready: bool = True
    person: int | None = None
    presence: int | None = None
    reminded_since_s: float | None = None
    correct_at_s: list[float] = field(default_factory=list)
    given: Given | None = None
    relocked_until_s: float = 0.0
    permissions: Counter[int] = field(default_factory=Counter)
    voided: Counter[str] = field(default_factory=Counter)
    key_since_s: float | None = None
    key_free_since_s: float | None = None
    override_limit_s: float = 0.0
    override_used: list[tuple[float, float]] = field(default_factory=list)

    @property
    def is_held(self) -> bool:
        return self.config.settings.contact is Contact.HOLD

    def override_on(self, now_s: float) -> bool:
        return self.key_since_s is not None and now_s < self.key_since_s + self.override_limit_s

    def observe(self, gate_input: GateInput, now_s: float) -> None:
        if self.key_free_since_s is None and self.key_since_s is None:
            self.key_free_since_s = now_s
        if isinstance(gate_input, FireChanged):
            self.fire = gate_input.active
            self._void("fire", now_s, if_=self.fire)
        elif isinstance(gate_input, FaultChanged):
            self.fault = gate_input.active
            self._void("fault", now_s, if_=self.fault)
        elif isinstance(gate_input, ReadyChanged):
            self.ready = gate_input.active
            self._void("not ready", now_s, if_=not self.ready and self.is_held, relock=False)
        elif isinstance(gate_input, OverrideChanged):
            self._turn_key(gate_input.active, now_s)
        elif isinstance(gate_input, PassageReported):
            self._void("passage", now_s)
        elif isinstance(gate_input, PersonLeft):
            self._forget(None)
        elif isinstance(gate_input, PersonArrived) and gate_input.person != self.person:
            self._forget(gate_input.person)
            self.presence = gate_input.presence
            if self.given and self.given.person != gate_input.person:
                ends = self.is_held or not self.config.has_passed
                self._void("another person", now_s, if_=ends, relock=not self.config.has_passed)
        elif isinstance(gate_input, VerdictLapsed):
            self.correct_at_s = []
        elif isinstance(gate_input, VerdictReached) and self.person is not None and gate_input.at_s <= now_s:
            self._see(gate_input, now_s)

    def _see(self, verdict: VerdictReached, now_s: float) -> None:
        is_permitted = verdict.status is GateStatus.CORRECT
        # Only the newest verdict counts.
        self.correct_at_s = [verdict.at_s] if is_permitted and not verdict.is_contradicted else []
        if not is_permitted and self.reminded_since_s is None:
            self.reminded_since_s = now_s
        if self.given is None:
            return
        if is_permitted or self.given.cause is Cause.REMINDED:
            if self.person == self.given.person:
                self.given.support_s = max(self.given.support_s, verdict.at_s)
        else:
            self._void("verdict", now_s, if_=self.is_held)

    def _turn_key(self, active: bool, now_s: float) -> None:
        settings = self.config.settings
        if not active:
            if self.key_since_s is not None:
                self.override_used.append((self.key_since_s, min(now_s, self.key_since_s + self.override_limit_s)))
                self.key_since_s = None
                self.key_free_since_s = now_s
            return
        if self.key_since_s is not None:
            return
        free_s = now_s - (now_s if self.key_free_since_s is None else self.key_free_since_s)
        used_s = sum(end_s - begin_s for begin_s, end_s in self.override_used)
        left_s = settings.override_per_hour_s - used_s
        counts = free_s >= settings.override_release_s and left_s > 0
        self.key_since_s, self.key_free_since_s = now_s, None
        self.override_limit_s = min(settings.override_s, left_s) if counts else 0.0
        self._void("override", now_s, if_=counts)

    def _void(self, why: str, now_s: float, *, if_: bool = True, relock: bool = True) -> None:
        if not if_ or self.given is None or not self.may_continue(now_s):
            return
        self.voided[why] += 1
        self.given.is_void = True
        if relock:
            self.relocked_until_s = now_s + self.config.settings.refractory_s

    def _forget(self, person: int | None) -> None:
        self.person, self.reminded_since_s, self.correct_at_s = person, None, []

    def may_begin(self, cause: Cause, now_s: float) -> bool:
        """Whether a verdict or a reminder justifies a permission that begins now."""
        settings = self.config.settings
        if self.person is None or not self.ready or now_s < self.relocked_until_s:
            return False
        if cause is Cause.VERDICT:
            return any(now_s - at_s <= settings.fresh_s for at_s in self.correct_at_s)
        since_s = self.reminded_since_s
        return settings.policy is Policy.REMIND and since_s is not None and now_s - since_s >= settings.remind_s

    def may_continue(self, now_s: float) -> bool:
        """Whether the permission that was on at the last check may still be on."""
        settings, given = self.config.settings, self.given
        if given is None or given.is_void:
            return False
        if not self.is_held:
            return now_s - given.at_s < settings.pulse_s
        return now_s - given.at_s < settings.hold_s and now_s < given.support_s + settings.grace_s

    def check(self, cause: Cause | None, now_s: float, *, is_step: bool) -> None:
        """Assert that the permission may be on, or off, at ``now_s``. A permission can begin in a step only."""
        settings = self.config.settings
        if self.fire:
            assert cause is (Cause.FIRE if settings.fire_level is FireLevel.PERMIT else None)
        elif self.fault:
            assert cause is (Cause.FAULT_OPEN if settings.fail is Fail.OPEN else None)
        elif self.override_on(now_s):
            assert cause is Cause.OVERRIDE
        elif settings.policy is Policy.OFF:
            assert cause is Cause.POLICY_OFF
        elif cause is not None:
            if not self.may_continue(now_s):
                assert is_step, "the permission is on beyond its limit"
                assert self.may_begin(cause, now_s), "the permission is on without a cause, or beyond its limit"
                assert self.person is not None
                support_s = self.correct_at_s[-1] if cause is Cause.VERDICT else now_s
                self.given = Given(self.person, cause, now_s, support_s)
                presence = self.person if self.presence is None else self.presence
                self.permissions[presence] += 1
                assert self.permissions[presence] <= settings.max_permissions, "too many for one presence"
            return
        self.given = None


def test_the_permission_is_never_on_without_a_cause_nor_beyond_its_limit() -> None:
    dice = random.Random(20210517)
    inputs, permissions, voided = 0, 0, Counter[str]()
    for _ in range(TRACES):
        config = random_config(dice)
        oracle, now_s = Oracle(config), dice.uniform(0, 1000)
        state, _ = machine.step(State(), Tick(), config, now_s)
        oracle.observe(Tick(), now_s)
        for _ in range(dice.randint(1, 25)):
            then_s = now_s + dice.choice([0.0, dice.uniform(0, 0.3), dice.uniform(0, 3)])
            # The permission is also checked at a time between two steps.
            between_s = dice.uniform(now_s, then_s)
            oracle.check(permission(state, config, between_s), between_s, is_step=False)
            now_s = then_s
            gate_input = random_input(dice, now_s)
            oracle.observe(gate_input, now_s)
            state, _ = machine.step(state, gate_input, config, now_s)
            oracle.check(permission(state, config, now_s), now_s, is_step=True)
            inputs += 1
        permissions += sum(oracle.permissions.values())
        voided += oracle.voided
    assert inputs > 10 * TRACES, "more than a million of 100,000 traces"
    assert permissions > TRACES / 20, "the traces must contain enough permissions"
    reasons = {"fire", "fault", "not ready", "override", "passage", "another person", "verdict"}
    assert set(voided) == reasons, "each reason to end a permission must occur"
