"""A fake GPIO chip (fake_gpio.c), which the daemon uses like a real one, and the record of its level changes."""

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path

NAMES = ("gate-relay", "lamp-correct", "lamp-nose", "lamp-mouth", "lamp-chin", "ready", "fire", "override")
RELAY = NAMES[0]
_HEADER, _LINE, _LOG = struct.Struct("=iiII"), struct.Struct("=32s32siiii"), struct.Struct("=qii")
_LINES, _LOGGED = 16, 4096
_HOLDER_AT, _PID_AT, _LEVEL_AT, _GONE_AT = 32, 64, 68, 76
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
        _HEADER.pack_into(self._map, 0, len(NAMES), 0, 0, 0)
        for name in NAMES:
            _LINE.pack_into(self._map, self._at(name), name.encode(), b"", 0, 0, 0, 0)

    def level(self, name: str) -> bool:
        """The level of a line now."""
        return bool(self._read(name, _LEVEL_AT))

    def drive(self, name: str, level: bool) -> None:
        """Drive an input."""
        self._write(name, _LEVEL_AT, int(level))

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
