"""The machine's table of states and transitions, asked of the machine itself, so that the docs cannot drift from it.

``python -m binarycop.gate.table`` prints it as Markdown; docs/gate.md holds it, and a test holds that.
"""

from dataclasses import replace

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
    Tick,
    VerdictReached,
)
from binarycop.gate.machine import GateConfig, Phase, State
from binarycop.settings.gate import GateSettings, Policy
from binarycop.settings.schema import LaneSettings

_NOW_S = 100.0
_LATER_S = 1000.0


def rules_for(policy: Policy) -> GateConfig:
    """The default settings with this policy, and a lane that reports passages."""
    return replace(GateConfig.of(LaneSettings(gate=GateSettings(policy=policy))), has_passed=True)


def example(phase: Phase, rules: GateConfig) -> State:
    """The machine in this phase at ``_NOW_S``, brought there by events alone, with person 1 in front.

    Raises ValueError where the policy never gets there.
    """
    wrong = VerdictReached(GateStatus.NOSE, _NOW_S)
    right = VerdictReached(GateStatus.CORRECT, _NOW_S)
    ways: dict[Phase, tuple[tuple[GateInput, float], ...]] = {
        Phase.IDLE: ((PersonArrived(1), 0.0),),
        Phase.REMINDING: ((PersonArrived(1), 0.0), (wrong, 0.0)),
        Phase.PERMITTED: ((PersonArrived(1), 0.0), (right, 0.0)),
        Phase.AWAITING: ((PersonArrived(1), 0.0), (right, 0.0), (Tick(), rules.settings.pulse_s)),
        Phase.REFRACTORY: ((PersonArrived(1), 0.0), (right, 0.0), (PassageReported(), 0.0)),
    }
    state = State()
    for event, after_s in ways[phase]:
        state, _ = machine.step(state, event, rules, _NOW_S + after_s)
    if state.phase is not phase:
        raise ValueError(f"policy {rules.settings.policy.value} never gets to {phase.value}")
    return state


def rows(policy: Policy) -> list[tuple[str, str, str, str, str]]:
    """Every phase that the policy gets to, with every event: phase, event, next phase, what is told, permission."""
    rules = rules_for(policy)
    found = []
    for phase in Phase:
        try:
            state = example(phase, rules)
        except ValueError:
            continue
        now_s = _NOW_S + (rules.settings.pulse_s if phase is Phase.AWAITING else 0.0)
        for name, event, at_s in _events(state, now_s):
            after, happened = machine.step(state, event, rules, at_s)
            told = ", ".join(one.kind.value for one in happened) or "–"
            cause = machine.permission(after, rules, at_s)
            found.append((phase.value, name, after.phase.value, told, f"on: {cause.value}" if cause else "off"))
    return found


def markdown() -> str:
    """The tables of all policies."""
    parts = []
    for policy in Policy:
        parts.append(f"### policy: {policy.value}\n")
        parts.append("| phase | event | next phase | told | permission |\n|---|---|---|---|---|")
        parts += ["| " + " | ".join(row) + " |" for row in rows(policy)]
        parts.append("")
    return "\n".join(parts)


def _events(state: State, now_s: float) -> list[tuple[str, GateInput, float]]:
    due_s = machine.due_s(state, now_s)
    timed = [("its time is over", Tick(), due_s)] if due_s is not None else []
    return [
        *timed,
        ("verdict: permitted", VerdictReached(GateStatus.CORRECT, now_s), now_s),
        ("verdict: not permitted", VerdictReached(GateStatus.NOSE, now_s), now_s),
        ("another person", PersonArrived(2), now_s),
        ("person gone", PersonLeft(), now_s),
        ("passage", PassageReported(), now_s),
        ("fire", FireChanged(True), now_s),
        ("fault", FaultChanged(True), now_s),
        ("override", OverrideChanged(_LATER_S), now_s),
    ]


if __name__ == "__main__":
    print(markdown())
