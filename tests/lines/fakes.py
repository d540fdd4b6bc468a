"""A kernel of the tests' own: GPIO chips that answer the ioctls of linux/gpio.h, with pipes for edges."""

import errno
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

from binarycop.lines import chardev

INPUT, OUTPUT = 1 << 2, 1 << 3
EDGES = 1 << 4 | 1 << 5


@dataclass
class FakeLine:
    """A line: its name, who holds it, and all that was asked of it as (flags, level or None, debounce_us)."""

    name: str = ""
    consumer: str = ""
    level: bool = False
    asked: list[tuple[int, bool | None, int]] = field(default_factory=list)
    refuses: int = 0
    edges: int = -1
    numbered: int = 0

    def edge(self, rising: bool, *, skip: int = 0) -> None:
        """The line changes; ``skip`` edges before it are lost."""
        self.level = rising
        self.numbered += 1 + skip
        os.write(self.edges, chardev.LINE_EVENT.pack(1_500_000_000, 1 if rising else 2, 0, 0, self.numbered))


@dataclass
class FakeChip:
    """A chip and its lines; ``gone`` makes everything fail as after its removal."""

    name: str
    label: str
    lines: list[FakeLine]
    gone: bool = False


class FakeKernel:
    """Chips below a folder that stands for /dev."""

    def __init__(self, dev: Path, *chips: FakeChip) -> None:
        self.dev = dev
        self.chips = {chip.name: chip for chip in chips}
        self._held: dict[int, tuple[FakeChip, FakeLine]] = {}
        for chip in chips:
            (dev / chip.name).touch()

    def ioctl(self, fd: int, request: int, buffer: bytearray, mutate: bool = True) -> int:
        """Answers in place, as ``fcntl.ioctl`` does."""
        if request in (chardev.SET_CONFIG, chardev.GET_VALUES, chardev.SET_VALUES):
            chip, line = self._held[fd]
            if chip.gone:
                raise OSError(errno.ENODEV, "No such device")
            self._use(line, request, buffer)
            return 0
        chip = self.chips[Path(os.readlink(f"/proc/self/fd/{fd}")).name]
        if request == chardev.GET_CHIPINFO:
            buffer[:] = chardev.CHIP_INFO.pack(chip.name.encode(), chip.label.encode(), len(chip.lines))
        elif request == chardev.GET_LINEINFO:
            [offset] = struct.unpack_from("=I", buffer, 64)
            line = chip.lines[offset]
            flags = int(bool(line.consumer))
            buffer[:] = chardev.LINE_INFO.pack(line.name.encode(), line.consumer.encode(), offset, 0, flags, b"")
        elif request == chardev.GET_LINE:
            self._lend(chip, buffer)
        else:
            raise OSError(errno.EINVAL, "Invalid argument")
        return 0

    def _lend(self, chip: FakeChip, buffer: bytearray) -> None:
        offsets, _, config, count, _, _ = chardev.LINE_REQUEST.unpack(buffer)
        assert count == 1
        line = chip.lines[struct.unpack_from("=I", offsets)[0]]
        if line.consumer:
            raise OSError(errno.EBUSY, "Device or resource busy")
        self._configure(line, config)
        reading, line.edges = os.pipe()
        self._held[reading] = chip, line
        struct.pack_into("=i", buffer, len(buffer) - 4, reading)
        line.numbered = 0

    def _use(self, line: FakeLine, request: int, buffer: bytearray) -> None:
        if request == chardev.SET_CONFIG:
            self._configure(line, bytes(buffer))
        elif request == chardev.GET_VALUES:
            struct.pack_into("=Q", buffer, 0, line.level)
        else:
            line.level = bool(struct.unpack_from("=Q", buffer)[0])

    def _configure(self, line: FakeLine, config: bytes) -> None:
        flags, count, attributes = chardev.LINE_CONFIG.unpack(config)
        if line.refuses & flags:
            raise OSError(errno.ENXIO if line.refuses & EDGES else errno.EINVAL, "refused")
        level, debounce_us = None, 0
        if count:
            kind, _, value, _ = struct.unpack_from("=IIQQ", attributes)
            level, debounce_us = (bool(value), 0) if kind == 2 else (None, value)
        if level is not None:
            line.level = level
        line.asked.append((flags, level, debounce_us))
