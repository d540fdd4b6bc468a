"""Settings of ``signals``: permission and lamps for each status."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from binarycop.classes import LABELS, GateStatus


class LampPattern(Enum):
    """What a lamp does; slow and fast blink evenly, one to three are flashes and a pause."""

    OFF = "off"
    ON = "on"
    SLOW = "slow"
    FAST = "fast"
    ONE = "one"
    TWO = "two"
    THREE = "three"


@dataclass(frozen=True)
class SignalSettings:
    """What one finding gives: permission or not, and a pattern for each lamp (those not named are off)."""

    permission: bool = False
    lamps: Mapping[str, LampPattern] = field(default_factory=lambda: MappingProxyType({}))


def _all(pattern: LampPattern) -> Mapping[str, LampPattern]:
    return MappingProxyType(dict.fromkeys(LABELS, pattern))


def _own(label: str) -> Mapping[str, LampPattern]:
    return MappingProxyType({label: LampPattern.ON})


@dataclass(frozen=True)
class SignalsSettings:
    """The table from finding to permission and lamps."""

    correct: SignalSettings = SignalSettings(True, _own("correct"))
    nose: SignalSettings = SignalSettings(False, _own("nose"))
    nose_mouth: SignalSettings = SignalSettings(False, _own("nose_mouth"))
    chin: SignalSettings = SignalSettings(False, _own("chin"))
    undecided: SignalSettings = SignalSettings(False, _all(LampPattern.SLOW))
    nobody: SignalSettings = SignalSettings(False)
    fault: SignalSettings = SignalSettings(False, _all(LampPattern.FAST))

    def of(self, finding: GateStatus) -> SignalSettings:
        """The row of a finding."""
        return {
            GateStatus.CORRECT: self.correct,
            GateStatus.NOSE: self.nose,
            GateStatus.NOSE_MOUTH: self.nose_mouth,
            GateStatus.CHIN: self.chin,
            GateStatus.UNDECIDED: self.undecided,
            GateStatus.NOBODY: self.nobody,
            GateStatus.FAULT: self.fault,
        }[finding]
