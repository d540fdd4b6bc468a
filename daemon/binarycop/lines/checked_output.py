"""An output that remembers what it was commanded, and compares that with what it reads."""

from gpiozero import DigitalOutputDevice, GPIOZeroError

from binarycop.errors import LineError
from binarycop.lines.level import level_words
from binarycop.lines.output_check import ReadBackCheck


class CheckedOutput:
    """One output of a lane, off at first. The methods raise LineError if the line cannot be read or driven.

    path: its key in the settings, such as ``lines.permission``. commanded: the level of the last ``write``.
    """

    def __init__(self, path: str, pin: str, device: DigitalOutputDevice) -> None:
        self.path, self.commanded = path, False
        self._pin, self._device = pin, device
        self._check = ReadBackCheck()

    def read(self) -> bool:
        """Whether the line is on, as its chip reads it."""
        try:
            return bool(self._device.value)
        except (GPIOZeroError, OSError) as error:
            raise LineError(self._pin, f"cannot be read: {error}") from error

    def write(self, level: bool) -> None:
        """Command a level, whatever was commanded before."""
        try:
            self._device.value = level
        except (GPIOZeroError, OSError) as error:
            raise LineError(self._pin, f"cannot be driven: {error}") from error
        self.commanded = level

    def set(self, level: bool, read: bool) -> None:
        """Command a level if the last one was another, or if the line reads another.

        Both must agree: while the dead-man timer holds the pin low, an output that is on reads off. If it were not
        switched off then, the timer would let no later permission through.
        """
        if read != level or self.commanded != level:
            self.write(level)

    def fault(self, read: bool, *, is_late: bool = False) -> str | None:
        """The fault in words, if the line has not followed its last command; to be called once before each command.

        is_late: see ``ReadBackCheck``.
        """
        if not self._check.has_failed(self.commanded, read, is_late=is_late):
            return None
        return f"{self.path} ({self._pin}) was switched {word(self.commanded)} and reads {word(read)}"


def word(level: bool) -> str:
    """The level in an operator's words."""
    return level_words(is_active=level, is_input=False)
