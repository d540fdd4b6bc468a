"""A fake kernel: GPIO chips that answer the ioctls of linux/gpio.h, with pipes for edges."""

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
    """A line: its name, its consumer, and all configurations as (flags, level or None, debounce_us).

    refuses: flags for which a request fails. held_low: the pin is low even if the level is high, as the dead-man timer
    holds it. edges: the file descriptor on which edges are written.
    """

    name: str = ""
    consumer: str = ""
    level: bool = False
    configs: list[tuple[int, bool | None, int]] = field(default_factory=list)
    refuses: int = 0
    held_low: bool = False
    edges: int = -1
    last_number: int = 0

    def edge(self, rising: bool, *, skip: int = 0) -> None:
        """Change the level; ``skip`` edges before this one are lost."""
        self.level = rising
        self.last_number += 1 + skip
        os.write(self.edges, chardev.LINE_EVENT.pack(1_500_000_000, 1 if rising else 2, 0, 0, self.last_number))


@dataclass
class FakeChip:
    """A chip and its lines. gone: requests fail as after the chip's removal."""

    name: str
    label: str
    lines: list[FakeLine]
    gone: bool = False


class FakeKernel:
    """Chips in a folder that replaces /dev."""

    def __init__(self, dev: Path, *chips: FakeChip) -> None:
        self.dev = dev
        self.chips = {chip.name: chip for chip in chips}
        self._requests: dict[int, tuple[FakeChip, FakeLine]] = {}
        for chip in chips:
            (dev / chip.name).touch()

    def ioctl(self, fd: int, request: int, buffer: bytearray, mutate: bool = True) -> int:
        """Answer in ``buffer``, as ``fcntl.ioctl`` does."""
        if request in (chardev.SET_CONFIG, chardev.GET_VALUES, chardev.SET_VALUES):
            chip, line = self._requests[fd]
            if chip.gone:
                raise OSError(errno.ENODEV, "No such device")
            self._use_line(line, request, buffer)
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
            self._request_line(chip, buffer)
        else:
            raise OSError(errno.EINVAL, "Invalid argument")
        return 0

    def _request_line(self, chip: FakeChip, buffer: bytearray) -> None:
        offsets, _, config, count, _, _ = chardev.LINE_REQUEST.unpack(buffer)
        assert count == 1
        line = chip.lines[struct.unpack_from("=I", offsets)[0]]
        if line.consumer:
            raise OSError(errno.EBUSY, "Device or resource busy")
        self._configure(line, config)
        reading, line.edges = os.pipe()
        self._requests[reading] = chip, line
        struct.pack_into("=i", buffer, len(buffer) - 4, reading)
        line.last_number = 0

    def _use_line(self, line: FakeLine, request: int, buffer: bytearray) -> None:
        if request == chardev.SET_CONFIG:
            self._configure(line, bytes(buffer))
        elif request == chardev.GET_VALUES:
            struct.pack_into("=Q", buffer, 0, line.level and not line.held_low)
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
        line.configs.append((flags, level, debounce_us))
