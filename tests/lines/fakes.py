"""A fake kernel: GPIO chips that answer the ioctls of linux/gpio.h, with pipes for edges."""

import errno
import math
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

from binarycop.clock import ManualClock
from binarycop.lines import chardev

INPUT, OUTPUT = 1 << 2, 1 << 3
EDGES = 1 << 4 | 1 << 5


@dataclass
class FakeLine:
    """A line: its name, its consumer, and all configurations as (flags, level or None, debounce_us).

    refuses: flags for which a request fails. held_low: the pin is low even if the level is high, as the dead-man timer
    holds it. stuck: the pin has this level, whatever is driven. writes: how often a level was set. edges: the file
    descriptor on which edges are written.
    """

    name: str = ""
    consumer: str = ""
    level: bool = False
    configs: list[tuple[int, bool | None, int]] = field(default_factory=list)
    refuses: int = 0
    held_low: bool = False
    stuck: bool | None = None
    writes: int = 0
    edges: int = -1
    last_number: int = 0
    dead_man: "FakeDeadMan | None" = None

    @property
    def pin(self) -> bool:
        """The level that the pin has."""
        if self.stuck is not None:
            return self.stuck
        if self.dead_man is not None and self is self.dead_man.permission:
            return self.level and self.dead_man.is_armed
        return self.level and not self.held_low

    def write(self, level: bool) -> None:
        """Set the level, as its owner."""
        self.writes += 1
        before, self.level = self.level, level
        if self.dead_man is not None and level != before:
            self.dead_man.see(self)

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
            struct.pack_into("=Q", buffer, 0, line.pin)
        else:
            line.write(bool(struct.unpack_from("=Q", buffer)[0]))

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


class FakeDeadMan:
    """The overlay's dead-man timer (overlays/finn/rtl/deadman.v) between the permission's bit and its pin."""

    def __init__(self, permission: FakeLine, heartbeat: FakeLine, clock: ManualClock, max_on_s: float) -> None:
        self.permission, self._heartbeat, self._clock, self._max_on_s = permission, heartbeat, clock, max_on_s
        self._toggled_s, self._set_s, self._armed = -math.inf, math.inf, False
        permission.dead_man = heartbeat.dead_man = self

    @property
    def is_armed(self) -> bool:
        """Whether the timer lets the permission through now."""
        now_s = self._clock.now_s()
        if not self._is_fresh() or now_s - self._set_s >= self._max_on_s:
            self._armed = False
        return self._armed

    def see(self, line: FakeLine) -> None:
        """A bit has changed."""
        _ = self.is_armed  # what happened until now
        if line is self._heartbeat:
            self._toggled_s = self._clock.now_s()
        else:
            self._set_s = self._clock.now_s() if line.level else math.inf
        if not self.permission.level and self._is_fresh():
            self._armed = True

    def _is_fresh(self) -> bool:
        return self._clock.now_s() - self._toggled_s < 0.5
