"""A GPIO chip that the daemon takes for the kernel's (fake_gpio.c), and what was done to its lines."""

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
class Change:
    """A line got another level, at that moment of the monotonic clock, as who drove it saw it."""

    at_s: float
    line: str
    level: bool


class Lines:
    """The chip, for the one who looks at it from outside and plays the lane."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(bytes(_LOG_AT + _LOGGED * _LOG.size))
        self.file = file
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 0)
        _HEADER.pack_into(self._map, 0, len(NAMES), 0, 0, 0)
        for name in NAMES:
            _LINE.pack_into(self._map, self._at(name), name.encode(), b"", 0, 0, 0, 0)

    def level(self, name: str) -> bool:
        """Of any line, now."""
        return bool(self._read(name, _LEVEL_AT))

    def drive(self, name: str, level: bool) -> None:
        """An input gets this level."""
        self._write(name, _LEVEL_AT, int(level))

    def take(self, name: str) -> None:
        """Another program holds the line: this process."""
        struct.pack_into("=32s", self._map, self._at(name) + _HOLDER_AT, b"other-program")
        self._write(name, _PID_AT, os.getpid())

    def give_back(self, name: str) -> None:
        """The other program lets go of it."""
        self._write(name, _PID_AT, 0)

    def lose(self) -> None:
        """The chip is gone, as one on USB that is unplugged: whatever is asked of its lines fails."""
        for name in NAMES:
            self._write(name, _GONE_AT, 1)

    def find_again(self) -> None:
        """The chip is back; its lines have the levels that they had."""
        for name in NAMES:
            self._write(name, _GONE_AT, 0)

    def forbid(self, is_forbidden: bool) -> None:
        """Whether the daemon's user may not open the chip."""
        struct.pack_into("=i", self._map, 4, int(is_forbidden))

    def changes(self, name: str) -> list[Change]:
        """All changes of one output since the beginning."""
        count = struct.unpack_from("=I", self._map, 8)[0]
        entries = (_LOG.unpack_from(self._map, _LOG_AT + index * _LOG.size) for index in range(count))
        return [Change(at_ns / 1e9, name, bool(level)) for at_ns, line, level in entries if NAMES[line] == name]

    def _at(self, name: str) -> int:
        return _HEADER.size + NAMES.index(name) * _LINE.size

    def _read(self, name: str, offset: int) -> int:
        value: int = struct.unpack_from("=i", self._map, self._at(name) + offset)[0]
        return value

    def _write(self, name: str, offset: int, value: int) -> None:
        struct.pack_into("=i", self._map, self._at(name) + offset, value)
