"""One row of the page: an input of somebody else, and what the project does with it."""

from dataclasses import dataclass
from enum import Enum

from tests.tried import Kind


class Outcome(Enum):
    """What became of a row's tests, from the best to the worst."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class Row:
    """See ``tests.tried.tried``."""

    kind: Kind
    what: str
    result: str

    def to_json(self) -> dict[str, str]:
        """The fields as JSON takes them."""
        return {"kind": self.kind.name, "what": self.what, "result": self.result}

    @classmethod
    def from_json(cls, fields: dict[str, str]) -> "Row":
        """The reverse of ``to_json``."""
        return cls(Kind[fields["kind"]], fields["what"], fields["result"])
