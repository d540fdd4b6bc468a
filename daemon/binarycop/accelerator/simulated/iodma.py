"""FINN's IODMA as its registers show it (see ``dma``): the model decides when it is done."""

from collections.abc import Callable

from binarycop.accelerator.dma import ADDRESS_HIGH, ADDRESS_LOW, CONTROL, DONE, IDLE, IMAGES, READY, START

SIZE = 0x1000


class Iodma:
    """One IODMA. changed: called when it was started, and before its control register is read."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.reset()

    def reset(self) -> None:
        """As after the configuration of the logic."""
        self._words: dict[int, int] = {}
        self._control = IDLE

    @property
    def is_running(self) -> bool:
        """Started, and not finished."""
        return bool(self._control & START)

    @property
    def address(self) -> int:
        """Where it moves data from or to."""
        return self._words.get(ADDRESS_HIGH, 0) << 32 | self._words.get(ADDRESS_LOW, 0)

    @property
    def images(self) -> int:
        """How many images it moves."""
        return self._words.get(IMAGES, 0)

    def finish(self) -> None:
        """All images are moved."""
        self._control = DONE | IDLE | READY

    def read(self, offset: int) -> int:
        """A word; reading the control register clears done."""
        if offset != CONTROL:
            return self._words.get(offset, 0)
        self._changed()
        value = self._control
        self._control &= ~(DONE | READY)
        return value

    def write(self, offset: int, value: int) -> None:
        """Set a word; only start can be written to the control register."""
        if offset != CONTROL:
            self._words[offset] = value
        elif value & START and not self.is_running:
            self._control = START
            self._changed()
