"""What ``check-config`` advises: settings that work, but that an installer should know about."""

from collections.abc import Iterator

from binarycop.settings import memory
from binarycop.settings.classifier import MOST_CROPS, Backend, MemoryAccess, views_of_each_face
from binarycop.settings.gate import Contact, Fail, Policy
from binarycop.settings.schema import LaneSettings, Settings, wires_of
from binarycop.settings.service import Mode

_MORE_MEMORY = (
    "these gates and frames need about {needed} MiB and a reserve, more than the {unit} MiB that the unit allows: "
    "write '[Service]' and 'MemoryMax={limit}M' to /etc/systemd/system/binarycop.service.d/memory.conf"
)
_NO_FEEDBACK = "{gate}gate.contact: hold without lines.feedback: nobody notices a relay that sticks; see docs/wiring.md"
_MOCK_PINS = (
    "{gate}{factory} may have no line {pins}, which is the default for mock lines: "
    "write the pins of this machine (docs/wiring.md), and lamps: {{}} for no lamps"
)
_SHORT_BUDGET = (
    "{gate}gate.override_s, {longest:g} s, is longer than gate.override_per_hour_s, {budget:g} s, which limits it"
)
_SLEEPLESS = (
    "{gate}with {key} the relay is on while nobody is there, so the gates never sleep: "
    "service.mode: low-power only classifies less often"
)
_NO_CLOCK = (
    "service.mode: low-power: with classifier.overlay.memory: uio the overlay's clock stays as it is, "
    "since only root can set it"
)
_FEWER_VIEWS = "classifier.views: each face has {views}, not {asked}: {gates} gates share {most} crops in one step"
_DEFAULT_PINS = frozenset(line.pin for _, line in wires_of(LaneSettings()))


def notes(settings: Settings) -> Iterator[str]:
    """Each advice as a sentence."""
    limit_mib = memory.limit_mib(settings)
    if limit_mib > memory.UNIT_MIB:
        yield _MORE_MEMORY.format(needed=memory.needed_mib(settings), unit=memory.UNIT_MIB, limit=limit_mib)
    asked, gates = settings.classifier.views, len(settings.gates)
    if (views := views_of_each_face(asked, gates)) < asked:
        yield _FEWER_VIEWS.format(views=views, asked=asked, gates=gates, most=MOST_CROPS)
    if settings.service.mode is Mode.LOW_POWER:
        yield from _low_power_notes(settings)
    for lane in settings.gates:
        yield from _lane_notes(lane)


def _low_power_notes(settings: Settings) -> Iterator[str]:
    if settings.classifier.backend is Backend.OVERLAY and settings.classifier.overlay.memory is MemoryAccess.UIO:
        yield _NO_CLOCK
    for lane in settings.gates:
        if lane.gate.fail is Fail.OPEN:
            yield _SLEEPLESS.format(gate=lane.key_prefix, key="gate.fail: open")
        elif lane.gate.policy is Policy.OFF:
            yield _SLEEPLESS.format(gate=lane.key_prefix, key="gate.policy: off")


def _lane_notes(lane: LaneSettings) -> Iterator[str]:
    gate = lane.gate
    if gate.contact is Contact.HOLD and lane.lines.feedback is None:
        yield _NO_FEEDBACK.format(gate=lane.key_prefix)
    pins = [line.pin for _, line in wires_of(lane) if line.pin in _DEFAULT_PINS]
    if pins and lane.lines.factory not in ("auto", "mock"):
        yield _MOCK_PINS.format(gate=lane.key_prefix, factory=lane.lines.factory, pins=", ".join(pins))
    if lane.lines.override is not None and gate.override_s > gate.override_per_hour_s:
        yield _SHORT_BUDGET.format(gate=lane.key_prefix, longest=gate.override_s, budget=gate.override_per_hour_s)
