"""The errors of the build."""

from binarycop.errors import BinaryCoPError


class FinnMissing(BinaryCoPError, ImportError):
    """FINN cannot be imported. reason: the import error."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}; run this in FINN's container, with overlays/finn/build.sh")


class TemplateMismatch(BinaryCoPError, ValueError):
    """FINN's Tcl template of the block design is not the expected one. anchor: a line that must occur once."""

    def __init__(self, anchor: str, times: int) -> None:
        self.anchor, self.times = anchor, times
        super().__init__(f"FINN's shell template has {anchor!r} {times} times, not once; adapt overlays/finn/shell.py")


class BuildMismatch(BinaryCoPError, ValueError):
    """FINN built something else than the recipe says. what: the part that differs."""

    def __init__(self, what: str, is_now: object, should_be: object) -> None:
        self.what, self.is_now, self.should_be = what, is_now, should_be
        super().__init__(f"{what} is {is_now}, but should be {should_be}")
