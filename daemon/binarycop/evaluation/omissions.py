"""Files in a folder of pictures that were not read: counted for each reason, and the first few named."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from binarycop.classes import FOLDERS
from binarycop.errors import SourceError

_NAMED = 8


class Reason(Enum):
    """Why; the value is the end of a sentence that begins with how many files there are."""

    NO_CLASS = f"in folders with other names than {', '.join(FOLDERS)}"
    OTHER_CLASS = "in a class folder inside the folder of another class"
    LOOSE = "outside the class folders"
    READ_BEFORE = "in folders that were read before, under another name"
    LINK_UP = "that are links to a folder around them"
    UNREAD_FORMAT = "of a picture format that is not read"
    NOT_A_PICTURE = "without the ending of a picture"
    SUBFOLDER = "that are folders"
    NO_ACCESS = "that cannot be opened"
    UNDECODABLE = "that cannot be decoded"
    SYSTEM = "hidden or made by an operating system"
    BAD_ANNOTATION = "with an annotation that cannot be right"
    NOT_ANNOTATION = "beside the annotations, without the ending .xml"
    NO_PICTURE = "that annotate a picture which is not there"
    NO_ANNOTATION = "without an annotation"


@dataclass
class Tally:
    """How many files, and the first few entries by name; a folder is one entry of several files."""

    count: int = 0
    entries: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, name: str, count: int = 1) -> None:
        """Count one more file, or several under one name."""
        self.count += count
        self.entries += 1
        if self.entries <= _NAMED:
            self.first.append(name)

    @property
    def row(self) -> dict[str, Any]:
        """For JSON."""
        return {"count": self.count, "first": self.first}

    @property
    def names(self) -> str:
        """The names that are known, for a sentence."""
        return ", ".join([*self.first, *["…"] * (self.entries > _NAMED)])


@dataclass
class Omissions:
    """All that was left out of one measurement."""

    tallies: dict[Reason, Tally] = field(default_factory=dict)

    def add(self, reason: Reason, name: str, count: int = 1) -> None:
        """Leave out a file, or a folder with so many files."""
        self.tallies.setdefault(reason, Tally()).add(name, count)

    @property
    def count(self) -> int:
        """The number of files."""
        return sum(tally.count for tally in self.tallies.values())

    @property
    def rows(self) -> list[dict[str, Any]]:
        """For JSON: an object for each reason."""
        return [{"reason": reason.name.lower(), **tally.row} for reason, tally in self.tallies.items()]

    @property
    def lines(self) -> list[str]:
        """For a person: a line for each reason. Files that a system makes are only counted."""
        return [
            f"left out: {tally.count} {reason.value}" + (f": {tally.names}" if reason is not Reason.SYSTEM else "")
            for reason, tally in self.tallies.items()
        ]

    def refuse(self, source: str) -> None:
        """Raises SourceError if anything but a system's files was left out, for callers that need all pictures."""
        lines = [line for reason, line in zip(self.tallies, self.lines) if reason is not Reason.SYSTEM]
        if lines:
            raise SourceError(source, "; ".join(lines))
