"""The registers of a simulated IODMA of FINN (see ``accelerator.dma``). ``Fabric`` decides when it is done."""

from collections.abc import Callable

from binarycop.accelerator.dma import ADDRESS_HIGH, ADDRESS_LOW, CONTROL, DONE, IDLE, IMAGES, READY, START

SIZE = 0x1000  # bytes of its registers


class Iodma:
    """One IODMA. step: called after it is started, and before its control register is read."""

    def __init__(self, step: Callable[[], None]) -> None:
        self._step = step
        self.reset()

    def reset(self) -> None:
        """Set the state that it has after the logic is configured."""
        self._words: dict[int, int] = {}
        self._control = IDLE

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not finished."""
        return bool(self._control & START)

    @property
    def address(self) -> int:
        """The address that it moves data from or to."""
        return self._words.get(ADDRESS_HIGH, 0) << 32 | self._words.get(ADDRESS_LOW, 0)

    @property
    def images(self) -> int:
        """The number of images that it moves."""
        return self._words.get(IMAGES, 0)

    def finish(self) -> None:
        """End: all images are moved."""
        self._control = DONE | IDLE | READY

    def read(self, offset: int) -> int:
        """Read a word. A read of the control register clears done."""
        if offset != CONTROL:
            return self._words.get(offset, 0)
        self._step()
        value = self._control
        self._control &= ~(DONE | READY)
        return value

    def write(self, offset: int, value: int) -> None:
        """Write a word. In the control register only start can be written."""
        if offset != CONTROL:
            self._words[offset] = value
        elif value & START and not self.is_running:
            self._control = START
            self._step()
