"""The journal's writer: checks the daemon's entries against the table of events, and limits what goes on to journald.

The daemon sees people and is not trusted here: a hostile picture may have taken it over through a decoder. So the
writer accepts only exact entries of the table (``entry.py``, ``fields.py``), limits the number of entries and the bytes
of new text that it passes on, and reports what it left out.
"""

import socket
import struct
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from binarycop.journal.entry import MAX_BYTES, Entry, decode
from binarycop.journal.events import Event
from binarycop.journal.fields import FIELDS, GATE, LossReason, Text, Value
from binarycop.journal.rate import NewTexts, TokenBucket
from binarycop.journal.writers import format_message, journald_fields

LEFT_OUT = "(left out)"
"""Replaces a text over the limit in an entry."""

_REPORT_EVERY_S = 60.0
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid (unix(7))


@dataclass(frozen=True)
class Limits:
    """How much goes to journald: an allowance for bursts, and a rate per second. docs/privacy.md adds it up.

    units: of entries (``fields.units_of``); a person who passes a gate causes about 100 of them. text_bytes: bytes of
    texts that are not among the last ``remembered`` different ones.
    """

    units: int = 2000
    units_per_s: float = 40.0
    text_bytes: int = 2048
    text_bytes_per_s: float = 4.0
    remembered: int = 64


class JournalWriter:
    """Takes datagrams, and hands entries to ``send`` in journald's own protocol.

    send: False if journald did not take it. senders: the users (uid) that may write.
    """

    def __init__(self, send: Callable[[bytes], bool], senders: Collection[int], limits: Limits, now_s: float) -> None:
        self._send, self._senders = send, senders
        self._units = TokenBucket(limits.units, limits.units_per_s, now_s)
        texts = TokenBucket(limits.text_bytes, limits.text_bytes_per_s, now_s)
        self._texts = NewTexts(texts, limits.remembered)
        self._left_out: Counter[LossReason] = Counter()
        self._reported_s: float | None = None

    def take(self, datagram: bytes, uid: int | None, now_s: float) -> None:
        """Take one datagram. uid: the sender's, from the kernel; None if the kernel gave none. It never raises."""
        if uid is None or uid not in self._senders:
            self._left_out[LossReason.REFUSED] += 1
            return
        try:
            entry = decode(datagram)
        except ValueError:
            self._left_out[LossReason.REFUSED] += 1
            return
        if not self._units.take(entry.units, now_s):
            self._left_out[LossReason.TOO_MANY] += 1
            return
        if not self._send(to_journald(self._limit_texts(entry, now_s))):
            self._left_out[LossReason.NO_JOURNAL] += 1

    def report(self, now_s: float, *, is_end: bool = False) -> None:
        """Report what was left out, at most once a minute, and at the end. Call it often."""
        is_early = self._reported_s is not None and now_s < self._reported_s + _REPORT_EVERY_S
        left_out = +self._left_out
        if not left_out or (is_early and not is_end):
            return
        self._reported_s = now_s
        for why, count in left_out.items():
            if self._send(to_journald(Entry(Event.UNWRITTEN, "", {"count": count, "why": why.value}, 0))):
                del self._left_out[why]

    def _limit_texts(self, entry: Entry, now_s: float) -> Entry:
        """The entry, with a mark in place of each new text that exceeds the limit."""
        values: dict[str, Value] = {}
        for name, value in {GATE: entry.gate, **entry.values}.items():
            is_limited = isinstance(FIELDS[name], Text)
            fits = not is_limited or self._texts.admit(str(value), now_s)
            values[name] = value if fits else LEFT_OUT
            self._left_out[LossReason.TEXTS] += not fits
        return Entry(entry.event, str(values.pop(GATE)), values, entry.units)


def to_journald(entry: Entry) -> bytes:
    """The entry as a datagram of journald's protocol. No value has a line break, so each field is one line."""
    values = {"person": None, **entry.values} if "{person}" in entry.event.spec.text else entry.values
    message = format_message(entry.event, entry.gate, values)
    texts = {"MESSAGE": message, **journald_fields(entry.event, entry.gate, dict(sorted(entry.values.items())))}
    return "".join(f"{name}={value}\n" for name, value in texts.items()).encode()


def receive(opened: socket.socket) -> tuple[bytes, int | None]:
    """The next datagram and the user that sent it. Raises TimeoutError. The socket has SO_PASSCRED."""
    # One byte more than the limit, so that a longer datagram is detected.
    datagram, control, _, _ = opened.recvmsg(MAX_BYTES + 1, socket.CMSG_SPACE(_CREDENTIALS.size))
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return datagram, _CREDENTIALS.unpack(data[: _CREDENTIALS.size])[1]
    return datagram, None
