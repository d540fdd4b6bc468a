"""All settings that a settings file may hold."""

from dataclasses import dataclass

from binarycop.settings.classifier import ClassifierSettings
from binarycop.settings.faces import FacesSettings
from binarycop.settings.frames import FramesSettings
from binarycop.settings.gate import GateSettings
from binarycop.settings.journal import JournalSettings
from binarycop.settings.lines import InputSettings, LineSettings, LinesSettings
from binarycop.settings.service import ServiceSettings
from binarycop.settings.signals import SignalsSettings
from binarycop.settings.verdict import VerdictSettings


@dataclass(frozen=True)
class LaneSettings:
    """One lane, which is an entry of ``gates``: its values override those of the top-level sections."""

    name: str = "gate"
    """The gate's name in the journal and in ``binarycop events --gate``.

    Not ``unknown``: the figures for Prometheus give that name to a gate that is not in the settings.
    """

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

    @property
    def in_words(self) -> str:
        """The lane in a sentence. The default name is left out, since "gate gate" reads like a mistake."""
        return f"gate {self.name}" if self._has_name else "the gate"

    @property
    def key_prefix(self) -> str:
        """The prefix of the lane's keys; empty if the lane has the default name."""
        return f"gate {self.name}: " if self._has_name else ""

    @property
    def _has_name(self) -> bool:
        return self.name != LaneSettings.name


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


def wires_of(lane: LaneSettings) -> list[tuple[str, LineSettings | InputSettings]]:
    """Every wire of a lane, each with the path of its key, such as ``lines.lamps.nose``; the relay is the first."""
    lines = lane.lines
    wires: list[tuple[str, LineSettings | InputSettings]] = [("lines.permission", lines.permission)]
    wires += [(f"lines.lamps.{name}", lamp) for name, lamp in lines.lamps.items()]
    for name in ("heartbeat", "feedback", "passed", "ready", "fire", "override"):
        line: LineSettings | InputSettings | None = getattr(lines, name)
        if line is not None:
            wires.append((f"lines.{name}", line))
    return wires
