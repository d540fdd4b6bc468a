"""What ``check-config`` advises: settings that work, but that an installer should know about."""

from collections.abc import Iterator

from binarycop.settings import memory
from binarycop.settings.gate import Contact
from binarycop.settings.schema import LaneSettings, Settings

_MORE_MEMORY = (
    "these gates and frames need about {needed} MiB and a reserve, more than the {unit} MiB that the unit allows: "
    "write '[Service]' and 'MemoryMax={limit}M' to /etc/systemd/system/binarycop.service.d/memory.conf"
)
_NO_FEEDBACK = (
    "gate {gate}: gate.contact: hold without lines.feedback: nobody notices a relay that sticks; see docs/wiring.md"
)
_SHORT_BUDGET = (
    "gate {gate}: gate.override_s, {longest:g} s, is longer than gate.override_per_hour_s, {budget:g} s, "
    "which limits it"
)


def notes(settings: Settings) -> Iterator[str]:
    """Each advice as a sentence."""
    limit_mib = memory.limit_mib(settings)
    if limit_mib > memory.UNIT_MIB:
        yield _MORE_MEMORY.format(needed=memory.needed_mib(settings), unit=memory.UNIT_MIB, limit=limit_mib)
    for lane in settings.gates:
        yield from _lane_notes(lane)


def _lane_notes(lane: LaneSettings) -> Iterator[str]:
    gate = lane.gate
    if gate.contact is Contact.HOLD and lane.lines.feedback is None:
        yield _NO_FEEDBACK.format(gate=lane.name)
    if lane.lines.override is not None and gate.override_s > gate.override_per_hour_s:
        yield _SHORT_BUDGET.format(gate=lane.name, longest=gate.override_s, budget=gate.override_per_hour_s)
