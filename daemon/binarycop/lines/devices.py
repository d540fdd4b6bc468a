"""Opening the lines of a lane as gpiozero devices."""

from collections.abc import Callable
from typing import Any

from gpiozero import DigitalInputDevice, DigitalOutputDevice, GPIOZeroError
from gpiozero.pins import Factory

from binarycop.errors import LineError
from binarycop.settings.lines import Bias, InputSettings, LineSettings


def open_output(line: LineSettings, factory: Factory) -> DigitalOutputDevice:
    """Open an output line, inactive. Raises LineError."""

    def make() -> DigitalOutputDevice:
        return DigitalOutputDevice(line.pin, active_high=line.active_high, initial_value=False, pin_factory=factory)

    return _opened(line, make)


def open_input(line: InputSettings, factory: Factory) -> DigitalInputDevice:
    """Open an input line with its bias and debounce time. Raises LineError."""

    def make() -> DigitalInputDevice:
        device = DigitalInputDevice(line.pin, pull_up=None, active_state=line.active_high, pin_factory=factory)
        try:
            if line.bias is not Bias.NONE:
                # gpiozero derives the active state from the pull; a lane's contact may be wired either way.
                device.pin.pull = line.bias.value
            # After the pull: while the kernel debounces, it answers with the level from before the pull.
            device.pin.bounce = line.debounce_s or None
        except BaseException:
            device.close()
            raise
        return device

    return _opened(line, make)


def _opened(line: LineSettings | InputSettings, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (GPIOZeroError, OSError) as error:
        raise LineError(line.pin, f"cannot be opened: {error}") from error
