"""The kernel's GPIO character devices: chips, lines and edges over the ABI v2 (linux/gpio.h, Linux 5.10 and later).

The ABI has the same layout on 32 and 64 bits, so it is used directly; libgpiod's versions differ from board to board.
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

# linux/gpio.h writes out the padding of every structure, so "=" (no alignment) is right on every machine.
CHIP_INFO = struct.Struct("=32s32sI")
LINE_INFO = struct.Struct("=32s32sIIQ160s16x")
LINE_CONFIG = struct.Struct("=QI20x240s")
LINE_REQUEST = struct.Struct("=256s32s272sII20xi")
LINE_VALUES = struct.Struct("=QQ")
LINE_EVENT = struct.Struct("=QIIII24x")
_VALUE_ATTRIBUTE = struct.Struct("=IIQQ")
_DEBOUNCE_ATTRIBUTE = struct.Struct("=IIIIQ")

NAME_BYTES = 32  # length of a line's, chip's or consumer's name, with its final zero
MAX_DEBOUNCE_US = 0xFFFF_FFFF
_VALUES_ID, _DEBOUNCE_ID = 2, 3
_INPUT, _OUTPUT = 1 << 2, 1 << 3
_RISING_ID = 1
_EDGES_BUFFERED = 1024  # the maximum that the kernel keeps for a request (64 lines of 16 events)

Ioctl = Callable[[int, int, bytearray, bool], int]


class LineBias(Enum):
    """A line's pull, as its flag in a request; ``AS_IS`` changes nothing."""

    AS_IS = 0
    UP = 1 << 8
    DOWN = 1 << 9
    DISABLED = 1 << 10


class Edges(Enum):
    """Which edges the kernel reports, as their flags in a request."""

    NONE = 0
    RISING = 1 << 4
    FALLING = 1 << 5
    BOTH = 1 << 4 | 1 << 5


@dataclass(frozen=True)
class ChipInfo:
    """A chip.

    name: the kernel's, such as ``gpiochip0``. label: the driver's, such as ``zynq_gpio``. lines: how many it has.
    """

    name: str
    label: str
    lines: int


@dataclass(frozen=True)
class LineInfo:
    """A line. consumer: the name of the program or kernel driver that has it, or empty."""

    offset: int
    name: str
    consumer: str


@dataclass(frozen=True)
class AsIs:
    """Request a line without changing its direction and level."""


@dataclass(frozen=True)
class Input:
    """An input.

    debounce_us: shorter levels are ignored, in microseconds; 0 switches debouncing off.
    """

    bias: LineBias = LineBias.AS_IS
    edges: Edges = Edges.NONE
    debounce_us: int = 0


@dataclass(frozen=True)
class Output:
    """An output that has ``level`` (physical, True is high) from the first moment."""

    level: bool


LineConfig = AsIs | Input | Output


@dataclass(frozen=True)
class Edge:
    """A change of level.

    at_ns: the kernel's monotonic time. rising: whether to high. number: counts on this line; a gap shows lost edges.
    """

    at_ns: int
    rising: bool
    number: int


def pack_config(config: LineConfig) -> bytes:
    """``struct gpio_v2_line_config`` for a request of one line."""
    if isinstance(config, Output):
        return LINE_CONFIG.pack(_OUTPUT, 1, _VALUE_ATTRIBUTE.pack(_VALUES_ID, 0, config.level, 1))
    if isinstance(config, AsIs):
        return LINE_CONFIG.pack(0, 0, b"")
    flags = _INPUT | config.bias.value | config.edges.value
    if not config.debounce_us:
        return LINE_CONFIG.pack(flags, 0, b"")
    return LINE_CONFIG.pack(flags, 1, _DEBOUNCE_ATTRIBUTE.pack(_DEBOUNCE_ID, 0, config.debounce_us, 0, 1))


def pack_request(offset: int, consumer: str, config: LineConfig) -> bytes:
    """``struct gpio_v2_line_request`` for one line; ``consumer`` is cut to the kernel's length."""
    label = consumer.encode()[: NAME_BYTES - 1]
    return LINE_REQUEST.pack(struct.pack("=I", offset), label, pack_config(config), 1, _EDGES_BUFFERED, -1)


def unpack_edges(events: bytes) -> list[Edge]:
    """The edges in a sequence of ``struct gpio_v2_line_event``."""
    return [Edge(at_ns, kind == _RISING_ID, number) for at_ns, kind, _, _, number in LINE_EVENT.iter_unpack(events)]


class LineRequest:
    """One requested line. Methods raise OSError if the chip refuses, with ENODEV once the chip is gone."""

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
        """Drive an output. Raises OSError with EPERM for an input."""
        self._ioctl(self.fd, SET_VALUES, bytearray(LINE_VALUES.pack(level, 1)), True)

    def configure(self, config: Input | Output) -> None:
        """Change direction, level, pull, edges or debouncing without closing the line."""
        self._ioctl(self.fd, SET_CONFIG, bytearray(pack_config(config)), True)

    def read_edges(self) -> list[Edge]:
        """The edges since the last call, oldest first; never waits."""
        try:
            return unpack_edges(os.read(self.fd, LINE_EVENT.size * _EDGES_BUFFERED))
        except BlockingIOError:
            return []

    def close(self) -> None:
        """Close the line; may be called twice. The level then depends on the driver: Zynq's and Xilinx's keep it."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class Chip:
    """An open chip. Raises OSError if there is none, access is denied, or it is not a GPIO chip."""

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
        """The names of a line and of its consumer.

        Raises OSError with EINVAL if there is no such line, or no ABI v2 (Linux before 5.10).
        """
        answer = bytearray(LINE_INFO.pack(b"", b"", offset, 0, 0, b""))
        self._ioctl(self._fd, GET_LINEINFO, answer, True)
        name, consumer, *_ = LINE_INFO.unpack(answer)
        return LineInfo(offset, _text(name), _text(consumer))

    def request(self, offset: int, consumer: str, config: LineConfig) -> LineRequest:
        """Request a line exclusively, under the name ``consumer``.

        Raises OSError with EBUSY if another program has it, with ENXIO if the chip reports no edges.
        """
        answer = bytearray(pack_request(offset, consumer, config))
        self._ioctl(self._fd, GET_LINE, answer, True)
        *_, fd = LINE_REQUEST.unpack(answer)
        return LineRequest(fd, self._ioctl)


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="replace")
