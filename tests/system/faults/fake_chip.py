"""A fake GPIO chip (fake_gpio.c), which the daemon uses like a real one, and the record of its level changes."""

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path

RELAY, HEARTBEAT, CONTACT = "gate-relay", "heartbeat", "contact"
_LAMPS = ("lamp-correct", "lamp-nose", "lamp-mouth", "lamp-chin")
NAMES = (RELAY, *_LAMPS, "ready", "fire", "override", HEARTBEAT, CONTACT)
_HEADER, _LINE, _LOG = struct.Struct("=iiIIqqqqii"), struct.Struct("=32s32siiiiiiii"), struct.Struct("=qii")
_LINES, _LOGGED = 16, 4096
_HOLDER_AT, _PID_AT, _LEVEL_AT, _GONE_AT, _STUCK_AT, _MIRRORS_AT, _WRITES_AT = 32, 64, 68, 76, 80, 84, 92
_LOG_AT = _HEADER.size + _LINES * _LINE.size


@dataclass(frozen=True)
class LevelChange:
    """A line changed its level. at_s: when, on the monotonic clock of the process that drove it."""

    at_s: float
    line: str
    level: bool


class FakeChip:
    """The chip as the test uses it: the test reads outputs, and drives inputs in place of the lane."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(bytes(_LOG_AT + _LOGGED * _LOG.size))
        self.file = file
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 0)
        _HEADER.pack_into(self._map, 0, len(NAMES), *[0] * 9)
        for name in NAMES:
            _LINE.pack_into(self._map, self._at(name), name.encode(), *[b"", *[0] * 8])

    def level(self, name: str) -> bool:
        """The level of a line now."""
        return bool(self._read(name, _LEVEL_AT))

    def drive(self, name: str, level: bool) -> None:
        """Drive an input."""
        self._write(name, _LEVEL_AT, int(level))

    def stick(self, name: str, level: bool | None) -> None:
        """Let a line read this level, whatever is driven; None: it reads what is driven again."""
        self._write(name, _STUCK_AT, 0 if level is None else 1 + int(level))

    def fit_mirror_contact(self) -> None:
        """Connect the relay's mirror contact: it is closed, so its line is high, while the coil is de-energised."""
        self._write(CONTACT, _MIRRORS_AT, 1 + NAMES.index(RELAY))

    def fit_timer(self, timeout_s: float, max_on_s: float) -> None:
        """Put the overlay's dead-man timer between the relay's line and its pin."""
        times_ns = (round(timeout_s * 1e9), round(max_on_s * 1e9))
        struct.pack_into("=IqqqqI", self._map, 12, 1, *times_ns, 0, 0, 0)
        struct.pack_into("=i", self._map, _HEADER.size - 4, NAMES.index(HEARTBEAT))

    def writes(self, name: str) -> int:
        """How often the daemon has set the level of an output."""
        return self._read(name, _WRITES_AT)

    def claim(self, name: str) -> None:
        """Hold the line as another program; the holder is this process."""
        struct.pack_into("=32s", self._map, self._at(name) + _HOLDER_AT, b"other-program")
        self._write(name, _PID_AT, os.getpid())

    def free(self, name: str) -> None:
        """Release the line again, as the other program."""
        self._write(name, _PID_AT, 0)

    def disconnect(self) -> None:
        """Take the chip away, as when a USB adapter is unplugged: every request to its lines fails."""
        for name in NAMES:
            self._write(name, _GONE_AT, 1)

    def reconnect(self) -> None:
        """Bring the chip back. Its lines have kept their levels."""
        for name in NAMES:
            self._write(name, _GONE_AT, 0)

    def deny_access(self, is_denied: bool) -> None:
        """Say whether opening the chip is denied."""
        struct.pack_into("=i", self._map, 4, int(is_denied))

    def changes(self, name: str) -> list[LevelChange]:
        """All level changes of one output since the start."""
        count = struct.unpack_from("=I", self._map, 8)[0]
        entries = (_LOG.unpack_from(self._map, _LOG_AT + index * _LOG.size) for index in range(count))
        return [LevelChange(at_ns / 1e9, name, bool(level)) for at_ns, line, level in entries if NAMES[line] == name]

    def _at(self, name: str) -> int:
        return _HEADER.size + NAMES.index(name) * _LINE.size

    def _read(self, name: str, offset: int) -> int:
        value: int = struct.unpack_from("=i", self._map, self._at(name) + offset)[0]
        return value

    def _write(self, name: str, offset: int, value: int) -> None:
        struct.pack_into("=i", self._map, self._at(name) + offset, value)
