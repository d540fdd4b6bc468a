"""Settings of ``gate``: the permission."""

from dataclasses import dataclass
from enum import Enum

from binarycop.settings.field import bounded, setting


class Policy(Enum):
    """How strict the gate is: permission always on, on after a reminder, or only after a permitted verdict."""

    OFF = "off"
    REMIND = "remind"
    ENFORCE = "enforce"


class Contact(Enum):
    """How permission is given: a pulse, or a contact that is held until the passage."""

    PULSE = "pulse"
    HOLD = "hold"


class Fail(Enum):
    """What the lane gets while the relay is off.

    secure: no permission; the speed gate is wired to the normally open contact. open: permission; the speed gate is
    wired to the normally closed contact. Lock catalogues call this fail-secure and fail-safe.
    """

    SECURE = "secure"
    OPEN = "open"


class FireLevel(Enum):
    """What the lane gets while its fire input is active."""

    PERMIT = "permit"
    WITHHOLD = "withhold"


@dataclass(frozen=True)
class GateSettings:
    """When the permission is given, and for how long."""

    policy: Policy = setting(Policy.ENFORCE, reloadable=True)
    """``off``: permission is always on. ``remind``: a reminder delays it. ``enforce``: only ``signals`` gives it."""

    contact: Contact = setting(Contact.PULSE, reloadable=True)
    """``pulse``: permission for ``pulse_s``; a pulse cannot be taken back.

    ``hold``: permission until the passage, at most for ``hold_s``. It is withdrawn at once if the person gets a verdict
    that is not permitted, if another person comes to the front, or if the line ``ready`` becomes inactive.
    """

    pulse_s: float = bounded(0.5, 0.05, 10, reloadable=True)
    """Length of the pulse, in seconds."""

    hold_s: float = bounded(8.0, 0.5, 120, reloadable=True)
    """Hold time: the longest that a held permission lasts, in seconds."""

    grace_s: float = bounded(2.0, 0.2, 30, reloadable=True)
    """Seconds that a held permission outlasts the newest frame that supports it.

    The person walks on to the passage sensor and is not in the picture any more, or frames abstain. A verdict that is
    older gives no held permission, so write more than a frame takes from its capture to the decision.
    """

    pass_timeout_s: float = bounded(10.0, 0.5, 120, reloadable=True)
    """Seconds that the passage is awaited after a permission; after that, the permission counts as unused."""

    refractory_s: float = bounded(1.0, 0, 60, reloadable=True)
    """Re-lock delay, in seconds: after a permission that was used, unused or withdrawn, none is given for this long."""

    remind_s: float = bounded(4.0, 0.5, 60, reloadable=True)
    """With policy ``remind``: how long the reminder is shown before permission is given, in seconds."""

    override_s: float = bounded(60.0, 1, 3600, reloadable=True)
    """The override input gives permission while it is active, but for this many seconds at most."""

    override_release_s: float = bounded(3.0, 0.1, 60, reloadable=True)
    """The override input must have been inactive for this many seconds without a break before it counts again."""

    override_per_hour_s: float = bounded(600.0, 1, 3600, reloadable=True)
    """All activations of the override input together give permission for this many seconds in an hour at most."""

    max_permissions: int = bounded(3, 1, 100, reloadable=True)
    """Permissions that one face can get while it stays in view without a break.

    After that the person has to walk out of view first. A picture that is held up to the camera does not walk on.
    """

    fresh_s: float = bounded(1.0, 0.05, 10, reloadable=True)
    """A verdict whose newest frame was captured longer ago than this, in seconds, gives no permission."""

    fail: Fail = Fail.SECURE
    """What the lane gets while the relay is off. It must match the contact that the speed gate is wired to."""

    fire_level: FireLevel = setting(FireLevel.PERMIT, reloadable=True)
    """What the lane gets while its fire input is active: ``permit`` or ``withhold``. No verdict changes it.

    With ``permit`` the permission is on for as long as the input is active: on purpose it has no limit.
    """
