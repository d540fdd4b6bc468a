"""All settings: what a settings file may hold."""

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
    """One lane: an entry of ``gates`` laid over the top-level defaults."""

    name: str = "gate"
    frames: FramesSettings = FramesSettings()
    faces: FacesSettings = FacesSettings()
    verdict: VerdictSettings = VerdictSettings()
    gate: GateSettings = GateSettings()
    lines: LinesSettings = LinesSettings()
    signals: SignalsSettings = SignalsSettings()


@dataclass(frozen=True)
class Settings:
    """Everything. ``gates`` has at least one lane."""

    classifier: ClassifierSettings = ClassifierSettings()
    journal: JournalSettings = JournalSettings()
    service: ServiceSettings = ServiceSettings()
    gates: tuple[LaneSettings, ...] = (LaneSettings(),)
