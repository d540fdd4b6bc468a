"""The pin factory ``gpiochip``: gpiozero on the lines of any Linux GPIO chip, straight over the kernel's ABI v2.

Pins are called by the kernel's line name (``gate-relay``), ``chip:offset`` (``gpiochip0:3``) or ``label:offset``
(``zynq_gpio:54``). No board is guessed: numbers alone mean nothing here.
"""

import errno
import fcntl
import sys
from pathlib import Path
from time import monotonic
from weakref import ref

from gpiozero import Device
from gpiozero.exc import BadPinFactory, GPIOPinInUse, PinInvalidPin, PinUnsupported
from gpiozero.pins import BoardInfo, Factory, PinInfo

from binarycop.lines.chardev import Chip, Ioctl, LineConfig, LineRequest
from binarycop.lines.chips import DEV, LineNotPermitted, devices, read_chips
from binarycop.lines.edge_dispatcher import EdgeDispatcher
from binarycop.lines.gpiopin import GpioChipPin, describe


class GpioChipFactory(Factory):  # type: ignore[misc]
    """Lends each line to one gpiozero device at a time, and holds it against every other process.

    consumer: under which name the kernel shows our lines; the program's own unless given. No PWM and no SPI.
    Raises BadPinFactory where there is no chip at all.
    """

    def __init__(self, consumer: str | None = None, *, dev: Path = DEV, ioctl: Ioctl = fcntl.ioctl) -> None:
        super().__init__()
        self._consumer = consumer or _program()
        self._dev, self._ioctl = dev, ioctl
        self._infos: dict[str, PinInfo] = {}
        self._pins: dict[str, GpioChipPin] = {}
        self._edges: EdgeDispatcher | None = None
        if not devices(dev):
            raise BadPinFactory(f"this machine has no GPIO chip ({dev}/gpiochip*)")

    @property
    def edges_lost(self) -> int:
        """How many edges the kernel dropped, over all lines, because handlers were too slow."""
        return 0 if self._edges is None else self._edges.lost

    @property
    def edges(self) -> EdgeDispatcher:
        """The thread that hands edges on; started when it is first needed."""
        if self._edges is None:
            self._edges = EdgeDispatcher()
        return self._edges

    def pin(self, name: str) -> GpioChipPin:
        """The line that ``name`` means, always the same object; PinInvalidPin, PinMultiplePins, LineNotPermitted."""
        info = self._infos.get(name) or self._find(name)
        if info.name not in self._pins:
            self._pins[info.name] = GpioChipPin(self, info)
        return self._pins[info.name]

    def reserve_pins(self, requester: Device, *names: str) -> None:
        """Raises GPIOPinInUse where another device of this process holds one of the lines, and as ``pin`` does."""
        # Looked up anew each time: a chip on USB may have come, gone, or changed its number.
        for info in [self._find(name) for name in names]:
            with self._res_lock:
                for holder in [each() for each in self._reservations[info]]:
                    if holder is not None and requester._conflicts_with(holder):
                        raise GPIOPinInUse(f"{describe(info)} is already in use by {holder!r}")
                self._reservations[info].append(ref(requester))

    def release_pins(self, reserver: Device, *names: str) -> None:
        """Give lines back; those not held are let be."""
        # From memory, not from the chips: a line is given back even when its chip is gone.
        infos = [self._infos[name] for name in names if name in self._infos]
        with self._res_lock:
            for info in infos:
                self._reservations[info] = [each for each in self._reservations[info] if each() not in (reserver, None)]

    def request(self, info: PinInfo, config: LineConfig) -> LineRequest:
        """Hold a line. Raises GPIOPinInUse with the holder's name where another process has it, LineNotPermitted."""
        path = self._dev / info.name.rpartition(":")[0]
        offset = info.number
        try:
            with Chip(path, self._ioctl) as chip:
                try:
                    return chip.request(offset, self._consumer, config)
                except OSError as error:
                    if error.errno != errno.EBUSY:
                        raise
                    holder = chip.line(offset).consumer or "another program"
                    raise GPIOPinInUse(f"{describe(info)} is already in use by {holder!r}") from error
        except PermissionError as error:
            raise LineNotPermitted(path) from error

    def ticks(self) -> float:
        """Now, in seconds of the monotonic clock, which the kernel's edges have, too."""
        return monotonic()

    def ticks_diff(self, later: float, earlier: float) -> float:
        """Seconds between two ``ticks``."""
        return later - earlier

    def close(self) -> None:
        """Let every line go, and end the thread of the edges."""
        for pin in list(self._pins.values()):
            pin.close()
        if self._edges is not None:
            self._edges.close()
            self._edges = None

    def _find(self, name: str) -> PinInfo:
        if not isinstance(name, str):
            raise PinInvalidPin(f"{name!r} is no line: say its name, chip:offset or label:offset (see gpioinfo)")
        address = read_chips(self._dev, self._ioctl).find(name)
        info = PinInfo(address.offset, str(address), address.names, "", address.offset + 1, 1, frozenset({"gpio"}))
        self._infos[name] = self._infos.setdefault(info.name, info)
        return self._infos[name]

    def _get_board_info(self) -> BoardInfo:
        raise PinUnsupported("the lines of a GPIO chip are on no board that gpiozero knows")


def _program() -> str:
    """What this process is called, as the kernel shall show it: ``binarycop``, ``led.py``."""
    script = Path(sys.argv[0] if sys.argv else "")
    return (script.parent.name if script.name == "__main__.py" else script.name.strip("-")) or "gpiozero"
