"""The daemon's side of the journal's writer: one datagram for each entry, and it never waits."""

import socket
from collections import deque

from binarycop.clock import Clock
from binarycop.journal.entry import MAX_BYTES, encode
from binarycop.journal.events import Event
from binarycop.journal.fields import LossReason, Value

MAX_WAITING = 256
"""The most entries that wait for a writer that does not run or does not read: a minute of a busy gate, 256 KiB."""

_CLOSE_S = 1.0
_REPORT_EVERY_S = 60.0


class WriterClient:
    """Sends entries to the writer's socket at ``address``. What cannot be sent now waits for the next ``flush``.

    An entry that does not fit into that queue is counted, and the count is sent as soon as there is room.
    """

    def __init__(self, address: str, clock: Clock) -> None:
        self._address, self._clock = address, clock
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._waiting: deque[bytes] = deque()
        self._lost = 0
        self._reported_s: float | None = None

    @property
    def lost(self) -> int:
        """How many entries were lost and not reported yet."""
        return self._lost

    def send(self, event: Event, gate: str, values: dict[str, Value]) -> None:
        """Send an entry. It never blocks, and never fails."""
        datagram = encode(event, gate, values)
        if len(self._waiting) >= MAX_WAITING or len(datagram) > MAX_BYTES:
            self._lost += 1
            return
        self._waiting.append(datagram)
        self.flush()

    def flush(self) -> None:
        """Send what waits, as long as the writer takes it."""
        while self._waiting and self._try_to_send(self._waiting[0]):
            self._waiting.popleft()
        if self._lost and not self._waiting:
            self._report()

    def close(self, longest_s: float = _CLOSE_S) -> None:
        """Send what waits, for ``longest_s`` seconds at most, and close the socket."""
        end_s = self._clock.now_s() + longest_s
        self._reported_s = None
        self.flush()
        while self._waiting and (left_s := end_s - self._clock.now_s()) > 0:
            self._socket.settimeout(left_s)
            if not self._try_to_send(self._waiting[0]):
                break
            self._waiting.popleft()
        self._socket.close()

    def _report(self) -> None:
        now_s = self._clock.now_s()
        if self._reported_s is not None and now_s < self._reported_s + _REPORT_EVERY_S:
            return
        if self._try_to_send(encode(Event.UNWRITTEN, "", {"count": self._lost, "why": LossReason.NOT_TAKEN.value})):
            self._lost, self._reported_s = 0, now_s

    def _try_to_send(self, datagram: bytes) -> bool:
        try:
            # By address each time, so that a new socket of a restarted writer is found.
            self._socket.sendto(datagram, self._address)
        except OSError:
            return False
        return True
