"""The pin factory ``gpiochip``: gpiozero on the lines of any Linux GPIO chip, over the kernel's GPIO ABI v2.

A pin is named by the kernel's line name (``gate-relay``), ``chip:offset`` (``gpiochip0:3``) or ``label:offset``
(``zynq_gpio:54``). It does not guess a board, so a number alone is not a name.
"""

import errno
import fcntl
import sys
from pathlib import Path

from gpiozero.exc import BadPinFactory, GPIOPinInUse, PinUnsupported
from gpiozero.pins import BoardInfo, PinInfo

from binarycop.lines.chardev import Chip, Ioctl, LineConfig, LineRequest
from binarycop.lines.chips import DEV, LineAccessDenied, devices, read_chips
from binarycop.lines.edge_dispatcher import EdgeDispatcher
from binarycop.lines.gpiopin import GpioChipPin
from binarycop.lines.line_factory import LineFactory, describe


class GpioChipFactory(LineFactory):
    """Gives each line to one gpiozero device at a time; no other process can open the line meanwhile.

    consumer: the name under which the kernel lists the lines; by default the program's own. It has no PWM and no SPI.
    Raises BadPinFactory if the machine has no GPIO chip.
    """

    def __init__(self, consumer: str | None = None, *, dev: Path = DEV, ioctl: Ioctl = fcntl.ioctl) -> None:
        super().__init__()
        self._consumer = consumer or _program_name()
        self._dev, self._ioctl = dev, ioctl
        self._edge_dispatcher: EdgeDispatcher | None = None
        if not devices(dev):
            raise BadPinFactory(f"this machine has no GPIO chip ({dev}/gpiochip*)")

    @property
    def edge_dispatcher(self) -> EdgeDispatcher:
        """The thread that calls the handlers of edges; it starts at the first use, and again in a forked process."""
        if self._edge_dispatcher is None or not self._edge_dispatcher.is_own:
            self._edge_dispatcher = EdgeDispatcher()
        return self._edge_dispatcher

    def request(self, pin: GpioChipPin, config: LineConfig) -> LineRequest:
        """Request a pin's line from the kernel. If that fails, the line is free for another device.

        Raises GPIOPinInUse with the consumer's name if another process has the line, LineAccessDenied if this process
        may not open its chip.
        """
        try:
            request = self._request(pin.info, config)
        except Exception:
            # A traceback may keep the device that was being made; it must not keep the line from the next device.
            with self._res_lock:
                if self._pins.get(pin.info.name) is pin:
                    del self._pins[pin.info.name]
                    self._reservations.pop(pin.info, None)
            raise
        self._pins[pin.info.name] = pin
        return request

    def close(self) -> None:
        """Close every line and end the thread for edges."""
        super().close()
        if self._edge_dispatcher is not None and self._edge_dispatcher.is_own:
            self._edge_dispatcher.close()
        self._edge_dispatcher = None

    def _request(self, info: PinInfo, config: LineConfig) -> LineRequest:
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

    def _look_up(self, name: str) -> PinInfo:
        address = read_chips(self._dev, self._ioctl).find(name)
        return PinInfo(address.offset, str(address), address.names, "", address.offset + 1, 1, frozenset({"gpio"}))

    def _make_pin(self, info: PinInfo) -> GpioChipPin:
        return GpioChipPin(self, info)

    def _get_board_info(self) -> BoardInfo:
        raise PinUnsupported("the lines of a GPIO chip are on no board that gpiozero knows; gpioinfo lists them")


def _program_name() -> str:
    """This process's name for the kernel's list of lines: ``binarycop``, ``led.py``."""
    script = Path(sys.argv[0] if sys.argv else "")
    return (script.parent.name if script.name == "__main__.py" else script.name.strip("-")) or "gpiozero"
