"""Settings of ``signals``: permission and lamps for each status of the gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from binarycop.classes import LABELS, GateStatus
from binarycop.settings.field import setting


class LampPattern(Enum):
    """What a lamp does: slow and fast blink evenly; one, two and three are that many flashes, then a pause."""

    OFF = "off"
    ON = "on"
    SLOW = "slow"
    FAST = "fast"
    ONE = "one"
    TWO = "two"
    THREE = "three"


@dataclass(frozen=True)
class SignalSettings:
    """What one status gives."""

    permission: bool = setting(False, reloadable=True)
    """Whether this status gives permission."""

    lamps: Mapping[str, LampPattern] = setting(factory=lambda: MappingProxyType({}), reloadable=True)
    """A pattern for each lamp by its name; a lamp that is not listed is off."""


def _all(pattern: LampPattern) -> Mapping[str, LampPattern]:
    return MappingProxyType(dict.fromkeys(LABELS, pattern))


def _only(label: str) -> Mapping[str, LampPattern]:
    return MappingProxyType({label: LampPattern.ON})


@dataclass(frozen=True)
class SignalsSettings:
    """The table from status to permission and lamps. By default, only ``correct`` gives permission."""

    correct: SignalSettings = SignalSettings(True, _only("correct"))
    """The mask covers nose, mouth and chin."""

    nose: SignalSettings = SignalSettings(False, _only("nose"))
    """The nose is uncovered."""

    nose_mouth: SignalSettings = SignalSettings(False, _only("nose_mouth"))
    """Nose and mouth are uncovered, or there is no mask."""

    chin: SignalSettings = SignalSettings(False, _only("chin"))
    """The chin is uncovered."""

    undecided: SignalSettings = SignalSettings(False, _all(LampPattern.SLOW))
    """A person is in front, but there are not enough equal votes yet."""

    nobody: SignalSettings = SignalSettings(False)
    """Nobody is in front. It cannot give permission."""

    fault: SignalSettings = SignalSettings(False, _all(LampPattern.FAST))
    """Something has failed. Its permission must agree with ``gate.fail``, since the relay is then off."""

    def row_for(self, status: GateStatus) -> SignalSettings:
        """The row of a status."""
        row: SignalSettings = getattr(self, status.value)
        return row
