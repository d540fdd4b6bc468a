"""The line ``Status:`` of ``systemctl status``: the state of the gates."""

from collections.abc import Iterable

from binarycop.service.lane import Lane


def status_text(lanes: Iterable[Lane]) -> str:
    """One sentence for each lane."""
    return "; ".join(_lane_text(lane) for lane in lanes)


def _lane_text(lane: Lane) -> str:
    name, counters = lane.settings.name, lane.counters
    if lane.faults:
        relay = "on" if lane.is_relay_on else "off"
        return f"{name}: OUT OF ORDER, relay {relay}: {', '.join(lane.faults)}"
    people = f"{counters.persons} {'person' if counters.persons == 1 else 'persons'}"
    state = "in service" if lane.source_end is None else "recording over"
    return (
        f"{name}: {state}, policy {lane.settings.gate.policy.value}; {people}, "
        f"{counters.permits} permitted, {counters.refusals} refused, {counters.undecided} undecided"
    )
