"""The interface of every reader of journald: entries as they are stored, selected by their fields."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Terms = Sequence[Mapping[str, Sequence[str]]]
"""Which entries to read: those that match any of the terms, in which each field must have one of its values."""


class RawEntry(NamedTuple):
    """One entry. at_us: by the clock, since 1970. since_boot_us: by the time since the start of the boot.

    cursor: its place in the journal. fields: their values as bytes; a list of them if there are several of one name.
    """

    at_us: int
    since_boot_us: int
    cursor: str
    fields: Mapping[str, Any]


class Reader(Protocol):
    """Reads the journal of this device. Each method raises OSError."""

    def unique(self, field: str) -> set[str]:
        """Every value that the field has in any entry."""

    def entries(
        self, terms: Terms, *, newest_first: bool = False, after: str = "", follow: bool = False
    ) -> Generator[RawEntry, None, None]:
        """The entries of these terms, in the journal's order or from its end.

        after: begin behind the entry with this cursor, or where it was if it is gone. follow: then wait for new ones,
        without end. Close the iterator when it is not read to its end.
        """
