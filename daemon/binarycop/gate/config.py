"""The settings that one lane's state machine needs."""

from dataclasses import dataclass

from binarycop.classes import GateStatus
from binarycop.settings.gate import GateSettings
from binarycop.settings.schema import LaneSettings


@dataclass(frozen=True)
class GateConfig:
    """The settings of one lane's state machine.

    permitted: the verdicts whose row in ``signals`` gives permission. has_passed: the speed gate reports passages on
    a line. Without that line, a person who walks out of view after a permission counts as having passed.
    """

    settings: GateSettings
    permitted: frozenset[GateStatus]
    has_passed: bool

    @classmethod
    def from_settings(cls, lane: LaneSettings) -> "GateConfig":
        """The configuration that a lane's settings give."""
        permitted = frozenset(status for status in GateStatus if lane.signals.row_for(status).permission)
        return cls(lane.gate, permitted - {GateStatus.NOBODY, GateStatus.FAULT}, lane.lines.passed is not None)
