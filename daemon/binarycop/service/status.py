"""What ``systemctl status`` says of the gates, in one sentence each."""

from collections.abc import Iterable

from binarycop.service.lane import Lane


def status(lanes: Iterable[Lane]) -> str:
    """All lanes as they stand, for a person."""
    return "; ".join(_of(lane) for lane in lanes)


def _of(lane: Lane) -> str:
    name, tally = lane.settings.name, lane.counters
    if lane.faults:
        relay = "energised" if lane.is_energised else "released"
        return f"{name}: OUT OF ORDER, relay {relay}: {', '.join(lane.faults)}"
    return (
        f"{name}: looking, policy {lane.settings.gate.policy.value}; {tally.persons} persons, "
        f"{tally.permits} permitted, {tally.refusals} refused, {tally.undecided} undecided"
    )
