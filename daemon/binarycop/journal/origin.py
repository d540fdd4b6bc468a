"""Who wrote an entry of the journal. journald itself notes unit and user, and no program can change either."""

import pwd
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from binarycop.journal.events import Event

_DAEMON, _WRITER, _ROOT = "binarycop", "binarycop-journal", "root"
_WRITES = (
    ("binarycop-journal.service", _WRITER),
    # `bundle ensure`, before each start.
    ("binarycop-overlay.service", _ROOT),
    ("binarycop-degraded.service", _DAEMON),
    ("binarycop-degraded.service", _ROOT),
    # Before the journal's writer was a process of its own.
    ("binarycop.service", _DAEMON),
    ("binarycop.service", _ROOT),
)


@dataclass(frozen=True)
class Origin:
    """unit: the unit whose process wrote the entry; empty if journald does not know it. uid: the process's user."""

    unit: str
    uid: int | None


class GateOrigins:
    """Tells whether an entry is the gate's own. uids: the number of each user that exists here."""

    def __init__(self, uids: Mapping[str, int]) -> None:
        self._known = {(unit, uids[user]) for unit, user in _WRITES if user in uids}
        self._degraded_uids = {uids[user] for user in (_DAEMON, _ROOT) if user in uids}

    @classmethod
    def of_this_machine(cls) -> "GateOrigins":
        """The origins with the users that exist here."""
        uids = {}
        for user in {user for _, user in _WRITES}:
            with suppress(KeyError):
                uids[user] = pwd.getpwnam(user).pw_uid
        return cls(uids)

    def wrote(self, event: Event, origin: Origin) -> bool:
        """Whether the gate's own units wrote this event."""
        if (origin.unit, origin.uid) in self._known:
            return True
        # logger in the degraded unit may have ended before journald looks up its unit. Neither of its users can write
        # to journald in any other place: the daemon's unit hides journald, and root needs no forgery.
        return event is Event.GAVE_UP and not origin.unit and origin.uid in self._degraded_uids
