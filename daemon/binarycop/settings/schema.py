"""All settings that a settings file may hold."""

from dataclasses import dataclass

from binarycop.settings.classifier import ClassifierSettings
from binarycop.settings.faces import FacesSettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.gate import GateSettings
from binarycop.settings.journal import JournalSettings
from binarycop.settings.lines import LinesSettings
from binarycop.settings.service import ServiceSettings
from binarycop.settings.signals import SignalsSettings
from binarycop.settings.verdict import VerdictSettings


@dataclass(frozen=True)
class LaneSettings:
    """One gate: an entry of ``gates``, which overrides the top-level sections."""

    name: str = "gate"
    """The gate's name in the journal and in ``binarycop events --gate``."""

    frames: FramesSettings = FramesSettings()
    """Camera or recording."""

    faces: FacesSettings = FacesSettings()
    """Detection and tracking."""

    verdict: VerdictSettings = VerdictSettings()
    """How votes become a verdict."""

    gate: GateSettings = GateSettings()
    """The permission."""

    lines: LinesSettings = LinesSettings()
    """The wires."""

    signals: SignalsSettings = SignalsSettings()
    """Permission and lamps for each status."""


@dataclass(frozen=True)
class Settings:
    """All settings."""

    classifier: ClassifierSettings = ClassifierSettings()
    """The network and what runs it."""

    journal: JournalSettings = JournalSettings()
    """The journal."""

    service: ServiceSettings = ServiceSettings()
    """The loop."""

    gates: tuple[LaneSettings, ...] = (LaneSettings(),)
    """The gates, at least one."""
