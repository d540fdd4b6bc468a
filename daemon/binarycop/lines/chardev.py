"""The kernel's GPIO character devices: chips, lines and edges over ABI v2 (linux/gpio.h, Linux 5.10 and newer).

That ABI is laid out alike on 32 and 64 bits, so it needs no libgpiod, whose versions differ from board to board.
"""

import fcntl
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

GET_CHIPINFO = 0x8044B401
GET_LINEINFO = 0xC100B405
GET_LINE = 0xC250B407
SET_CONFIG = 0xC110B40D
GET_VALUES = 0xC010B40E
SET_VALUES = 0xC010B40F

# Every structure's padding is written out in linux/gpio.h, so "=" (no alignment by us) is right everywhere.
CHIP_INFO = struct.Struct("=32s32sI")
LINE_INFO = struct.Struct("=32s32sIIQ160s16x")
LINE_CONFIG = struct.Struct("=QI20x240s")
LINE_REQUEST = struct.Struct("=256s32s272sII20xi")
LINE_VALUES = struct.Struct("=QQ")
LINE_EVENT = struct.Struct("=QIIII24x")
_VALUE_ATTRIBUTE = struct.Struct("=IIQQ")
_DEBOUNCE_ATTRIBUTE = struct.Struct("=IIIIQ")

NAME_BYTES = 32  # of a line's, chip's or consumer's name, its closing zero included
LONGEST_DEBOUNCE_US = 0xFFFF_FFFF
_VALUES_ID, _DEBOUNCE_ID = 2, 3
_USED, _INPUT, _OUTPUT = 1 << 0, 1 << 2, 1 << 3
_RISING_ID = 1
_EDGES_BUFFERED = 1024  # the most that the kernel keeps for a request (64 lines of 16 events)

Ioctl = Callable[[int, int, bytearray, bool], int]


class LineBias(Enum):
    """A line's pull, as the flag that asks for it; ``AS_IS`` asks for none."""

    AS_IS = 0
    UP = 1 << 8
    DOWN = 1 << 9
    DISABLED = 1 << 10


class Edges(Enum):
    """Which edges are reported, as the flags that ask for them."""

    NONE = 0
    RISING = 1 << 4
    FALLING = 1 << 5
    BOTH = 1 << 4 | 1 << 5


@dataclass(frozen=True)
class ChipInfo:
    """A chip: the kernel's name (``gpiochip0``), its driver's label (``zynq_gpio``), its number of lines."""

    name: str
    label: str
    lines: int


@dataclass(frozen=True)
class LineInfo:
    """A line as anyone may see it. ``used``: someone holds it (``consumer``, where it said who), even the kernel."""

    offset: int
    name: str
    consumer: str
    used: bool
    output: bool


@dataclass(frozen=True)
class AsIs:
    """Hold a line and leave its direction and level be."""


@dataclass(frozen=True)
class Input:
    """An input. ``debounce_us``: levels held for less are not seen, in microseconds; 0 is none."""

    bias: LineBias = LineBias.AS_IS
    edges: Edges = Edges.NONE
    debounce_us: int = 0


@dataclass(frozen=True)
class Output:
    """An output that is at ``level`` (physical, True is high) from the moment that it is one."""

    level: bool


LineConfig = AsIs | Input | Output


@dataclass(frozen=True)
class Edge:
    """A change: the kernel's monotonic time, whether to high, and its number on this line, which shows losses."""

    at_ns: int
    rising: bool
    number: int


def pack_config(config: LineConfig) -> bytes:
    """``struct gpio_v2_line_config`` for the one line of a request."""
    if isinstance(config, Output):
        return LINE_CONFIG.pack(_OUTPUT, 1, _VALUE_ATTRIBUTE.pack(_VALUES_ID, 0, config.level, 1))
    if isinstance(config, AsIs):
        return LINE_CONFIG.pack(0, 0, b"")
    flags = _INPUT | config.bias.value | config.edges.value
    if not config.debounce_us:
        return LINE_CONFIG.pack(flags, 0, b"")
    return LINE_CONFIG.pack(flags, 1, _DEBOUNCE_ATTRIBUTE.pack(_DEBOUNCE_ID, 0, config.debounce_us, 0, 1))


def pack_request(offset: int, consumer: str, config: LineConfig) -> bytes:
    """``struct gpio_v2_line_request`` for one line; a longer ``consumer`` is cut."""
    label = consumer.encode()[: NAME_BYTES - 1]
    return LINE_REQUEST.pack(struct.pack("=I", offset), label, pack_config(config), 1, _EDGES_BUFFERED, -1)


def unpack_edges(events: bytes) -> list[Edge]:
    """``struct gpio_v2_line_event``, one after the other."""
    return [Edge(at_ns, kind == _RISING_ID, number) for at_ns, kind, _, _, number in LINE_EVENT.iter_unpack(events)]


class LineRequest:
    """One line, held until ``close``. OSError where the chip refuses, ENODEV once it is gone."""

    def __init__(self, fd: int, ioctl: Ioctl) -> None:
        self.fd = fd
        self._ioctl = ioctl
        os.set_blocking(fd, False)

    def get(self) -> bool:
        """The level: True is high."""
        values = bytearray(LINE_VALUES.pack(0, 1))
        self._ioctl(self.fd, GET_VALUES, values, True)
        bits, _ = LINE_VALUES.unpack(values)
        return bool(bits & 1)

    def set(self, level: bool) -> None:
        """Drive an output; EPERM for an input."""
        self._ioctl(self.fd, SET_VALUES, bytearray(LINE_VALUES.pack(level, 1)), True)

    def configure(self, config: Input | Output) -> None:
        """Change what the line is without letting go of it."""
        self._ioctl(self.fd, SET_CONFIG, bytearray(pack_config(config)), True)

    def read_edges(self) -> list[Edge]:
        """What has changed since the last look, oldest first; never waits."""
        try:
            return unpack_edges(os.read(self.fd, LINE_EVENT.size * _EDGES_BUFFERED))
        except BlockingIOError:
            return []

    def close(self) -> None:
        """Let go; what level the line then has is the driver's choice: Zynq's and Xilinx's keep it."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class Chip:
    """An open chip. OSError where there is none, where it is not permitted, or where it is no GPIO chip."""

    def __init__(self, path: Path, ioctl: Ioctl = fcntl.ioctl) -> None:
        self._ioctl = ioctl
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def __enter__(self) -> "Chip":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def info(self) -> ChipInfo:
        """Name, label and number of lines."""
        answer = bytearray(CHIP_INFO.size)
        self._ioctl(self._fd, GET_CHIPINFO, answer, True)
        name, label, lines = CHIP_INFO.unpack(answer)
        return ChipInfo(_text(name), _text(label), lines)

    def line(self, offset: int) -> LineInfo:
        """What a line is and who holds it; EINVAL where there is no such line, or no ABI v2 (Linux before 5.10)."""
        answer = bytearray(LINE_INFO.pack(b"", b"", offset, 0, 0, b""))
        self._ioctl(self._fd, GET_LINEINFO, answer, True)
        name, consumer, _, _, flags, _ = LINE_INFO.unpack(answer)
        return LineInfo(offset, _text(name), _text(consumer), bool(flags & _USED), bool(flags & _OUTPUT))

    def request(self, offset: int, consumer: str, config: LineConfig) -> LineRequest:
        """Hold a line alone, under the name ``consumer``; EBUSY where another does, ENXIO where it gives no edges."""
        answer = bytearray(pack_request(offset, consumer, config))
        self._ioctl(self._fd, GET_LINE, answer, True)
        *_, fd = LINE_REQUEST.unpack(answer)
        return LineRequest(fd, self._ioctl)


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="replace")
