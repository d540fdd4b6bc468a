"""Every setting with its default and its bounds, as frozen dataclasses. Units are in the names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from binarycop.classes import LABELS, GateStatus


class Policy(Enum):
    """What the gate does with a verdict: nothing, ask and then permit, or insist."""

    OFF = "off"
    REMIND = "remind"
    ENFORCE = "enforce"


class Contact(Enum):
    """How permission is given: a pulse of ``pulse_s``, or held until the passage, at most ``hold_s``."""

    PULSE = "pulse"
    HOLD = "hold"


class Fail(Enum):
    """What a released coil means to the lane: closed (normally open contact) or open (normally closed)."""

    SECURE = "secure"
    OPEN = "open"


class FireLevel(Enum):
    """What the lane gets while its fire input is active."""

    PERMIT = "permit"
    WITHHOLD = "withhold"


class DetectorKind(Enum):
    """Which finder; auto is lookout, and fixed for the demo."""

    AUTO = "auto"
    LOOKOUT = "lookout"
    YUNET = "yunet"
    FIXED = "fixed"


class EngineKind(Enum):
    """What runs the finder ``lookout``; auto is ncnn where it is installed, else OpenCV."""

    AUTO = "auto"
    OPENCV = "opencv"
    NCNN = "ncnn"


class Backend(Enum):
    """Where the network runs."""

    EMULATOR = "emulator"
    OVERLAY = "overlay"
    SIMULATED_BOARD = "simulated-board"


class MemoryAccess(Enum):
    """How the overlay's registers and buffers are reached: pynq (root), or UIO and u-dma-buf (no rights)."""

    PYNQ = "pynq"
    UIO = "uio"


class Fallback(Enum):
    """What runs the network when the overlay cannot be had any more; none ends the daemon."""

    NONE = "none"
    EMULATOR = "emulator"


class FaultKind(Enum):
    """What the simulated board does wrong: never ends a batch, ends it too late, flips bits, loses its overlay."""

    NONE = "none"
    HANG = "hang"
    SLOW = "slow"
    FLIP = "flip"
    LOSE = "lose"


class PixelFormat(Enum):
    """What is asked of a camera: compressed, or raw 4:2:2."""

    MJPG = "MJPG"
    YUYV = "YUYV"


class JournalTarget(Enum):
    """Where events go; auto is journald under systemd, else standard error."""

    AUTO = "auto"
    JOURNALD = "journald"
    STDERR = "stderr"


class Bias(Enum):
    """The pull of an input where its chip has one; Zynq's GPIO controllers ignore it without a word."""

    NONE = "none"
    UP = "up"
    DOWN = "down"


class LampPattern(Enum):
    """What a lamp does; slow and fast blink evenly, one to three are flashes and a pause."""

    OFF = "off"
    ON = "on"
    SLOW = "slow"
    FAST = "fast"
    ONE = "one"
    TWO = "two"
    THREE = "three"


def bounded(default: Any, low: float, high: float) -> Any:
    """A number with its inclusive bounds, which the loader enforces."""
    return field(default=default, metadata={"low": low, "high": high})


@dataclass(frozen=True)
class FramesSettings:
    """Where frames come from: ``demo``, a camera (0, /dev/video0), a clip or a folder of pictures."""

    source: str = "demo"
    width_px: int = bounded(640, 64, 4096)
    height_px: int = bounded(480, 64, 4096)
    rate_hz: float = bounded(30.0, 1, 240)
    pixel_format: PixelFormat = PixelFormat.MJPG
    stale_s: float = bounded(2.0, 0.2, 60)
    frozen_s: float = bounded(5.0, 0.5, 600)


@dataclass(frozen=True)
class LookoutSettings:
    """The finder ``lookout``; frames are shrunk to ``longer_px`` for it."""

    engine: EngineKind = EngineKind.AUTO
    longer_px: int = bounded(320, 64, 1280)
    threshold: float = bounded(0.64, 0.05, 0.99)


@dataclass(frozen=True)
class YuNetSettings:
    """The finder ``yunet``; an empty model is looked for in a checkout's ../shared/data/models."""

    model: str = ""
    longer_px: int = bounded(320, 64, 1280)
    threshold: float = bounded(0.5, 0.05, 0.99)


@dataclass(frozen=True)
class FixedRegionSettings:
    """The finder ``fixed``: where a face is when its owner stands on the mark, as shares of the frame."""

    left: float = bounded(0.356, 0, 0.95)
    top: float = bounded(0.225, 0, 0.95)
    width: float = bounded(0.288, 0.02, 1)
    height: float = bounded(0.492, 0.02, 1)


@dataclass(frozen=True)
class FacesSettings:
    """Finding and following.

    find_every: the finder is asked in one of so many frames while something moves, and between them faces are
    followed. lost_s: how long a person may be out of sight within one passage. deadline_s: a finder that takes
    longer over a frame has failed.
    """

    finder: DetectorKind = DetectorKind.AUTO
    least_px: int = bounded(16, 8, 1024)
    find_every: int = bounded(4, 1, 100)
    lost_s: float = bounded(0.5, 0.05, 10)
    deadline_s: float = bounded(2.0, 0.1, 60)
    lookout: LookoutSettings = LookoutSettings()
    yunet: YuNetSettings = YuNetSettings()
    fixed: FixedRegionSettings = FixedRegionSettings()


@dataclass(frozen=True)
class VerdictSettings:
    """``votes`` of the last ``window`` frames within ``within_s`` make a verdict.

    margin: lead of the best score below which a frame abstains; null takes the bundle's own.
    give_up_s: after this long without a verdict the person counts as undecided.
    """

    votes: int = bounded(5, 1, 100)
    window: int = bounded(8, 1, 100)
    within_s: float = bounded(1.5, 0.1, 30)
    give_up_s: float = bounded(3.0, 0.1, 60)
    margin: int | None = bounded(None, 0, 100_000)

    def least_margin(self, calibrated: int) -> int:
        """The margin that holds: the one set, else the bundle's own."""
        return calibrated if self.margin is None else self.margin


@dataclass(frozen=True)
class GateSettings:
    """The permission.

    fresh_s: how old a verdict may be when it opens the gate. override_s: how long the override input opens
    it, however long it stays active.
    """

    policy: Policy = Policy.ENFORCE
    contact: Contact = Contact.PULSE
    pulse_s: float = bounded(0.5, 0.05, 10)
    hold_s: float = bounded(8.0, 0.5, 120)
    pass_timeout_s: float = bounded(10.0, 0.5, 120)
    refractory_s: float = bounded(1.0, 0, 60)
    remind_s: float = bounded(4.0, 0.5, 60)
    override_s: float = bounded(60.0, 1, 3600)
    fresh_s: float = bounded(1.0, 0.05, 10)
    fail: Fail = Fail.SECURE
    fire_level: FireLevel = FireLevel.PERMIT


@dataclass(frozen=True)
class LineSettings:
    """One wire: the pin's name as its factory knows it; active_high false inverts it."""

    pin: str
    active_high: bool = True


@dataclass(frozen=True)
class InputSettings:
    """One wire from the lane; active_high false for a contact that opens, or pulls low, to say yes."""

    pin: str
    active_high: bool = True
    bias: Bias = Bias.NONE
    debounce_s: float = bounded(0.01, 0, 1)


def _default_lamps() -> Mapping[str, LineSettings]:
    return MappingProxyType({label: LineSettings(f"LD{index}") for index, label in enumerate(LABELS)})


@dataclass(frozen=True)
class LinesSettings:
    """A lane's wires.

    factory: ``mock``, or a gpiozero pin factory by its entry point's name; auto is mock off the board, and on a
    board an error before a live camera. heartbeat: toggled at each step of
    the gate, for a dead-man timer between the permission and its pin.
    """

    factory: str = "auto"
    permission: LineSettings = LineSettings("RELAY")
    lamps: Mapping[str, LineSettings] = field(default_factory=_default_lamps)
    heartbeat: LineSettings | None = None
    passed: InputSettings | None = None
    ready: InputSettings | None = None
    fire: InputSettings | None = None
    override: InputSettings | None = None


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
class OverlaySettings:
    """The accelerator. memory: how it is reached. deadline_s: a batch that takes longer has hung.

    restarts: how often within ``within_s`` it is loaded anew before ``fallback`` takes over.
    """

    memory: MemoryAccess = MemoryAccess.PYNQ
    deadline_s: float = bounded(0.1, 0.001, 1)
    restarts: int = bounded(3, 0, 100)
    within_s: float = bounded(600.0, 1, 86_400)
    fallback: Fallback = Fallback.NONE


@dataclass(frozen=True)
class SimulatedBoardSettings:
    """The board of the backend ``simulated-board``, to rehearse failures on.

    after: batches that go well before the fault, counted anew whenever the overlay is loaded. times: how often.
    """

    fault: FaultKind = FaultKind.NONE
    after: int = bounded(100, 0, 1_000_000)
    times: int = bounded(1, 1, 1000)


@dataclass(frozen=True)
class ClassifierSettings:
    """The network. bundle: a name (``n-cnv``) or, with a slash in it, a folder."""

    bundle: str = "n-cnv"
    backend: Backend = Backend.EMULATOR
    overlay: OverlaySettings = OverlaySettings()
    simulated_board: SimulatedBoardSettings = SimulatedBoardSettings()


@dataclass(frozen=True)
class JournalSettings:
    """Where the journal goes."""

    target: JournalTarget = JournalTarget.AUTO


@dataclass(frozen=True)
class ServiceSettings:
    """The loop. hang_s: a step that takes longer has hung, and the kernel ends the process."""

    hang_s: float = bounded(5.0, 1, 60)


@dataclass(frozen=True)
class Settings:
    """Everything. ``gates`` has at least one lane."""

    classifier: ClassifierSettings = ClassifierSettings()
    journal: JournalSettings = JournalSettings()
    service: ServiceSettings = ServiceSettings()
    gates: tuple[LaneSettings, ...] = (LaneSettings(),)
