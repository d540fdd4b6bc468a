"""The paper's measurements on a PYNQ-Z1 (Fasfous et al., RAW 2021, Table II), and the chips' sizes (AMD DS190)."""

from dataclasses import dataclass

CLOCK_HZ = 100_000_000


@dataclass(frozen=True)
class Measured:
    """A row of Table II. bram18: twice the paper's BRAM; its values with halves show that it counts pairs of RAMB18."""

    luts: int
    bram18: int
    dsps: int
    rate_hz: int
    latency_ms: float

    @property
    def interval(self) -> int:
        """Clock cycles from one image to the next."""
        return round(CLOCK_HZ / self.rate_hz)


TABLE_II = {
    "cnv": Measured(26060, 248, 24, 3049, 1.58),
    "n-cnv": Measured(20425, 21, 14, 6460, 0.31),
    "u-cnv": Measured(11738, 28, 27, 1646, 0.81),
}


@dataclass(frozen=True)
class Chip:
    """The resources of a chip."""

    name: str
    luts: int
    bram18: int
    dsps: int


CHIPS = {chip.name.lower(): chip for chip in (Chip("XC7Z010", 17600, 120, 80), Chip("XC7Z020", 53200, 280, 220))}
