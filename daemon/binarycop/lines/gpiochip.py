"""The pin factory ``gpiochip``: gpiozero on the lines of any Linux GPIO chip, over the kernel's GPIO ABI v2.

A pin is named by the kernel's line name (``gate-relay``), ``chip:offset`` (``gpiochip0:3``) or ``label:offset``
(``zynq_gpio:54``). It does not guess a board, so a number alone is not a name.
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
from binarycop.lines.chips import DEV, LineAccessDenied, devices, read_chips
from binarycop.lines.edge_dispatcher import EdgeDispatcher
from binarycop.lines.gpiopin import GpioChipPin, describe


class GpioChipFactory(Factory):  # type: ignore[misc]
    """Gives each line to one gpiozero device at a time; no other process can open the line meanwhile.

    consumer: the name under which the kernel lists the lines; by default the program's own. It has no PWM and no SPI.
    Raises BadPinFactory if the machine has no GPIO chip.
    """

    def __init__(self, consumer: str | None = None, *, dev: Path = DEV, ioctl: Ioctl = fcntl.ioctl) -> None:
        super().__init__()
        self._consumer = consumer or _program_name()
        self._dev, self._ioctl = dev, ioctl
        self._infos: dict[str, PinInfo] = {}
        self._pins: dict[str, GpioChipPin] = {}
        self._edge_dispatcher: EdgeDispatcher | None = None
        if not devices(dev):
            raise BadPinFactory(f"this machine has no GPIO chip ({dev}/gpiochip*)")

    @property
    def edge_dispatcher(self) -> EdgeDispatcher:
        """The thread that calls the handlers of edges; it starts at the first use."""
        if self._edge_dispatcher is None:
            self._edge_dispatcher = EdgeDispatcher()
        return self._edge_dispatcher

    def pin(self, name: str) -> GpioChipPin:
        """The pin of the line that ``name`` means, always the same object.

        Raises PinInvalidPin, PinMultiplePins or LineAccessDenied, see ``Chips.find``.
        """
        info = self._infos.get(name) or self._find(name)
        if info.name not in self._pins:
            self._pins[info.name] = GpioChipPin(self, info)
        return self._pins[info.name]

    def reserve_pins(self, requester: Device, *names: str) -> None:
        """Reserve lines for a device of this process.

        Raises GPIOPinInUse if another device of this process has one of them, and what ``pin`` raises.
        """
        # Looked up each time: a USB chip may have been plugged in or removed, or have got another number.
        for info in [self._find(name) for name in names]:
            with self._res_lock:
                for device in [reference() for reference in self._reservations[info]]:
                    if device is not None and requester._conflicts_with(device):
                        raise GPIOPinInUse(f"{describe(info)} is already in use by {device!r}")
                self._reservations[info].append(ref(requester))

    def release_pins(self, reserver: Device, *names: str) -> None:
        """Release the lines that ``reserver`` has; ignore others."""
        # Uses the remembered lines, so that this works even if the chip is gone.
        infos = [self._infos[name] for name in names if name in self._infos]
        with self._res_lock:
            for info in infos:
                kept = [reference for reference in self._reservations[info] if reference() not in (reserver, None)]
                self._reservations[info] = kept

    def request(self, info: PinInfo, config: LineConfig) -> LineRequest:
        """Request a line from the kernel.

        Raises GPIOPinInUse with the consumer's name if another process has the line, LineAccessDenied if this process
        may not open its chip.
        """
        path = self._dev / info.name.rpartition(":")[0]
        offset = info.number
        try:
            with Chip(path, self._ioctl) as chip:
                try:
                    return chip.request(offset, self._consumer, config)
                except OSError as error:
                    if error.errno != errno.EBUSY:
                        raise
                    consumer = chip.line(offset).consumer or "another program"
                    raise GPIOPinInUse(f"{describe(info)} is already in use by {consumer!r}") from error
        except PermissionError as error:
            raise LineAccessDenied(path) from error

    def ticks(self) -> float:
        """The time now, in seconds of the monotonic clock; the kernel uses the same clock for edges."""
        return monotonic()

    def ticks_diff(self, later: float, earlier: float) -> float:
        """Seconds between two ``ticks``."""
        return later - earlier

    def close(self) -> None:
        """Close every line and end the thread for edges."""
        for pin in list(self._pins.values()):
            pin.close()
        if self._edge_dispatcher is not None:
            self._edge_dispatcher.close()
            self._edge_dispatcher = None

    def _find(self, name: str) -> PinInfo:
        if not isinstance(name, str):
            raise PinInvalidPin(f"{name!r} is not a line: write its name, chip:offset or label:offset (see gpioinfo)")
        address = read_chips(self._dev, self._ioctl).find(name)
        info = PinInfo(address.offset, str(address), address.names, "", address.offset + 1, 1, frozenset({"gpio"}))
        self._infos[name] = self._infos.setdefault(info.name, info)
        return self._infos[name]

    def _get_board_info(self) -> BoardInfo:
        raise PinUnsupported("the lines of a GPIO chip are on no board that gpiozero knows")


def _program_name() -> str:
    """This process's name for the kernel's list of lines: ``binarycop``, ``led.py``."""
    script = Path(sys.argv[0] if sys.argv else "")
    return (script.parent.name if script.name == "__main__.py" else script.name.strip("-")) or "gpiozero"
