"""What the daemon tells the service manager: sd_notify(3)'s datagram, written here since it is one.

A board's image need not have python3-systemd; the protocol is a text on a socket, and stable.
"""

import socket
from collections.abc import Mapping

_SEND_MOST_S = 0.2


class Notifier:
    """Speaks to the service manager at ``address``; None where nobody listens."""

    def __init__(self, address: str | None) -> None:
        self._address = address

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Notifier":
        """The manager that started this process, by its NOTIFY_SOCKET."""
        return cls(environment.get("NOTIFY_SOCKET") or None)

    @property
    def is_heard(self) -> bool:
        """Whether there is a manager."""
        return self._address is not None

    def say(self, *assignments: str) -> bool:
        """Send lines such as ``READY=1`` as one message; False where it could not be sent, and may be again."""
        if self._address is None:
            return True
        # An abstract socket is written with an @ for its leading zero byte (sd_notify(3)).
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        text = "\n".join(one.replace("\n", " ") for one in assignments)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
                # The gate does not wait for a manager that has no time.
                sending.settimeout(_SEND_MOST_S)
                sending.sendto(text.encode(), address)
        except OSError:
            return False
        return True
