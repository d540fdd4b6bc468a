"""Settings of ``gate``: the permission."""

from dataclasses import dataclass
from enum import Enum

from binarycop.settings.field import bounded


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
