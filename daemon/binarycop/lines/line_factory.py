"""What both pin factories have in common: a line has names, and belongs to one gpiozero device at a time."""

from abc import abstractmethod
from collections.abc import Iterator
from threading import RLock
from time import monotonic
from typing import Any
from weakref import ref

from gpiozero import Device
from gpiozero.exc import GPIOPinInUse, PinInvalidPin
from gpiozero.pins import Factory, Pin, PinInfo


def describe(info: PinInfo) -> str:
    """The line's name in messages: ``gate-relay (gpiochip0:3)``."""
    names = sorted(name for name in info.names if name != info.name and not name.endswith(f":{info.number}"))
    return f"{names[0]} ({info.name})" if names else str(info.name)


class LineFactory(Factory):  # type: ignore[misc]
    """Gives each line to one gpiozero device at a time, whatever name the device uses.

    After ``close`` no device has a line. A new one can be opened; a device from before stays closed.
    """

    def __init__(self) -> None:
        super().__init__()
        # Python may collect a device, which releases its line, at any time: also in a thread that has this lock.
        self._res_lock = RLock()
        self._infos: dict[str, PinInfo] = {}  # by each name that was used, and by its own
        self._pins: dict[str, Any] = {}  # by its own name

    @abstractmethod
    def _look_up(self, name: str) -> PinInfo:
        """The line that ``name`` means now. Raises PinInvalidPin, PinMultiplePins."""

    @abstractmethod
    def _make_pin(self, info: PinInfo) -> Pin:
        """A pin on this line."""

    def pin(self, name: str) -> Any:
        """The pin of the line that ``name`` means, always the same one until ``close``. Raises as ``reserve_pins``."""
        info = self._infos.get(name) or self._find(name)
        with self._res_lock:
            if info.name not in self._pins:
                self._pins[info.name] = self._make_pin(info)
            return self._pins[info.name]

    def reserve_pins(self, requester: Device, *names: str) -> None:
        """Reserve lines for a device of this process.

        Raises GPIOPinInUse if another device of this process has one of them, and PinInvalidPin, PinMultiplePins or
        LineAccessDenied (``Chips.find``) if a name means no line.
        """
        # Looked up each time: a USB chip may have been plugged in or removed, or have got another number.
        for info in [self._find(name) for name in names]:
            with self._res_lock:
                for device in self._holders(info):
                    if requester._conflicts_with(device):
                        raise GPIOPinInUse(f"{describe(info)} is already in use by {_describe_device(device)}")
                self._reservations[info].append(ref(requester))

    def release_pins(self, reserver: Device, *names: str) -> None:
        """Release the lines that ``reserver`` has; ignore others."""
        # Uses the remembered lines, so that this works even if the chip is gone.
        infos = [self._infos[name] for name in names if name in self._infos]
        with self._res_lock:
            for info in infos:
                self._reservations[info] = [ref(device) for device in self._holders(info) if device is not reserver]

    def ticks(self) -> float:
        """The time now, in seconds of the monotonic clock; the kernel uses the same clock for edges."""
        return monotonic()

    def ticks_diff(self, later: float, earlier: float) -> float:
        """Seconds between two ``ticks``."""
        return later - earlier

    def close(self) -> None:
        """Close every line."""
        with self._res_lock:
            pins = list(self._pins.values())
            self._pins.clear()
            self._reservations.clear()
        for pin in pins:
            pin.close()

    def _find(self, name: str) -> PinInfo:
        if not isinstance(name, str):
            raise PinInvalidPin(f"{name!r} is not a line: write its name, chip:offset or label:offset (see gpioinfo)")
        info = self._look_up(name)
        self._infos[name] = self._infos.setdefault(info.name, info)
        return self._infos[name]

    def _holders(self, info: PinInfo) -> Iterator[Device]:
        for reference in self._reservations[info]:
            if (device := reference()) is not None:
                yield device


def _describe_device(device: Device) -> str:
    """gpiozero's text for it, which reads the line's level: that fails if the chip is gone."""
    try:
        return repr(device)
    except Exception:  # noqa: BLE001 - whatever it is, it must not replace the message that this is for
        return f"another {type(device).__name__}"
