"""Messages to the service manager, as sd_notify(3) describes them.

The protocol is one datagram of text on a socket, and stable. So the daemon does not need python3-systemd for it, which
a board's image may not have.
"""

import socket
from collections.abc import Mapping

_MAX_SEND_S = 0.2


class Notifier:
    """Sends messages to the service manager's socket at ``address``; None if no manager started this process."""

    def __init__(self, address: str | None) -> None:
        self._address = address

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Notifier":
        """A notifier for the manager in NOTIFY_SOCKET."""
        return cls(environment.get("NOTIFY_SOCKET") or None)

    @property
    def has_manager(self) -> bool:
        """Whether a service manager started this process."""
        return self._address is not None

    def send(self, *assignments: str) -> bool:
        """Send lines such as ``READY=1`` as one message. False if it could not be sent; it can be tried again."""
        if self._address is None:
            return True
        # An abstract socket is written with an @ for its leading zero byte (sd_notify(3)).
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        text = "\n".join(assignment.replace("\n", " ") for assignment in assignments)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                # The loop must not wait for a manager that does not read.
                sender.settimeout(_MAX_SEND_S)
                sender.sendto(text.encode(), address)
        except OSError:
            return False
        return True
