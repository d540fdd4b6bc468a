"""Random traces of inputs: the permission is never on without a cause, and never longer than its limit.

The oracle below knows only the inputs and the list of causes in docs/gate.md. It shares no code with the machine.
"""

import os
import random
from dataclasses import dataclass, field

from binarycop.classes import GateStatus
from binarycop.gate import machine
from binarycop.gate.config import GateConfig
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
    VerdictReached,
)
from binarycop.gate.machine import State
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
            refractory_s=dice.choice([0.0, dice.uniform(0, 2)]),
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
        status = GateStatus.CORRECT if dice.random() < 0.4 else dice.choice(VERDICTS)
        return VerdictReached(status, now_s - dice.choice([0.0, 0.0, dice.uniform(0, 2), -dice.uniform(0, 1)]))
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
    """What an independent observer remembers of a trace."""

    config: GateConfig
    fire: bool = False
    fault: bool = False
    override_until_s: float = 0.0
    person: int | None = None
    reminded_since_s: float | None = None
    correct_at_s: list[float] = field(default_factory=list)
    on_since_s: float | None = None

    def observe(self, gate_input: GateInput, now_s: float) -> None:
        if isinstance(gate_input, FireChanged):
            self.fire = gate_input.active
        elif isinstance(gate_input, FaultChanged):
            self.fault = gate_input.active
        elif isinstance(gate_input, OverrideChanged):
            self.override_until_s = now_s + gate_input.for_s
        elif isinstance(gate_input, PersonLeft):
            self._forget(None)
        elif isinstance(gate_input, PersonArrived) and gate_input.person != self.person:
            self._forget(gate_input.person)
            if not self.config.has_passed:
                # The permission of one person is not for the next one.
                self.on_since_s = None
        elif isinstance(gate_input, VerdictReached) and self.person is not None and gate_input.at_s <= now_s:
            if gate_input.status is GateStatus.CORRECT:
                self.correct_at_s.append(gate_input.at_s)
            elif self.reminded_since_s is None:
                self.reminded_since_s = now_s

    def _forget(self, person: int | None) -> None:
        self.person, self.reminded_since_s, self.correct_at_s = person, None, []

    def has_cause(self, now_s: float) -> bool:
        """Whether a verdict or a reminder justifies a permission that begins now."""
        settings = self.config.settings
        if any(now_s - at_s <= settings.fresh_s for at_s in self.correct_at_s):
            return settings.policy is not Policy.OFF
        since_s = self.reminded_since_s
        return settings.policy is Policy.REMIND and since_s is not None and now_s - since_s >= settings.remind_s

    def check(self, is_on: bool, now_s: float) -> None:
        """Assert that the permission may be on, or off, at ``now_s``."""
        settings = self.config.settings
        if self.fire:
            assert is_on == (settings.fire_level is FireLevel.PERMIT), "fire overrules everything"
        elif self.fault:
            assert is_on == (settings.fail is Fail.OPEN), "a fault gives what gate.fail says"
        elif now_s < self.override_until_s or settings.policy is Policy.OFF:
            assert is_on
        elif is_on:
            limit_s = settings.pulse_s if settings.contact is Contact.PULSE else settings.hold_s
            if self.on_since_s is None or now_s - self.on_since_s >= limit_s:
                # One permission ended between two checks; this must be a new one.
                assert self.has_cause(now_s), "the permission is on without a cause, or beyond its limit"
                self.on_since_s = now_s
            return
        self.on_since_s = None


def test_the_permission_is_never_on_without_a_cause_nor_beyond_its_limit() -> None:
    dice = random.Random(20210517)
    permissions = inputs = 0
    for _ in range(TRACES):
        config = random_config(dice)
        oracle, state, now_s = Oracle(config), State(), dice.uniform(0, 1000)
        for _ in range(dice.randint(1, 25)):
            then_s = now_s + dice.choice([0.0, dice.uniform(0, 0.3), dice.uniform(0, 3)])
            # The permission is also checked at a time between two steps.
            between_s = dice.uniform(now_s, then_s)
            oracle.check(machine.permission(state, config, between_s) is not None, between_s)
            now_s = then_s
            gate_input = random_input(dice, now_s)
            oracle.observe(gate_input, now_s)
            state, _ = machine.step(state, gate_input, config, now_s)
            is_on = machine.permission(state, config, now_s) is not None
            oracle.check(is_on, now_s)
            inputs += 1
            permissions += is_on and oracle.on_since_s == now_s
    assert inputs > 10 * TRACES, "more than a million of 100,000 traces"
    assert permissions > TRACES / 20, "the traces must contain enough permissions"
