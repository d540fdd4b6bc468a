"""What can go wrong before Vivado does. Each joins a builtin and carries its parts."""

from binarycop.errors import BinaryCoPError


class FinnMissing(BinaryCoPError, ImportError):
    """FINN cannot be imported: this is not its container."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}; run this in FINN's container: overlays/finn/build.sh does")


class TemplateMismatch(BinaryCoPError, ValueError):
    """FINN's Tcl template for the block design is not the one that the gate's lines were written for."""

    def __init__(self, anchor: str, times: int) -> None:
        self.anchor, self.times = anchor, times
        super().__init__(f"FINN's shell template has {anchor!r} {times} times, not once; adapt overlays/finn/shell.py")


class BuildMismatch(BinaryCoPError, ValueError):
    """FINN built something else than the recipe says; ``what`` names it."""

    def __init__(self, what: str, is_now: object, should_be: object) -> None:
        self.what, self.is_now, self.should_be = what, is_now, should_be
        super().__init__(f"{what} is {is_now}, and should be {should_be}")
